//! The way of every command that rolls something out: plan, show, ask, lock, execute.

use std::time::Duration;

use jiff::Timestamp;
use rustix::system::uname;

use super::display::{reporter, terminal_guard};
use super::lock::{Claim, is_over};
use super::output;
use super::plan::{plan_text, show};
use super::prompt::{Refuse, confirm, prompter};
use super::proof::Proof;
use super::request::{Request, connect};
use super::runs::Runs;
use super::settings::{Progress, Settings};
use crate::engine::Engine;
use crate::error::{Error, ExitStatus};
use crate::journal::{Header, Start};
use crate::plan::{Plan, PlanError};
use crate::rollout::{Cancel, Rollout, RolloutReport};
use crate::text::{duration, list};

/// What was ordered.
pub(super) struct Order<'a, R> {
    /// Reads it, from the files as they are.
    pub(super) read: R,
    /// The words of the command line, without flags.
    pub(super) command: String,
    pub(super) consent: Consent,
    /// Repeats what will happen.
    pub(super) question: fn(&Plan) -> String,
    /// `--lock-wait`.
    pub(super) wait: Duration,
    pub(super) proof: Proof,
    pub(super) settings: &'a Settings,
    pub(super) cancel: &'a Cancel,
}

/// What the user agreed to beforehand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Consent {
    /// `--yes`.
    pub(super) yes: bool,
    /// `--allow-downtime`.
    pub(super) allow_downtime: bool,
    /// `--dry-run`.
    pub(super) dry_run: bool,
}

/// Rolls out, and says how it ended. Nothing is locked before somebody said yes, unless there is
/// somebody else to wait for; whoever that was may have changed everything that was read before.
pub(super) async fn roll_out<R>(order: &Order<'_, R>) -> Result<ExitStatus, Error>
where
    R: AsyncFn() -> Result<Request, Error>,
{
    let &Order { settings, cancel, .. } = order;
    // What is wrong with the files is said without an engine, too.
    let request = cancel.guard((order.read)()).await?;
    let runs = Runs::of_project(settings, request.project())?;
    let engine = cancel.guard(async { connect(settings).await }).await?;
    roll_out_on(order, request, &runs, &engine).await
}

/// The same for what was read already, with the help of this engine.
pub(super) async fn roll_out_on<R>(
    order: &Order<'_, R>,
    request: Request,
    runs: &Runs,
    engine: &impl Engine,
) -> Result<ExitStatus, Error>
where
    R: AsyncFn() -> Result<Request, Error>,
{
    let &Order { settings, cancel, wait, .. } = order;
    let line = Line { order, runs };
    if order.consent.dry_run {
        show(&line.plan(engine, &request).await?, settings);
        return Ok(ExitStatus::Ok);
    }
    let command = &order.command;
    let claim = Claim { runs, settings, cancel, command, wait, is_heir: false };
    let (lock, agreed) = match claim.lock_if_taken(engine, request.run()).await? {
        Some(lock) => (lock, None),
        None => match line.agreed_plan(engine, &request).await? {
            None => return Ok(ExitStatus::Ok),
            agreed => (claim.lock(engine, request.run()).await?, agreed),
        },
    };
    let agreed = agreed.filter(|_| !lock.was_waited_for);
    let end = line.roll_out_locked(engine, &request, agreed).await;
    let report = lock.end(end, |report| report.as_ref().is_none_or(is_over)).await?;
    Ok(report.map_or(ExitStatus::Ok, |report| report.outcome.exit_status()))
}

/// A command without its flags, for whoever meets its lock or its journal.
pub(super) fn command(name: &str, words: &[String]) -> String {
    let words = words.iter().map(String::as_str);
    std::iter::once(name).chain(words).collect::<Vec<_>>().join(" ")
}

/// Whether the plan is shown before the rollout: JSON has it in its events, and the quiet want to
/// see it only if they are asked.
fn is_told<R>(order: &Order<'_, R>, plan: &Plan) -> bool {
    match order.settings.progress {
        Progress::Live | Progress::Plain => true,
        Progress::Quiet => !order.consent.yes && !plan.is_empty(),
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

/// An order, and the runs of its project.
struct Line<'a, R> {
    order: &'a Order<'a, R>,
    runs: &'a Runs,
}

impl<R: AsyncFn() -> Result<Request, Error>> Line<'_, R> {
    /// The plan, unless an earlier run is not over.
    async fn plan(&self, engine: &impl Engine, request: &Request) -> Result<Plan, Error> {
        let planned = async {
            self.runs.refuse_unfinished(engine).await?;
            request.plan(engine).await
        };
        self.order.cancel.guard(planned).await
    }

    /// Shows the plan and asks; `None` if there is nothing to do.
    async fn agreed_plan(
        &self,
        engine: &impl Engine,
        request: &Request,
    ) -> Result<Option<Plan>, Error> {
        let &Order { settings, cancel, consent, question, .. } = self.order;
        let plan = self.plan(engine, request).await?;
        if is_told(self.order, &plan) {
            output::stderr(&plan_text(settings, settings.stderr).render(&plan));
        }
        if plan.is_empty() {
            return Ok(None);
        }
        if !consent.yes {
            confirm(prompter(settings, "--yes"), question(&plan), cancel).await?;
        }
        if let Some(question) = downtime_question(&plan).filter(|_| !consent.allow_downtime) {
            let prompter = if consent.yes {
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
        request: &Request,
        agreed: Option<Plan>,
    ) -> Result<Option<RolloutReport>, Error> {
        if let Some(plan) = agreed {
            self.order.cancel.guard(self.runs.refuse_unfinished(engine)).await?;
            return self.roll_out(engine, request, &plan).await.map(Some);
        }
        let request = self.order.cancel.guard((self.order.read)()).await?.in_run(request.run());
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
        let _terminal = terminal_guard(self.order.settings);
        let mut reporter = self.order.proof.draw(reporter(self.order.settings));
        let rollout = Rollout::begin(agreed, &[], engine, &mut *reporter, self.order.cancel);
        if let Some(probe) = self.order.proof.start()? {
            rollout.watch(probe);
        }
        rollout.pull(&agreed.pulls).await?;
        let planned = async {
            let plan = request.plan_again(engine).await?;
            rollout.baseline().await?;
            Ok(plan)
        };
        let plan = self.order.cancel.guard(planned).await?;
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
            user: self.order.settings.user.clone(),
            host: uname().nodename().to_string_lossy().into_owned(),
            command: self.order.command.clone(),
        }
    }
}
