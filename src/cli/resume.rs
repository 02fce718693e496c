//! `composeup resume`: goes on with a run that was cut off, is paused or stuck.

use std::fs;

use super::args::LockArgs;
use super::display::{reporter, terminal_guard};
use super::lock::{Claim, is_over};
use super::output;
use super::request::connect;
use super::runs::{Runs, Unfinished};
use super::settings::Settings;
use crate::engine::Engine;
use crate::engine::docker::Docker;
use crate::error::{Error, ExitStatus};
use crate::journal::outcome::RolloutReport;
use crate::journal::{Journal, KeptPlan, Record, Story};
use crate::plan::Plan;
use crate::rollout::recover::{Recovered, recover};
use crate::rollout::{Cancel, Rollout};

/// Finishes, and says how it ended.
pub(super) async fn run(
    args: &LockArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let finishes = async |going: &Going<'_>, engine: &Docker, unfinished| {
        finish(going, engine, unfinished).await.map(Some)
    };
    go_on("resume", args, settings, cancel, finishes).await
}

async fn finish(
    going: &Going<'_>,
    engine: &impl Engine,
    unfinished: Unfinished,
) -> Result<RolloutReport, Error> {
    match unfinished {
        Unfinished::Found(run) => Err(Error::JournalElsewhere { run: run.plan.run }),
        Unfinished::Kept(story, kept) => {
            let recovered = recovered(&story, *kept);
            if !recovered.changed.is_empty() {
                return Err(Error::FilesChanged { files: recovered.changed });
            }
            going.on(engine, &story, &recovered.plan, written(recovered.go_on())?).await
        }
    }
}

/// Where the run stands by its journal and by the files.
pub(super) fn recovered(story: &Story, kept: KeptPlan) -> Recovered {
    recover(kept, &story.records(), |path| fs::read_to_string(path))
}

/// The records to go on with, if the files that were begun could be written.
pub(super) fn written(records: Result<Vec<Record>, String>) -> Result<Vec<Record>, Error> {
    records.map_err(|reason| Error::Unwritable { reason })
}

/// Does `work` with the run that is not over, while nobody else has the project. A lock that a dead
/// process left goes, too, also if nothing else is left.
pub(super) async fn go_on(
    command: &str,
    args: &LockArgs,
    settings: &Settings,
    cancel: &Cancel,
    work: impl AsyncFnOnce(&Going<'_>, &Docker, Unfinished) -> Result<Option<RolloutReport>, Error>,
) -> Result<ExitStatus, Error> {
    let runs = &Runs::of(settings)?;
    let engine = &cancel.guard(async { connect(settings).await }).await?;
    let found = cancel.guard(runs.unfinished(engine)).await?;
    let run = found.as_ref().map_or("", Unfinished::run);
    let wait = args.lock_wait.unwrap_or_default();
    let claim = Claim { runs, settings, cancel, command, wait, is_heir: true };
    let lock = claim.lock(engine, run).await?;
    // Whoever was waited for may have changed what is left.
    let end = match cancel.guard(runs.unfinished(engine)).await {
        Ok(Some(unfinished)) => work(&Going { runs, settings, cancel }, engine, unfinished).await,
        Ok(None) => {
            output::stderr(&format!("no run of project `{}` is unfinished\n", runs.project));
            Ok(None)
        }
        Err(error) => Err(error),
    };
    let report = lock.end(end, |report| report.as_ref().is_none_or(is_over)).await?;
    Ok(report.map_or(ExitStatus::Ok, |report| report.outcome.exit_status()))
}

/// Goes on with a run of an earlier process.
pub(super) struct Going<'a> {
    pub(super) runs: &'a Runs,
    settings: &'a Settings,
    cancel: &'a Cancel,
}

impl Going<'_> {
    /// Adds `more` to the records, and goes on from there to the end.
    pub(super) async fn on(
        &self,
        engine: &impl Engine,
        story: &Story,
        plan: &Plan,
        more: Vec<Record>,
    ) -> Result<RolloutReport, Error> {
        let mut journal = self.runs.store.reopen(&plan.run)?;
        more.iter().try_for_each(|record| journal.append(record))?;
        let records = [story.records(), more].concat();
        let report = self.execute(engine, plan, &records, &mut journal).await;
        self.runs.close(&plan.run, &report);
        Ok(report)
    }

    /// Executes the rest of a plan, and shows it.
    pub(super) async fn execute(
        &self,
        engine: &impl Engine,
        plan: &Plan,
        records: &[Record],
        journal: &mut dyn Journal,
    ) -> RolloutReport {
        let _terminal = terminal_guard(self.settings);
        let mut reporter = reporter(self.settings);
        let rollout = Rollout::begin(plan, records, engine, &mut *reporter, self.cancel);
        rollout.execute(plan, records, journal).await
    }
}
