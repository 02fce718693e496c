//! `composeup upgrade`: plan, show, ask, roll out.

use jiff::Timestamp;
use rustix::system::uname;

use super::args::UpgradeArgs;
use super::display::{reporter, terminal_guard};
use super::output;
use super::plan::{plan_text, show};
use super::prompt::{Prompter, Refuse, Terminal, confirm};
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

/// Upgrades, and says how it ended.
pub(super) async fn run(
    args: &UpgradeArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let prepared = async {
        let request = Request::read(settings, &args.targets)?;
        let engine = connect(settings).await?;
        let runs = Runs::of_project(settings, request.project())?;
        runs.refuse_unfinished(&engine).await?;
        let plan = request.plan(&engine).await?;
        Ok((request, engine, runs, plan))
    };
    let (request, engine, runs, plan) = cancel.guard(prepared).await?;
    if args.dry_run {
        show(&plan, settings);
        return Ok(ExitStatus::Ok);
    }
    if is_told(args, settings, &plan) {
        output::stderr(&plan_text(settings, settings.stderr).render(&plan));
    }
    if plan.is_empty() {
        return Ok(ExitStatus::Ok);
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
    let command = [&["upgrade".to_owned()][..], &args.targets.words].concat().join(" ");
    let upgrade = Upgrade { request: &request, runs: &runs, command, settings, cancel };
    let report = upgrade.roll_out(&engine, &plan).await?;
    Ok(report.outcome.exit_status())
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

/// Somebody to ask, else nobody, and the flag that answers.
fn prompter(settings: &Settings, flag: &'static str) -> Box<dyn Prompter> {
    if settings.is_attended && !settings.is_json() {
        Box::new(Terminal { colour: settings.stderr.is_coloured() })
    } else {
        Box::new(Refuse(flag))
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

/// An upgrade that was agreed to.
struct Upgrade<'a> {
    request: &'a Request,
    runs: &'a Runs,
    /// The words of the command line, without flags.
    command: String,
    settings: &'a Settings,
    cancel: &'a Cancel,
}

impl Upgrade<'_> {
    /// Pulls, plans once more (what was pulled or has happened since is part of the plan) and
    /// executes.
    async fn roll_out(&self, engine: &impl Engine, agreed: &Plan) -> Result<RolloutReport, Error> {
        let _terminal = terminal_guard(self.settings);
        let mut reporter = reporter(self.settings);
        let rollout = Rollout::begin(agreed, engine, &mut *reporter, self.cancel);
        rollout.pull(&agreed.pulls).await?;
        let plan = self.cancel.guard(self.request.plan_again(engine)).await?;
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
            command: self.command.clone(),
        }
    }
}
