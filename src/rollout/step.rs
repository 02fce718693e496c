//! What each step does to the engine and to the files, and how it is taken back. Every effect is
//! small and idempotent; a lost answer is settled by looking, never by assuming.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::sleep;

use super::commit;
use super::failure::end_of_check;
use super::host::Host;
use super::ready::{self, NotReady};
use crate::cutover::{Course, Fleet};
use crate::engine::api::{ContainerId, ContainerSpec, Exec, Inspection, RestartPolicy};
use crate::engine::persist::persist;
use crate::engine::{Engine, EngineError};
use crate::labels;
use crate::plan::Plan;
use crate::plan::late::resolve;
use crate::plan::steps::{OldContainer, Replacement, ReplacementId, Resource, ResourceKind, Step};

/// Pauses between the tries of an undo.
const UNDO_BACKOFF: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(3),
    Duration::from_secs(8),
];

/// Performs a step of one plan, or takes it back.
pub(super) struct Stage<'a, E> {
    pub(super) engine: &'a E,
    pub(super) plan: &'a Plan,
    /// The helpers that lead connections.
    pub(super) fleet: &'a Fleet<'a, E>,
    /// Where the user's commands are run, one after the other.
    pub(super) host: &'a dyn Host,
    pub(super) host_lock: &'a Mutex<()>,
    /// What is to be said at the end.
    pub(super) notes: &'a RefCell<Vec<String>>,
    /// The new containers that the records know of.
    pub(super) created: BTreeMap<ReplacementId, ContainerId>,
    /// Whether the step's old container is down because this run stopped it.
    pub(super) is_old_stopped: bool,
    /// For the commit: services whose edits are left out.
    pub(super) given_up: Vec<String>,
    /// What a wait is waiting for at the moment.
    pub(super) said: Rc<RefCell<String>>,
}

/// Why a step failed, as a lower-case fragment.
pub(super) type Reason = String;

impl<E: Engine> Stage<'_, E> {
    /// Performs a step; returns the container it created, if it created one.
    pub(super) async fn perform(&self, step: &Step) -> Result<Option<ContainerId>, Reason> {
        match *step {
            Step::Provide(index) => self.provide(&self.plan.resources[index]).await.map(none),
            Step::Create(of) => self.create(of).await.map(Some),
            Step::Detour(of) => self.detour(of).await.map(none),
            Step::Start(of) => self.start_led(of).await.map(none),
            Step::Switch(of) => self.switch(of).await.map(none),
            Step::Cutover(of) => self.cut(of, Course::New).await.map(none),
            Step::Drain(of) => self.drain(of).await.map(none),
            Step::Verify(of) => self.verify(of).await.map(none),
            Step::PostStart(of) => {
                let hooks = self.plan.service(of).post_start.iter();
                self.hooks(of, &self.made(of).await?, hooks).await.map(none)
            }
            Step::PreStop(of) => {
                let hooks = self.plan.service(of).before_stop_of(self.pair(of));
                self.hooks(of, self.old(of)?, hooks).await.map(none)
            }
            Step::AwaitReady(of) => self.await_new(of, &self.made(of).await?).await.map(none),
            Step::Stop(of) => self.stop_led(of).await.map(none),
            Step::Delay(of) => {
                sleep(self.plan.service(of).policy.delay).await;
                Ok(None)
            }
            Step::Monitor(of) => self.monitor(of, &self.made(of).await?).await.map(none),
            Step::Commit => commit::write(&self.plan.edits, &self.given_up).map(none),
            Step::Remove(of) => self.remove(self.old(of)?).await.map(none),
            Step::Rename(of) => self.rename(of, &self.made(of).await?).await.map(none),
            Step::SwitchName(of) => self.switch_name(of).await.map(none),
        }
    }

    /// Takes a step back, trying again for some seconds if the engine refuses.
    pub(super) async fn undo(&self, step: &Step) -> Result<(), Reason> {
        let mut pauses = UNDO_BACKOFF.iter();
        loop {
            let end = self.undo_once(step).await;
            match (end, pauses.next()) {
                (Ok(()), _) => return Ok(()),
                (Err(_), Some(pause)) => sleep(*pause).await,
                (Err(reason), None) => return Err(reason),
            }
        }
    }

    async fn undo_once(&self, step: &Step) -> Result<(), Reason> {
        match *step {
            Step::Create(of) => {
                if !self.is_old_stopped {
                    self.ensure_old_serves(of).await?;
                }
                match self.find(of).await? {
                    Some(new) => self.remove(&new).await,
                    None => Ok(()),
                }
            }
            Step::Start(of) => match self.find(of).await? {
                Some(new) => self.stop_new(of, &new).await,
                None => Ok(()),
            },
            Step::Switch(of) => self.switch_back(of).await,
            Step::Cutover(of) => self.cut(of, Course::Old).await,
            Step::Stop(of) => self.bring_back(of, self.old_container(of)?).await,
            Step::Delay(of) => {
                sleep(self.plan.service(of).way_back.delay).await;
                Ok(())
            }
            Step::Provide(_)
            | Step::PostStart(_)
            | Step::PreStop(_)
            | Step::AwaitReady(_)
            | Step::Monitor(_)
            | Step::Drain(_)
            | Step::Verify(_)
            | Step::Detour(_)
            | Step::Commit
            | Step::Remove(_)
            | Step::Rename(_)
            | Step::SwitchName(_) => Ok(()),
        }
    }

    /// An engine that was restarted meanwhile may have left the old container stopped, though
    /// nobody stopped it here.
    async fn ensure_old_serves(&self, of: ReplacementId) -> Result<(), Reason> {
        let Some(old) = self.plan.replacement(of).running_old() else { return Ok(()) };
        match self.look(&old.id).await? {
            Some(seen) if seen.state().running => Ok(()),
            _ => self.bring_back(of, old).await,
        }
    }

    async fn bring_back(&self, of: ReplacementId, old: &OldContainer) -> Result<(), Reason> {
        self.start(&old.id).await?;
        if let Some(policy) = &old.restart {
            self.set_restart_policy(&old.id, policy).await?;
        }
        self.await_old(of, &old.id).await
    }

    /// Stops an old container so that not even an engine that restarts starts it again.
    pub(super) async fn put_down(&self, old: &OldContainer) -> Result<(), Reason> {
        if old.restart.is_some() {
            self.set_restart_policy(&old.id, &RestartPolicy::never()).await?;
        }
        self.stop(&old.id).await
    }

    async fn set_restart_policy(
        &self,
        id: &ContainerId,
        policy: &RestartPolicy,
    ) -> Result<(), Reason> {
        let call = async || self.engine.set_restart_policy(id, policy).await;
        let holds =
            |seen: Option<&Inspection>| seen.is_none_or(|seen| RestartPolicy::of(seen) == *policy);
        self.settle(call, id, holds).await
    }

    /// Being there already is success: somebody else was quicker.
    async fn provide(&self, resource: &Resource) -> Result<(), Reason> {
        let end = persist(async || match resource.kind {
            ResourceKind::Network => self.engine.create_network(&resource.body).await,
            ResourceKind::Volume => self.engine.create_volume(&resource.body).await,
        });
        let Err(error) = end.await else { return Ok(()) };
        let is_there = persist(async || match resource.kind {
            ResourceKind::Network => Ok(self.engine.network(&resource.name).await?.is_some()),
            ResourceKind::Volume => Ok(self.engine.volume(&resource.name).await?.is_some()),
        });
        if is_there.await.unwrap_or(false) { Ok(()) } else { Err(text(&error)) }
    }

    async fn create(&self, of: ReplacementId) -> Result<ContainerId, Reason> {
        let spec = &*self.spec(of)?;
        let made = persist(async || match self.engine.create(spec).await {
            // The answer was lost, or the call was made before: what is there counts.
            Err(error) if error.is_ambiguous() || is_taken(&error) => {
                self.find_ours(spec).await?.ok_or(error)
            }
            end => end,
        });
        let id = made.await.map_err(|error| text(&error))?;
        for network in &spec.connect {
            let connected = persist(async || self.engine.connect(&id, network).await);
            connected.await.map_err(|error| text(&error))?;
        }
        if !spec.files.is_empty() {
            let written = persist(async || self.engine.write_files(&id, &spec.files).await);
            written.await.map_err(|error| text(&error))?;
        }
        Ok(id)
    }

    pub(super) async fn start(&self, id: &ContainerId) -> Result<(), Reason> {
        let call = async || self.engine.start(id).await;
        self.settle(call, id, |seen| seen.is_some_and(|seen| seen.state().running)).await
    }

    pub(super) async fn stop(&self, id: &ContainerId) -> Result<(), Reason> {
        let call = async || self.engine.stop(id, None).await;
        self.settle(call, id, |seen| !seen.is_some_and(|seen| seen.state().running)).await
    }

    async fn remove(&self, id: &ContainerId) -> Result<(), Reason> {
        let call = async || self.engine.remove(id).await;
        self.settle(call, id, |seen| seen.is_none()).await
    }

    async fn rename(&self, of: ReplacementId, id: &ContainerId) -> Result<(), Reason> {
        let name = &self.plan.replacement(of).final_name;
        let call = async || self.engine.rename(id, name).await;
        self.settle(call, id, |seen| seen.is_some_and(|seen| seen.name() == *name)).await
    }

    async fn await_new(&self, of: ReplacementId, id: &ContainerId) -> Result<(), Reason> {
        let rule = &self.plan.service(of).readiness;
        let answers = async {
            let Some(asked) = &rule.asked else { return Ok(()) };
            let answered = self.fleet.until_answered(id, asked, &self.said);
            answered.await.map_err(NotReady::Engine)
        };
        ready::await_ready(self.engine, id, rule, &self.said, answers).await.map_err(reason)
    }

    async fn await_old(&self, of: ReplacementId, id: &ContainerId) -> Result<(), Reason> {
        let rule = self.plan.service(of).readiness.of_old();
        let nothing = async { Ok(()) };
        ready::await_ready(self.engine, id, &rule, &self.said, nothing).await.map_err(reason)
    }

    /// Runs commands in a container, one after the other. A hook has no deadline under Compose; here
    /// it has the time its container has to become ready.
    async fn hooks(
        &self,
        of: ReplacementId,
        id: &ContainerId,
        hooks: impl Iterator<Item = &Exec>,
    ) -> Result<(), Reason> {
        let deadline = self.plan.service(of).readiness.timeout;
        for hook in hooks {
            let end = self.engine.exec(id, hook, deadline).await.map_err(|error| text(&error))?;
            if end.exit_code != 0 {
                let program = hook.command.first().map_or("", String::as_str);
                return Err(format!("`{program}` {}", end_of_check(end.exit_code, &end.output)));
            }
        }
        Ok(())
    }

    async fn monitor(&self, of: ReplacementId, id: &ContainerId) -> Result<(), Reason> {
        let window = self.plan.service(of).policy.monitor;
        ready::monitor(self.engine, id, window).await.map_err(reason)
    }

    /// Makes the call until its effect `holds`: an answer that was lost is settled by looking.
    async fn settle(
        &self,
        mut call: impl AsyncFnMut() -> Result<(), EngineError>,
        id: &ContainerId,
        holds: impl Fn(Option<&Inspection>) -> bool,
    ) -> Result<(), Reason> {
        let settled = persist(async || match call().await {
            Err(error) if error.is_ambiguous() => {
                let seen = self.engine.container(&id.0).await?;
                if holds(seen.as_ref()) { Ok(()) } else { Err(error) }
            }
            end => end,
        });
        settled.await.map_err(|error| text(&error))
    }

    pub(super) async fn look(&self, id: &ContainerId) -> Result<Option<Inspection>, Reason> {
        persist(async || self.engine.container(&id.0).await).await.map_err(|error| text(&error))
    }

    fn pair(&self, of: ReplacementId) -> &Replacement {
        self.plan.replacement(of)
    }

    pub(super) fn old_container(&self, of: ReplacementId) -> Result<&OldContainer, Reason> {
        let none = || "the plan has no old container here".to_owned();
        self.pair(of).old.as_ref().ok_or_else(none)
    }

    pub(super) fn old(&self, of: ReplacementId) -> Result<&ContainerId, Reason> {
        self.old_container(of).map(|old| &old.id)
    }

    fn spec(&self, of: ReplacementId) -> Result<Cow<'_, ContainerSpec>, Reason> {
        let pair = self.pair(of);
        let spec = pair.new.as_ref().ok_or("the plan has no new container here")?;
        let created = |of| self.created.get(&of).cloned();
        resolve(&self.plan.run, pair, spec, created).map_err(|error| error.to_string())
    }

    pub(super) async fn made(&self, of: ReplacementId) -> Result<ContainerId, Reason> {
        let gone = || format!("container `{}` is gone", self.pair(of).name());
        self.find(of).await?.ok_or_else(gone)
    }

    /// The new container of a replacement: by the records, else by name and run.
    pub(super) async fn find(&self, of: ReplacementId) -> Result<Option<ContainerId>, Reason> {
        if let Some(id) = self.created.get(&of) {
            return Ok(Some(id.clone()));
        }
        let Some(spec) = &self.pair(of).new else { return Ok(None) };
        persist(async || self.find_ours(spec).await).await.map_err(|error| text(&error))
    }

    /// A container of this name, if this run made it.
    async fn find_ours(&self, spec: &ContainerSpec) -> Result<Option<ContainerId>, EngineError> {
        let seen = self.engine.container(&spec.name).await?;
        let ours = seen.filter(|seen| seen.label(labels::RUN) == Some(&self.plan.run));
        Ok(ours.map(|seen| seen.id()))
    }
}

fn is_taken(error: &EngineError) -> bool {
    matches!(error, EngineError::Conflict { .. })
}

fn reason(why: NotReady) -> Reason {
    match why {
        NotReady::Container(reason) | NotReady::Engine(reason) => reason,
    }
}

fn none(_: ()) -> Option<ContainerId> {
    None
}

fn text(error: &EngineError) -> Reason {
    error.to_string()
}
