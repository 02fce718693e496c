//! What each step does to the engine and to the files, and how it is taken back. Every effect is
//! small and idempotent; a lost answer is settled by looking, never by assuming.

use std::cell::RefCell;
use std::time::Duration;

use tokio::time::sleep;

use super::commit;
use super::machine;
use super::ready::{self, NotReady};
use super::record::Record;
use crate::engine::api::{ContainerId, ContainerSpec, Inspection};
use crate::engine::{Engine, EngineError};
use crate::labels;
use crate::plan::Plan;
use crate::plan::steps::{ReplacementId, Resource, ResourceKind, Step};

/// Pauses between the tries of an undo.
const UNDO_BACKOFF: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(3),
    Duration::from_secs(8),
];

/// Performs steps of one plan.
#[derive(Debug)]
pub(super) struct Stage<'a, E> {
    pub(super) engine: &'a E,
    pub(super) plan: &'a Plan,
    /// What a wait is waiting for at the moment.
    pub(super) said: &'a RefCell<String>,
}

/// Why a step failed, as a lower-case fragment.
pub(super) type Reason = String;

impl<E: Engine> Stage<'_, E> {
    /// Performs a step; returns the container it created, if it created one.
    pub(super) async fn perform(
        &self,
        step: &Step,
        records: &[Record],
    ) -> Result<Option<ContainerId>, Reason> {
        match *step {
            Step::Provide(index) => self.provide(&self.plan.resources[index]).await.map(none),
            Step::Create(of) => self.create(of).await.map(Some),
            Step::Start(of) => self.start(&self.created(of, records).await?).await.map(none),
            Step::AwaitReady(of) => {
                self.await_ready(of, &self.created(of, records).await?).await.map(none)
            }
            Step::Commit => commit::write(&self.plan.edits).map(none),
            Step::Stop(of) => self.stop(self.old(of)).await.map(none),
            Step::Remove(of) => self.remove(self.old(of)).await.map(none),
            Step::Rename(of) => self.rename(of, &self.created(of, records).await?).await.map(none),
        }
    }

    /// Takes a step back, trying again for some seconds if the engine refuses.
    pub(super) async fn undo(&self, step: &Step, records: &[Record]) -> Result<(), Reason> {
        let mut pauses = UNDO_BACKOFF.iter();
        loop {
            let end = self.undo_once(step, records).await;
            match (end, pauses.next()) {
                (Ok(()), _) => return Ok(()),
                (Err(_), Some(pause)) => sleep(*pause).await,
                (Err(reason), None) => return Err(reason),
            }
        }
    }

    async fn undo_once(&self, step: &Step, records: &[Record]) -> Result<(), Reason> {
        match *step {
            Step::Create(of) => match self.find(of, records).await? {
                Some(new) => self.remove(&new).await,
                None => Ok(()),
            },
            Step::Start(of) => match self.find(of, records).await? {
                Some(new) => self.stop(&new).await,
                None => Ok(()),
            },
            Step::Stop(of) => {
                self.start(self.old(of)).await?;
                self.await_ready(of, self.old(of)).await
            }
            Step::Provide(_)
            | Step::AwaitReady(_)
            | Step::Commit
            | Step::Remove(_)
            | Step::Rename(_) => Ok(()),
        }
    }

    /// Being there already is success: somebody else was quicker.
    async fn provide(&self, resource: &Resource) -> Result<(), Reason> {
        let end = match resource.kind {
            ResourceKind::Network => self.engine.create_network(&resource.body).await,
            ResourceKind::Volume => self.engine.create_volume(&resource.body).await,
        };
        let Err(error) = end else { return Ok(()) };
        let is_there = match resource.kind {
            ResourceKind::Network => {
                self.engine.network(&resource.name).await.map(|one| one.is_some())
            }
            ResourceKind::Volume => {
                self.engine.volume(&resource.name).await.map(|one| one.is_some())
            }
        };
        if is_there.unwrap_or(false) { Ok(()) } else { Err(text(&error)) }
    }

    async fn create(&self, of: ReplacementId) -> Result<ContainerId, Reason> {
        let spec = &self.plan.replacement(of).new;
        let id = match self.engine.create(spec).await {
            Ok(id) => id,
            Err(error) if error.is_ambiguous() => match self.find_ours(spec).await? {
                Some(id) => id,
                None => return Err(text(&error)),
            },
            Err(error) => return Err(text(&error)),
        };
        for network in &spec.connect {
            self.engine.connect(&id, network).await.map_err(|error| text(&error))?;
        }
        if !spec.files.is_empty() {
            self.engine.write_files(&id, &spec.files).await.map_err(|error| text(&error))?;
        }
        Ok(id)
    }

    async fn start(&self, id: &ContainerId) -> Result<(), Reason> {
        let end = self.engine.start(id).await;
        self.settle(end, id, |seen| seen.is_some_and(|seen| seen.state().running)).await
    }

    async fn stop(&self, id: &ContainerId) -> Result<(), Reason> {
        let end = self.engine.stop(id, None).await;
        self.settle(end, id, |seen| !seen.is_some_and(|seen| seen.state().running)).await
    }

    async fn remove(&self, id: &ContainerId) -> Result<(), Reason> {
        let end = self.engine.remove(id).await;
        self.settle(end, id, |seen| seen.is_none()).await
    }

    async fn rename(&self, of: ReplacementId, id: &ContainerId) -> Result<(), Reason> {
        let name = &self.plan.replacement(of).final_name;
        let end = self.engine.rename(id, name).await;
        self.settle(end, id, |seen| seen.is_some_and(|seen| seen.name() == *name)).await
    }

    async fn await_ready(&self, of: ReplacementId, id: &ContainerId) -> Result<(), Reason> {
        let rule = &self.plan.services[of.service].readiness;
        ready::await_ready(self.engine, id, rule, self.said).await.map_err(|why| match why {
            NotReady::Container(reason) | NotReady::Engine(reason) => reason,
        })
    }

    /// An answer that was lost is settled by looking whether the effect `holds`.
    async fn settle(
        &self,
        end: Result<(), EngineError>,
        id: &ContainerId,
        holds: impl Fn(Option<&Inspection>) -> bool,
    ) -> Result<(), Reason> {
        match end {
            Err(error) if error.is_ambiguous() => {
                let seen = self.engine.container(&id.0).await.map_err(|error| text(&error))?;
                if holds(seen.as_ref()) { Ok(()) } else { Err(text(&error)) }
            }
            other => other.map_err(|error| text(&error)),
        }
    }

    fn old(&self, of: ReplacementId) -> &ContainerId {
        &self.plan.replacement(of).old.id
    }

    async fn created(&self, of: ReplacementId, records: &[Record]) -> Result<ContainerId, Reason> {
        let name = &self.plan.replacement(of).new.name;
        self.find(of, records).await?.ok_or_else(|| format!("container `{name}` is gone"))
    }

    /// The new container of a replacement: by the records, else by name and run.
    async fn find(
        &self,
        of: ReplacementId,
        records: &[Record],
    ) -> Result<Option<ContainerId>, Reason> {
        match machine::created(self.plan, records, of) {
            Some(id) => Ok(Some(id)),
            None => self.find_ours(&self.plan.replacement(of).new).await,
        }
    }

    /// A container of this name, if this run made it.
    async fn find_ours(&self, spec: &ContainerSpec) -> Result<Option<ContainerId>, Reason> {
        let seen = self.engine.container(&spec.name).await.map_err(|error| text(&error))?;
        let ours = seen.filter(|seen| seen.label(labels::RUN) == Some(&self.plan.run));
        Ok(ours.map(|seen| seen.id()))
    }
}

fn none(_: ()) -> Option<ContainerId> {
    None
}

fn text(error: &EngineError) -> Reason {
    error.to_string()
}
