//! The loop: asks the machine what comes next, does it, remembers it, tells it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::interval;

use super::cancel::Cancel;
use super::course;
use super::emitter::Emitter;
use super::failure;
use super::flight::{Ending, Flights, Landed, Wait};
use super::handover::pair;
use super::host::{Host, ThisHost};
use super::leftover;
use super::machine::{self, Act, Next};
use super::proof::{self, Proof};
use super::state::State;
use super::step::{Reason, Stage};
use super::tally;
use crate::cutover::{Course, Fleet};
use crate::engine::Engine;
use crate::journal::outcome::{Failure, Outcome, RolloutReport};
use crate::journal::{Journal, Record};
use crate::plan::Plan;
use crate::plan::step_ref::{StepRef, step_ref};
use crate::plan::steps::{ReplacementId, Step};
use crate::probe::Phase;
use crate::report::{EventKind, Reporter};
use crate::text::millis;

/// One run on one engine, from the first pull to the summary.
pub struct Rollout<'a, E> {
    pub(super) engine: &'a E,
    pub(super) emitter: Emitter<'a>,
    pub(super) cancel: &'a Cancel,
    pub(super) fleet: Fleet<'a, E>,
    /// Where the user's commands are run, one after the other.
    host: Box<dyn Host>,
    host_lock: Mutex<()>,
    /// What is to be said at the end.
    notes: RefCell<Vec<String>>,
    /// Requests that are sent meanwhile.
    pub(super) proof: RefCell<Option<Proof>>,
}

impl<'a, E: Engine> Rollout<'a, E> {
    /// Begins the run that `plan` names, or goes on from its `records`, and tells the reporter.
    pub fn begin(
        plan: &Plan,
        records: &[Record],
        engine: &'a E,
        reporter: &'a mut dyn Reporter,
        cancel: &'a Cancel,
    ) -> Self {
        let emitter = Emitter::new(&plan.run, reporter);
        emitter.emit(tally::started(&State::of(plan, records)));
        let fleet = Fleet::new(engine, &plan.run);
        Self {
            engine,
            emitter,
            cancel,
            fleet,
            host: Box::new(ThisHost),
            host_lock: Mutex::default(),
            notes: RefCell::default(),
            proof: RefCell::default(),
        }
    }

    /// The same with another host for the user's commands than this one.
    #[must_use]
    pub fn on(self, host: impl Host + 'static) -> Self {
        Self { host: Box::new(host), ..self }
    }

    /// Goes on from `records` (none: from the beginning), keeping every further one in `journal`,
    /// until all steps of `plan` are behind or what was done is taken back; and says how it ended.
    pub async fn execute(
        &self,
        plan: &Plan,
        records: &[Record],
        journal: &mut dyn Journal,
    ) -> RolloutReport {
        let mut run = Run::new(self, plan, records, journal);
        let outcome = run.drive().await;
        run.warnings.extend(self.part(plan).await);
        let mut report = run.report(outcome);
        if let Some(proof) = run.proof.take() {
            report.requests = proof.finish(&self.emitter, self.cancel).await;
        }
        if let Err(error) =
            run.journal.append(&Record::Finished { report: Box::new(report.clone()) })
            && !run.journal_failed
        {
            report.warnings.push(error.to_string());
        }
        self.emitter.emit(EventKind::RolloutFinished { report: report.clone() });
        report
    }
}

/// One execution: the state, and what is said at the end.
struct Run<'a, 'b, E> {
    rollout: &'a Rollout<'b, E>,
    plan: &'a Plan,
    state: State<'a>,
    journal: &'a mut dyn Journal,
    flights: Flights<'a>,
    proof: Option<Proof>,
    failure: Option<Failure>,
    warnings: Vec<String>,
    unwinding: bool,
    journal_failed: bool,
    /// Whether a step failed that was not even begun.
    was_refused: bool,
}

impl<'a, 'b, E: Engine> Run<'a, 'b, E> {
    fn new(
        rollout: &'a Rollout<'b, E>,
        plan: &'a Plan,
        records: &[Record],
        journal: &'a mut dyn Journal,
    ) -> Self {
        Self {
            rollout,
            plan,
            state: State::of(plan, records),
            journal,
            flights: Flights::default(),
            proof: rollout.proof.take(),
            failure: None,
            warnings: Vec::new(),
            unwinding: false,
            journal_failed: false,
            was_refused: false,
        }
    }

    async fn drive(&mut self) -> Outcome {
        let (emitter, cancel) = (&self.rollout.emitter, self.rollout.cancel);
        let mut tick = interval(emitter.tick_every());
        let mut asked_twice = pin!(cancel.requested(2));
        self.lead_again().await;
        let mut watch = pin!(self.rollout.fleet.watch());
        if let Some(proof) = &mut self.proof {
            proof.note_ended(emitter);
            proof.enter(Phase::During);
        }
        loop {
            self.note_cancellation();
            self.judge_requests();
            match machine::next(&self.state) {
                Next::Finished(outcome) => return outcome,
                Next::Acts(acts) => acts.into_iter().for_each(|act| self.begin(act)),
            }
            if std::mem::take(&mut self.was_refused) {
                continue;
            }
            // Time alone changes nothing.
            loop {
                tokio::select! {
                    biased;
                    () = &mut asked_twice => return Outcome::Stuck,
                    landed = self.flights.land() => break self.end(landed).await,
                    exchange = proof::next(&mut self.proof) => {
                        if let Some(proof) = &mut self.proof {
                            proof.note(exchange, emitter);
                        }
                        if self.judge_requests() {
                            break;
                        }
                    }
                    () = &mut watch => {}
                    () = cancel.requested(1), if self.state.cancelled().is_none() => break,
                    _ = tick.tick() => {
                        self.flights.news().into_iter().for_each(|event| emitter.emit(event));
                        emitter.tick();
                    }
                }
            }
        }
    }

    /// Helpers end with their process: those of an earlier one are put in place anew.
    async fn lead_again(&self) {
        for of in self.plan.replacements() {
            let has_begun = self.state.is_open(of) && !self.state.is_restored(of);
            let is_led = self.plan.position(&Step::Detour(of)).is_some();
            if !is_led || !has_begun {
                continue;
            }
            let cutover = self.plan.position(&Step::Cutover(of));
            let is_cut = cutover.is_some_and(|step| self.state.has_effect(step));
            self.rollout.fleet.man(of, pair(self.plan, of)).await;
            if let Some(new) = self.state.created(of) {
                self.rollout.fleet.expect(of, new).await;
            }
            let course = if is_cut { Course::New } else { Course::Old };
            self.rollout.fleet.steer(of, course).await;
            // What stands in the way of a reload is said when it fails.
            let _ = self.rollout.fleet.meet(of).await;
            if self.state.is_old_stopped(of) {
                self.rollout.fleet.note_loss();
            }
        }
    }

    fn note_cancellation(&mut self) {
        let Some(signal) = self.rollout.cancel.first() else { return };
        if self.state.cancelled().is_some() {
            return;
        }
        let detail = if self.state.is_committed() {
            "the new version serves already; finishing"
        } else {
            "taking back what was done; once more leaves at once"
        };
        self.rollout.emitter.emit(EventKind::Cancelled { detail: detail.into() });
        self.remember(&Record::Cancelled { signal });
    }

    /// Takes everything back if more requests failed than may, while that can be done; whether it
    /// does so only now.
    fn judge_requests(&mut self) -> bool {
        let Some(proof) = &mut self.proof else { return false };
        proof.note_ended(&self.rollout.emitter);
        if self.state.is_commit_begun() || self.state.course() == course::Course::Unwind {
            return false;
        }
        let Some(failure) = proof.verdict() else { return false };
        let reason = failure.causes.join(": ");
        self.failure.get_or_insert(failure);
        self.remember(&Record::RequestsFailed { reason });
        true
    }

    /// Keeps a record. Once one could not be kept the run goes on from memory, and says so.
    fn remember(&mut self, record: &Record) {
        self.state.note(record);
        if let Err(error) = self.journal.append(record)
            && !std::mem::replace(&mut self.journal_failed, true)
        {
            self.warnings.push(error.to_string());
        }
    }

    fn begin(&mut self, act: Act) {
        match act {
            Act::Do(step) => self.perform(step),
            Act::Leave(step) => self.flights.leave(step),
            Act::Undo(step) => self.undo(step),
        }
    }

    fn perform(&mut self, index: usize) {
        let name = step_ref(self.plan, index);
        let intent = Record::Intent { step: index };
        if let Err(error) = self.journal.append(&intent) {
            self.journal_failed = true;
            return self.refuse(index, &name, error.to_string());
        }
        self.state.note(&intent);
        self.rollout.emitter.emit(EventKind::StepStarted(name.clone()));
        let step = &self.plan.steps[index].step;
        let stage = self.stage(index);
        let wait = self.wait(step, name, &stage.said);
        self.flights.launch(Act::Do(index), wait, async move { stage.perform(step).await });
    }

    /// No record, no action: what cannot be remembered is not begun.
    fn refuse(&mut self, index: usize, name: &StepRef, reason: Reason) {
        let failed = EventKind::StepFailed { step: name.clone(), reason: reason.clone() };
        self.rollout.emitter.emit(failed);
        self.failure.get_or_insert_with(|| failure::plain(name, reason.clone()));
        self.state.note(&Record::Failed { step: index, reason });
        self.was_refused = true;
    }

    fn undo(&mut self, index: usize) {
        self.tell_unwinding();
        self.remember(&Record::UndoIntent { step: index });
        let step = &self.plan.steps[index].step;
        let stage = self.stage(index);
        let effect = async move { stage.undo(step).await.map(|()| None) };
        self.flights.launch(Act::Undo(index), None, effect);
    }

    fn stage(&self, index: usize) -> Stage<'a, E> {
        let owner = self.state.owner(index);
        let shares =
            owner.map(|of| self.plan.replacement(of).shares.as_slice()).unwrap_or_default();
        let needed = owner.iter().chain(shares);
        let known = |of: &ReplacementId| Some((*of, self.state.created(*of)?.clone()));
        Stage {
            engine: self.rollout.engine,
            plan: self.plan,
            fleet: &self.rollout.fleet,
            host: self.rollout.host.as_ref(),
            host_lock: &self.rollout.host_lock,
            notes: &self.rollout.notes,
            created: needed.filter_map(known).collect::<BTreeMap<_, _>>(),
            is_old_stopped: owner.is_some_and(|of| self.state.is_old_stopped(of)),
            given_up: match self.plan.steps[index].step {
                Step::Commit => self.state.services_left_old(),
                _ => Vec::new(),
            },
            said: Rc::new(RefCell::new(String::new())),
        }
    }

    fn wait(&self, step: &Step, name: StepRef, said: &Rc<RefCell<String>>) -> Option<Wait> {
        let deadline = match step {
            Step::AwaitReady(of) => {
                let readiness = &self.plan.service(*of).readiness;
                readiness.timeout + readiness.settle
            }
            Step::Verify(of) => self.plan.service(*of).readiness.timeout,
            Step::Drain(of) => self.plan.service(*of).handover.as_ref()?.drain_timeout,
            _ => return None,
        };
        Some(Wait::new(name, Rc::clone(said), deadline))
    }

    async fn end(&mut self, landed: Landed) {
        let Landed { act, ending, took } = landed;
        match (act, ending) {
            (Act::Do(step), Some(Ok(container))) => {
                let detail = container.as_ref().map(|id| id.short().to_owned());
                self.remember(&Record::Done { step, container });
                let (step, took_ms) = (step_ref(self.plan, step), millis(took));
                self.rollout.emitter.emit(EventKind::StepFinished { step, took_ms, detail });
            }
            (Act::Do(step), Some(Err(reason))) => self.fail(step, reason, took).await,
            (Act::Undo(step), ending) => self.end_undo(step, ending, took),
            (Act::Do(step) | Act::Leave(step), None) | (Act::Leave(step), Some(_)) => {
                self.remember(&Record::Left { step });
            }
        }
    }

    async fn fail(&mut self, index: usize, reason: Reason, took: Duration) {
        let name = step_ref(self.plan, index);
        let failed = EventKind::StepFailed { step: name.clone(), reason: reason.clone() };
        self.rollout.emitter.emit(failed);
        if self.state.is_committed() {
            self.warnings.push(failure::after_commit(&name, &reason));
        } else if self.failure.is_none() {
            let new = self.state.owner(index).and_then(|of| self.state.created(of));
            let engine = self.rollout.engine;
            let mut why = failure::explain(engine, self.plan, new, index, reason.clone()).await;
            why.hints.extend(failure::deadline_hint(self.plan, index, took));
            self.failure = Some(why);
        }
        self.remember(&Record::Failed { step: index, reason });
    }

    fn end_undo(&mut self, index: usize, ending: Option<Ending>, took: Duration) {
        let name = step_ref(self.plan, index);
        if let Some(Err(reason)) = ending {
            self.warnings.push(failure::of_undo(&name, &reason));
            self.remember(&Record::UndoFailed { step: index, reason: reason.clone() });
            self.rollout.emitter.emit(EventKind::UndoFailed { step: name, reason });
        } else {
            self.remember(&Record::Undone { step: index });
            let took_ms = millis(took);
            self.rollout.emitter.emit(EventKind::StepUndone { step: name, took_ms });
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

    fn report(&self, outcome: Outcome) -> RolloutReport {
        let left = match outcome {
            Outcome::Stuck | Outcome::Paused => leftover::describe(&self.state),
            _ => Vec::new(),
        };
        RolloutReport {
            outcome,
            project: self.plan.project.clone(),
            services: tally::services(&self.state),
            took: self.rollout.emitter.elapsed(),
            failure: self.failure.clone(),
            warnings: [
                self.warnings.clone(),
                self.rollout.fleet.refusals(),
                self.rollout.notes.borrow().clone(),
            ]
            .concat(),
            left,
            requests: Vec::new(),
        }
    }
}
