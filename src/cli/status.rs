//! `composeup status`: what state the project is in.

use super::output;
use super::request::connect;
use super::resume::recovered;
use super::runs::{Runs, Unfinished};
use super::settings::Settings;
use crate::engine::Engine;
use crate::engine::api::Inspection;
use crate::error::{Error, ExitStatus};
use crate::journal::Start;
use crate::journal::lock::{Holder, holder};
use crate::journal::outcome::Outcome;
use crate::labels;
use crate::report::status::{ReplicaStatus, RunStatus, Stand, Status};
use crate::rollout::Cancel;

/// Looks, prints, and says how it stands. Nothing is ever changed.
pub(super) async fn run(settings: &Settings, cancel: &Cancel) -> Result<ExitStatus, Error> {
    let runs = Runs::of(settings)?;
    let looked = async {
        let engine = connect(settings).await?;
        look(&runs, &engine).await
    };
    let status = cancel.guard(looked).await?;
    if settings.is_json() {
        output::stdout(&format!("{}\n", status.json()));
    } else {
        output::stdout(&status.text(settings.stdout, settings.width));
    }
    Ok(match status.run.map(|run| run.stand) {
        None => ExitStatus::Ok,
        Some(Stand::Running) => ExitStatus::Locked,
        Some(Stand::Paused) => ExitStatus::Paused,
        Some(Stand::CutOff | Stand::Stuck) => ExitStatus::Stuck,
    })
}

async fn look(runs: &Runs, engine: &impl Engine) -> Result<Status, Error> {
    let holder = holder(engine, &runs.project).await?;
    let look = runs.look(engine).await?;
    let run = match (runs.unfinished_in(&look)?, holder) {
        (Some(unfinished), holder) => {
            let is_its = |holder: &Holder| holder.run == unfinished.run() && !holder.is_dead();
            let is_held = holder.as_ref().is_some_and(is_its);
            let run = run_status(unfinished);
            Some(if is_held { RunStatus { stand: Stand::Running, ..run } } else { run })
        }
        (None, Some(holder)) => Some(lock_status(holder)),
        (None, None) => None,
    };
    let mut replicas: Vec<ReplicaStatus> = look
        .containers
        .iter()
        .filter(|one| one.label(labels::ONEOFF) != Some("True"))
        .map(|one| replica(one, run.as_ref()))
        .collect();
    replicas
        .sort_by(|a, b| (&a.service, a.replica, a.is_new).cmp(&(&b.service, b.replica, b.is_new)));
    Ok(Status { project: runs.project.clone(), endpoint: look.endpoint, run, replicas })
}

/// A run of which nothing is there but its lock.
fn lock_status(holder: Holder) -> RunStatus {
    let stand = if holder.is_dead() { Stand::CutOff } else { Stand::Running };
    let Holder { run, user, command, since, process, .. } = holder;
    let at = since.parse().unwrap_or_default();
    let start = Start { run: run.clone(), at, user, host: process.host, command };
    RunStatus { run, start: Some(start), stand, is_committed: false }
}

fn run_status(unfinished: Unfinished) -> RunStatus {
    let run = unfinished.run().to_owned();
    match unfinished {
        Unfinished::Found(found) => {
            RunStatus { run, start: None, stand: Stand::CutOff, is_committed: found.is_committed }
        }
        Unfinished::Kept(story, kept) => RunStatus {
            run,
            stand: match story.outcome() {
                Some(Outcome::Paused) => Stand::Paused,
                Some(Outcome::Stuck) => Stand::Stuck,
                _ => Stand::CutOff,
            },
            is_committed: recovered(&story, *kept).is_committed,
            start: Some(story.header.start),
        },
    }
}

fn replica(one: &Inspection, run: Option<&RunStatus>) -> ReplicaStatus {
    let state = one.state();
    ReplicaStatus {
        service: one.label(labels::SERVICE).unwrap_or_default().to_owned(),
        replica: one.number().unwrap_or(1),
        container: one.name(),
        image: one.image(),
        state: state.status,
        health: state.health.map(|health| health.status),
        is_new: run.is_some_and(|run| one.label(labels::RUN) == Some(&run.run)),
    }
}
