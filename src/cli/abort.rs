//! `composeup abort`: takes back a run that was cut off, is paused or stuck.

use super::args::AbortArgs;
use super::output;
use super::resume::{Going, go_on, recovered, written};
use super::runs::{Runs, Unfinished};
use super::settings::Settings;
use crate::engine::Engine;
use crate::engine::docker::Docker;
use crate::error::{Error, ExitStatus};
use crate::journal::outcome::RolloutReport;
use crate::journal::{FoundRun, Journal as _, KeptPlan, Record, Story};
use crate::rollout::Cancel;

/// Takes back, or past the commit point finishes; and says how it ended.
pub(super) async fn run(
    args: &AbortArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let takes_back = async |going: &Going<'_>, engine: &Docker, unfinished| match unfinished {
        Unfinished::Kept(story, _) if args.leave => leave(going.runs, &story).map(|()| None),
        Unfinished::Found(run) if args.leave => Err(Error::ToldByContainers { run: run.plan.run }),
        Unfinished::Kept(story, kept) => take_back(going, engine, &story, *kept).await.map(Some),
        Unfinished::Found(run) => Ok(Some(take_back_found(going, engine, *run).await)),
    };
    go_on("abort", &args.lock, settings, cancel, takes_back).await
}

async fn take_back(
    going: &Going<'_>,
    engine: &impl Engine,
    story: &Story,
    kept: KeptPlan,
) -> Result<RolloutReport, Error> {
    let recovered = recovered(story, kept);
    tell_way(recovered.is_committed);
    going.on(engine, story, &recovered.plan, written(recovered.go_back())?).await
}

async fn take_back_found(going: &Going<'_>, engine: &impl Engine, run: FoundRun) -> RolloutReport {
    tell_way(run.is_committed);
    going.execute(engine, &run.plan, &run.go_back(), &mut Vec::new()).await
}

/// Past the commit point the new version serves: there is no way back, and little left to do.
fn tell_way(is_committed: bool) {
    if is_committed {
        output::stderr("the new version serves already: the run is finished, not taken back\n");
    }
}

/// Forgets the run and touches nothing.
fn leave(runs: &Runs, story: &Story) -> Result<(), Error> {
    let run = &story.header.start.run;
    runs.store.reopen(run)?.append(&Record::Forgotten)?;
    runs.store.close(run)?;
    output::stderr(&format!("run {run} is forgotten; its containers are left as they are\n"));
    Ok(())
}
