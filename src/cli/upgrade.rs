//! `composeup upgrade`: plan, show, ask, roll out.

use std::io;
use std::time::Instant;

use indicatif::ProgressDrawTarget;

use super::args::UpgradeArgs;
use super::output;
use super::plan::{plan_text, show};
use super::prompt::{Prompter, Refuse, Terminal, confirm};
use super::request::{Request, connect};
use super::settings::{Progress, Settings};
use super::terminal::TerminalGuard;
use crate::engine::Engine;
use crate::error::{Error, ExitStatus};
use crate::plan::{Plan, PlanError};
use crate::report::Reporter;
use crate::report::json::Json;
use crate::report::live::{Live, Screen};
use crate::report::plain::Plain;
use crate::report::quiet::Quiet;
use crate::report::words::image_change;
use crate::rollout::{Cancel, Rollout, RolloutReport};
use crate::text::{count, duration, list};

/// How many times a second the moving display may be drawn.
const DRAWS_PER_SECOND: u8 = 10;

/// Upgrades, and says how it ended.
pub(super) async fn run(
    args: &UpgradeArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let prepared = async {
        let request = Request::read(settings, &args.targets)?;
        let engine = connect(settings).await?;
        let plan = request.plan(&engine).await?;
        Ok((request, engine, plan))
    };
    let (request, engine, plan) = cancel.guard(prepared).await?;
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
    let report = roll_out(&request, &engine, &plan, settings, cancel).await?;
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

/// Pulls, plans once more (what was pulled or has happened since is part of the plan) and executes.
async fn roll_out(
    request: &Request,
    engine: &impl Engine,
    agreed: &Plan,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<RolloutReport, Error> {
    let _terminal = (settings.progress == Progress::Live).then(TerminalGuard::without_control_echo);
    let mut reporter = reporter(settings);
    let rollout = Rollout::begin(agreed, engine, &mut *reporter, cancel);
    rollout.pull(&agreed.pulls).await?;
    let plan = cancel.guard(request.plan_again(engine)).await?;
    if !plan.is_part_of(agreed) {
        return Err(PlanError::Stale.into());
    }
    Ok(rollout.execute(&plan, &[], &mut Vec::new()).await)
}

fn reporter(settings: &Settings) -> Box<dyn Reporter> {
    let (style, width, height) = (settings.stderr, settings.width, settings.height);
    match settings.progress {
        Progress::Live => {
            let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
            let started = Instant::now();
            let clock = Box::new(move || started.elapsed());
            Box::new(Live::new(target, Screen { style, width, height }, clock))
        }
        Progress::Plain => Box::new(Plain::new(io::stderr(), style, width)),
        Progress::Json => Box::new(Json(io::stdout())),
        Progress::Quiet => Box::new(Quiet::new(io::stderr(), style, width)),
    }
}
