//! The loop: asks the machine what comes next, does it, remembers it, tells it.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, interval};

use super::cancel::Cancel;
use super::emitter::Emitter;
use super::failure;
use super::leftover;
use super::machine::{self, Next};
use super::outcome::{Failure, Outcome, RolloutReport, ServiceSummary};
use super::record::Record;
use super::step::{Reason, Stage};
use crate::engine::Engine;
use crate::plan::Plan;
use crate::plan::steps::Step;
use crate::report::event::{ServiceStart, StepRef, step_ref};
use crate::report::{EventKind, Reporter};
use crate::text::millis;

/// How often the reporter may move its clocks.
pub(super) const TICK: Duration = Duration::from_millis(100);
/// How often a wait is reported, if what it waits for does not change.
const WAITING_EVERY: Duration = Duration::from_secs(15);

/// One run on one engine, from the first pull to the summary.
pub struct Rollout<'a, E> {
    pub(super) engine: &'a E,
    pub(super) emitter: Emitter<'a>,
    pub(super) cancel: &'a Cancel,
}

impl<'a, E: Engine> Rollout<'a, E> {
    /// Begins the run that `plan` names and tells the reporter.
    pub fn begin(
        plan: &Plan,
        engine: &'a E,
        reporter: &'a mut dyn Reporter,
        cancel: &'a Cancel,
    ) -> Self {
        let emitter = Emitter::new(&plan.run, reporter);
        let services = plan.services.iter();
        let services = services.map(|service| ServiceStart {
            service: service.service.clone(),
            replicas: service.replacements.len(),
        });
        emitter.emit(EventKind::RolloutStarted {
            project: plan.project.clone(),
            services: services.collect(),
        });
        Self { engine, emitter, cancel }
    }

    /// Executes every step of `plan`, or takes back what was done, and says how it ended.
    pub async fn execute(&self, plan: &Plan) -> RolloutReport {
        let mut run = Run::new(self, plan);
        let outcome = loop {
            run.note_cancellation();
            match machine::next(plan, &run.records) {
                Next::Do(step) => run.perform(step).await,
                Next::Undo(step) => run.undo(step).await,
                Next::Finished(outcome) => break outcome,
            }
            if run.abandoned {
                break Outcome::Stuck;
            }
        };
        let report = run.report(outcome);
        self.emitter.emit(EventKind::RolloutFinished { report: report.clone() });
        report
    }
}

/// How an effect ended that could be interrupted.
enum Guarded<T> {
    Ended(T),
    /// The first request to stop came, and the effect is one that may be left.
    Interrupted,
    /// The second request to stop came.
    Abandoned,
}

/// The state of one execution: the records, and what is said at the end.
struct Run<'a, 'b, E> {
    rollout: &'a Rollout<'b, E>,
    plan: &'a Plan,
    records: Vec<Record>,
    failure: Option<Failure>,
    warnings: Vec<String>,
    unwinding: bool,
    cancel_told: Cell<bool>,
    abandoned: bool,
}

impl<'a, 'b, E: Engine> Run<'a, 'b, E> {
    fn new(rollout: &'a Rollout<'b, E>, plan: &'a Plan) -> Self {
        Self {
            rollout,
            plan,
            records: Vec::new(),
            failure: None,
            warnings: Vec::new(),
            unwinding: false,
            cancel_told: Cell::new(false),
            abandoned: false,
        }
    }

    fn note_cancellation(&mut self) {
        let noted = self.records.iter().any(|record| matches!(record, Record::Cancelled { .. }));
        if let Some(signal) = self.rollout.cancel.first().filter(|_| !noted) {
            self.tell_cancellation();
            self.records.push(Record::Cancelled { signal });
        }
    }

    fn tell_cancellation(&self) {
        if self.cancel_told.replace(true) {
            return;
        }
        let detail = if machine::is_past_commit(self.plan, &self.records) {
            "the new version serves already; finishing"
        } else {
            "taking back what was done; once more leaves at once"
        };
        self.rollout.emitter.emit(EventKind::Cancelled { detail: detail.into() });
    }

    async fn perform(&mut self, index: usize) {
        let step = &self.plan.steps[index];
        let name = step_ref(self.plan, index);
        self.rollout.emitter.emit(EventKind::StepStarted(name.clone()));
        self.records.push(Record::Intent { step: index });
        let started = Instant::now();
        let said = RefCell::new(String::new());
        let stage = Stage { engine: self.rollout.engine, plan: self.plan, said: &said };
        let effect = stage.perform(step, &self.records);
        let waiting = matches!(step, Step::AwaitReady(_)).then_some((&name, &said));
        match self.guard(effect, waiting).await {
            Guarded::Ended(Ok(container)) => {
                let detail = container.as_ref().map(|id| id.short().to_owned());
                self.records.push(Record::Done { step: index, container });
                let took_ms = millis(started.elapsed());
                self.rollout.emitter.emit(EventKind::StepFinished { step: name, took_ms, detail });
            }
            Guarded::Ended(Err(reason)) => self.fail(index, name, reason, started.elapsed()).await,
            // The record of the cancellation follows; the intent makes the step be taken back.
            Guarded::Interrupted => {}
            Guarded::Abandoned => self.abandoned = true,
        }
    }

    async fn fail(&mut self, index: usize, name: StepRef, reason: Reason, took: Duration) {
        let failed = EventKind::StepFailed { step: name.clone(), reason: reason.clone() };
        self.rollout.emitter.emit(failed);
        if machine::is_past_commit(self.plan, &self.records) {
            self.warnings.push(failure::after_commit(&name, &reason));
        } else if self.failure.is_none() {
            let (engine, plan) = (self.rollout.engine, self.plan);
            let mut why = failure::explain(engine, plan, &self.records, index, reason).await;
            why.hints.extend(failure::deadline_hint(plan, index, took));
            self.failure = Some(why);
        }
        self.records.push(Record::Failed { step: index });
    }

    async fn undo(&mut self, index: usize) {
        self.tell_unwinding();
        let step = &self.plan.steps[index];
        let name = step_ref(self.plan, index);
        let started = Instant::now();
        let said = RefCell::new(String::new());
        let stage = Stage { engine: self.rollout.engine, plan: self.plan, said: &said };
        match self.guard(stage.undo(step, &self.records), None).await {
            Guarded::Ended(Ok(())) => {
                self.records.push(Record::Undone { step: index });
                let took_ms = millis(started.elapsed());
                self.rollout.emitter.emit(EventKind::StepUndone { step: name, took_ms });
            }
            Guarded::Ended(Err(reason)) => {
                self.warnings.push(failure::of_undo(&name, &reason));
                self.records.push(Record::UndoFailed { step: index });
                self.rollout.emitter.emit(EventKind::UndoFailed { step: name, reason });
            }
            Guarded::Interrupted => {}
            Guarded::Abandoned => self.abandoned = true,
        }
    }

    fn tell_unwinding(&mut self) {
        if std::mem::replace(&mut self.unwinding, true) {
            return;
        }
        let failed = self.failure.as_ref().and_then(|failure| failure.causes.first());
        let reason = failed.cloned().unwrap_or_else(|| "stopped on request".into());
        self.rollout.emitter.emit(EventKind::UnwindStarted { reason });
    }

    /// Runs an effect while clocks move and requests to stop are heard. Only a wait is left when
    /// the first request comes; an effect that acts is ended, since half of it could not be known.
    async fn guard<T>(
        &self,
        effect: impl Future<Output = T>,
        waiting: Option<(&StepRef, &RefCell<String>)>,
    ) -> Guarded<T> {
        let (emitter, cancel) = (&self.rollout.emitter, self.rollout.cancel);
        let mut effect = pin!(effect);
        let mut tick = interval(TICK);
        let mut wait = waiting.map(|(step, said)| Wait::new(self.plan, step, said));
        loop {
            tokio::select! {
                biased;
                () = cancel.requested(2) => return Guarded::Abandoned,
                end = &mut effect => return Guarded::Ended(end),
                () = cancel.requested(1), if !self.cancel_told.get() => {
                    self.tell_cancellation();
                    if waiting.is_some() {
                        return Guarded::Interrupted;
                    }
                }
                _ = tick.tick() => {
                    if let Some(event) = wait.as_mut().and_then(Wait::news) {
                        emitter.emit(event);
                    }
                    emitter.tick();
                }
            }
        }
    }

    fn report(self, outcome: Outcome) -> RolloutReport {
        let services = self.plan.services.iter().map(|service| ServiceSummary {
            service: service.service.clone(),
            from_image: service.from_image.clone(),
            to_image: service.to_image.clone(),
            replicas: service.replacements.len(),
        });
        let left = match outcome {
            Outcome::Stuck => leftover::describe(self.plan, &self.records),
            _ => Vec::new(),
        };
        RolloutReport {
            outcome,
            project: self.plan.project.clone(),
            services: services.collect(),
            took: self.rollout.emitter.elapsed(),
            failure: self.failure,
            warnings: self.warnings,
            left,
        }
    }
}

/// A wait as its watchers see it: told when it changes, and every 15 seconds.
struct Wait<'a> {
    step: &'a StepRef,
    said: &'a RefCell<String>,
    deadline: Duration,
    started: Instant,
    told: Option<(Instant, String)>,
}

impl<'a> Wait<'a> {
    fn new(plan: &Plan, step: &'a StepRef, said: &'a RefCell<String>) -> Self {
        let service = plan.services.iter().find(|one| Some(&one.service) == step.service.as_ref());
        let deadline = service.map_or(Duration::ZERO, |one| one.readiness.timeout);
        Self { step, said, deadline, started: Instant::now(), told: None }
    }

    fn news(&mut self) -> Option<EventKind> {
        let now = Instant::now();
        let detail = self.said.borrow().clone();
        let told = self.told.as_ref();
        if detail.is_empty()
            || told.is_some_and(|(at, what)| *what == detail && now - *at < WAITING_EVERY)
        {
            return None;
        }
        self.told = Some((now, detail.clone()));
        Some(EventKind::Waiting {
            step: self.step.clone(),
            waited_ms: millis(now - self.started),
            deadline_ms: millis(self.deadline),
            detail,
        })
    }
}
