//! `composeup abort`: takes back a run that was cut off, is paused or stuck.

use super::args::AbortArgs;
use super::output;
use super::request::connect;
use super::resume::{Going, nothing, recovered};
use super::runs::{Runs, Unfinished};
use super::settings::Settings;
use crate::engine::Engine;
use crate::error::{Error, ExitStatus};
use crate::journal::outcome::Signal;
use crate::journal::{FoundRun, Journal as _, KeptPlan, Record, Story};
use crate::rollout::Cancel;

/// Takes back, or past the commit point finishes; and says how it ended.
pub(super) async fn run(
    args: &AbortArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let runs = Runs::of(settings)?;
    let engine = cancel.guard(async { connect(settings).await }).await?;
    let Some(unfinished) = cancel.guard(runs.unfinished(&engine)).await? else {
        return Ok(nothing(&runs));
    };
    let going = Going { runs: &runs, settings, cancel };
    match unfinished {
        Unfinished::Kept(story, _) if args.leave => leave(&runs, &story),
        Unfinished::Kept(story, kept) => take_back(&going, &engine, &story, *kept).await,
        Unfinished::Found(run) => take_back_found(&going, &engine, *run).await,
    }
}

async fn take_back(
    going: &Going<'_>,
    engine: &impl Engine,
    story: &Story,
    kept: KeptPlan,
) -> Result<ExitStatus, Error> {
    let recovered = recovered(story, kept);
    let report = going.on(engine, story, &recovered.plan, way(recovered.is_committed)).await?;
    Ok(report.outcome.exit_status())
}

async fn take_back_found(
    going: &Going<'_>,
    engine: &impl Engine,
    run: FoundRun,
) -> Result<ExitStatus, Error> {
    let records = [run.records, way(run.is_committed)].concat();
    let report = going.execute(engine, &run.plan, &records, &mut Vec::new()).await;
    Ok(report.outcome.exit_status())
}

/// Past the commit point the new version serves: there is no way back, and little left to do.
fn way(is_committed: bool) -> Vec<Record> {
    if is_committed {
        output::stderr("the new version serves already: the run is finished, not taken back\n");
        return vec![Record::Resumed];
    }
    vec![Record::Resumed, Record::Cancelled { signal: Signal::Abort }]
}

/// Forgets the run and touches nothing.
fn leave(runs: &Runs, story: &Story) -> Result<ExitStatus, Error> {
    let run = &story.header.start.run;
    runs.store.reopen(run)?.append(&Record::Forgotten)?;
    runs.store.close(run)?;
    output::stderr(&format!("run {run} is forgotten; its containers are left as they are\n"));
    Ok(ExitStatus::Ok)
}
