//! The end of a run: the proxies take in what has changed, those that the user names by his own
//! command, and the helpers go on alone.

use std::time::Duration;

use super::failure::end_of_check;
use super::run::Rollout;
use super::step::Reason;
use crate::cutover::Refreshed;
use crate::engine::api::{ContainerId, Exec, Inspection};
use crate::engine::{Engine, EngineError};
use crate::labels;
use crate::plan::Plan;
use crate::report::EventKind;

/// How long the user's command may take.
const PATIENCE: Duration = Duration::from_mins(1);

impl<E: Engine> Rollout<'_, E> {
    /// Lets the proxies take in what has changed, and the helpers go on alone. Returns what went
    /// wrong, as lower-case fragments.
    pub(super) async fn part(&self, plan: &Plan) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.fleet.has_lost() {
            warnings.extend(self.reload_named(plan).await);
        }
        for end in self.fleet.refresh().await {
            match end {
                Refreshed::Reloaded(proxy) => {
                    self.emitter.emit(EventKind::ProxyReloaded { proxy });
                }
                Refreshed::Failed(why) => warnings.push(why),
            }
        }
        self.fleet.leave().await;
        warnings
    }

    /// Runs the user's command in every proxy that he named for a service of the plan.
    async fn reload_named(&self, plan: &Plan) -> Vec<String> {
        let mut warnings = Vec::new();
        for service in plan.services.iter().filter(|service| !service.reload.is_empty()) {
            let command = Exec::of(service.reload.iter().cloned());
            for name in &service.proxies {
                match self.reload_in(&plan.project, name, &command).await {
                    Ok(()) => {
                        let proxy = format!("proxy `{name}`");
                        self.emitter.emit(EventKind::ProxyReloaded { proxy });
                    }
                    Err(why) => warnings.push(format!("proxy `{name}` was not reloaded: {why}")),
                }
            }
        }
        warnings
    }

    async fn reload_in(&self, project: &str, name: &str, command: &Exec) -> Result<(), Reason> {
        let text = |error: EngineError| error.to_string();
        let proxies = self.named(project, name).await.map_err(text)?;
        if proxies.is_empty() {
            return Err("no container or service of that name runs".into());
        }
        for proxy in proxies {
            let end = self.engine.exec(&proxy, command, PATIENCE).await.map_err(text)?;
            if end.exit_code != 0 {
                return Err(format!("it {}", end_of_check(end.exit_code, &end.output)));
            }
        }
        Ok(())
    }

    /// The running containers of a service of the project, else the container of that name.
    async fn named(&self, project: &str, name: &str) -> Result<Vec<ContainerId>, EngineError> {
        let all = self.engine.containers(&[labels::in_project(project)]).await?;
        let is_of = |one: &Inspection| one.label(labels::SERVICE) == Some(name);
        let mut found: Vec<Inspection> = all.into_iter().filter(is_of).collect();
        if found.is_empty() {
            found.extend(self.engine.container(name).await?);
        }
        let running = found.into_iter().filter(|one| one.state().running);
        Ok(running.map(|one| one.id()).collect())
    }
}
