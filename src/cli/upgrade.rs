//! `composeup upgrade`: plan, show, ask, roll out.

use jiff::Timestamp;
use rustix::system::uname;

use super::args::UpgradeArgs;
use super::display::{reporter, terminal_guard};
use super::lock::{Claim, is_over};
use super::output;
use super::plan::{plan_text, show};
use super::prompt::{Refuse, confirm, prompter};
use super::request::{Request, connect};
use super::runs::Runs;
use super::settings::{Progress, Settings};
use crate::engine::Engine;
use crate::error::{Error, ExitStatus};
use crate::journal::{Header, Start};
use crate::plan::{Plan, PlanError};
use crate::report::words::image_change;
use crate::rollout::{Cancel, Rollout, RolloutReport};
use crate::text::{count, duration, list};

/// Upgrades, and says how it ended. Nothing is locked before somebody said yes, unless there is
/// somebody else to wait for; whoever that was may have changed everything that was read before.
pub(super) async fn run(
    args: &UpgradeArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let request = Request::read(settings, &args.targets)?;
    let runs = Runs::of_project(settings, request.project())?;
    let engine = cancel.guard(async { connect(settings).await }).await?;
    let command = [&["upgrade".to_owned()][..], &args.targets.words].concat().join(" ");
    let upgrade = Upgrade { args, runs: &runs, command: &command, settings, cancel };
    if args.dry_run {
        show(&upgrade.plan(&engine, &request).await?, settings);
        return Ok(ExitStatus::Ok);
    }
    let claim = upgrade.claim();
    let (lock, agreed) = match claim.lock_if_taken(&engine, request.run()).await? {
        Some(lock) => (lock, None),
        None => match upgrade.agreed_plan(&engine, &request).await? {
            None => return Ok(ExitStatus::Ok),
            agreed => (claim.lock(&engine, request.run()).await?, agreed),
        },
    };
    let agreed = agreed.filter(|_| !lock.was_waited_for);
    let end = upgrade.roll_out_locked(&engine, request, agreed).await;
    let report = lock.end(end, |report| report.as_ref().is_none_or(is_over)).await?;
    Ok(report.map_or(ExitStatus::Ok, |report| report.outcome.exit_status()))
}

/// Whether the plan is shown before the rollout: JSON has it in its events, and the quiet want to
/// see it only if they are asked.
fn is_told(args: &UpgradeArgs, settings: &Settings, plan: &Plan) -> bool {
    match settings.progress {
        Progress::Live | Progress::Plain => true,
        Progress::Quiet => !args.yes && !plan.is_empty(),
        Progress::Json => false,
    }
}

/// Asked once more where a service will be down.
fn downtime_question(plan: &Plan) -> Option<String> {
    let down = plan.services.iter().filter_map(|service| {
        let downtime = duration(service.downtime?);
        Some(format!("{} (up to {downtime})", service.service))
    });
    let down: Vec<String> = down.collect();
    (!down.is_empty()).then(|| format!("Let {} be down meanwhile?", list(&down)))
}

/// Repeats what will happen.
fn question(plan: &Plan) -> String {
    let project = &plan.project;
    match plan.services.as_slice() {
        [] => format!("Write the files of {project}?"),
        [one] => {
            let change = image_change(&one.from_image, &one.to_image);
            let replicas = count(one.replacements.len(), "replica");
            format!("Upgrade {} of {project}: {change}, {replicas}?", one.service)
        }
        many => {
            let names: Vec<&str> = many.iter().map(|service| service.service.as_str()).collect();
            let replicas = count(plan.replicas(), "replica");
            format!("Upgrade {} of {project}: {replicas}?", list(&names))
        }
    }
}

/// One upgrade, and all it needs.
struct Upgrade<'a> {
    args: &'a UpgradeArgs,
    runs: &'a Runs,
    /// The words of the command line, without flags.
    command: &'a str,
    settings: &'a Settings,
    cancel: &'a Cancel,
}

impl<'a> Upgrade<'a> {
    fn claim(&self) -> Claim<'a> {
        let Self { runs, settings, cancel, command, args } = *self;
        let wait = args.lock.lock_wait.unwrap_or_default();
        Claim { runs, settings, cancel, command, wait, is_heir: false }
    }

    /// The plan, unless an earlier run is not over.
    async fn plan(&self, engine: &impl Engine, request: &Request) -> Result<Plan, Error> {
        let planned = async {
            self.runs.refuse_unfinished(engine).await?;
            request.plan(engine).await
        };
        self.cancel.guard(planned).await
    }

    /// Shows the plan and asks; `None` if there is nothing to do.
    async fn agreed_plan(
        &self,
        engine: &impl Engine,
        request: &Request,
    ) -> Result<Option<Plan>, Error> {
        let Self { args, settings, cancel, .. } = *self;
        let plan = self.plan(engine, request).await?;
        if is_told(args, settings, &plan) {
            output::stderr(&plan_text(settings, settings.stderr).render(&plan));
        }
        if plan.is_empty() {
            return Ok(None);
        }
        if !args.yes {
            confirm(prompter(settings, "--yes"), question(&plan), cancel).await?;
        }
        if let Some(question) = downtime_question(&plan).filter(|_| !args.allow_downtime) {
            let prompter = if args.yes {
                Box::new(Refuse("--allow-downtime"))
            } else {
                prompter(settings, "--allow-downtime")
            };
            confirm(prompter, question, cancel).await?;
        }
        Ok(Some(plan))
    }

    /// Rolls out what was agreed, or what the files say now; `None` if there is nothing to do.
    async fn roll_out_locked(
        &self,
        engine: &impl Engine,
        request: Request,
        agreed: Option<Plan>,
    ) -> Result<Option<RolloutReport>, Error> {
        if let Some(plan) = agreed {
            self.cancel.guard(self.runs.refuse_unfinished(engine)).await?;
            return self.roll_out(engine, &request, &plan).await.map(Some);
        }
        let request = request.read_again(self.settings, &self.args.targets)?;
        match self.agreed_plan(engine, &request).await? {
            Some(plan) => self.roll_out(engine, &request, &plan).await.map(Some),
            None => Ok(None),
        }
    }

    /// Pulls, plans once more (what was pulled or has happened since is part of the plan) and
    /// executes.
    async fn roll_out(
        &self,
        engine: &impl Engine,
        request: &Request,
        agreed: &Plan,
    ) -> Result<RolloutReport, Error> {
        let _terminal = terminal_guard(self.settings);
        let mut reporter = reporter(self.settings);
        let rollout = Rollout::begin(agreed, engine, &mut *reporter, self.cancel);
        rollout.pull(&agreed.pulls).await?;
        let plan = self.cancel.guard(request.plan_again(engine)).await?;
        if !plan.is_part_of(agreed) {
            return Err(PlanError::Stale.into());
        }
        let store = &self.runs.store;
        let mut journal = store.begin(&Header::of(&plan, self.start(&plan.run)), &plan)?;
        let report = rollout.execute(&plan, &[], &mut journal).await;
        self.runs.close(&plan.run, &report);
        Ok(report)
    }

    fn start(&self, run: &str) -> Start {
        Start {
            run: run.to_owned(),
            at: Timestamp::now(),
            user: self.settings.user.clone(),
            host: uname().nodename().to_string_lossy().into_owned(),
            command: self.command.to_owned(),
        }
    }
}
