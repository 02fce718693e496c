//! Where a rollout stands: the fold over its records, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::course::Course;
use crate::engine::api::ContainerId;
use crate::journal::Record;
use crate::journal::outcome::{Outcome, Signal};
use crate::plan::Plan;
use crate::plan::steps::{ReplacementId, Step};

/// How far one step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Not begun, or begun anew.
    Pending,
    /// It acts or waits now.
    Begun,
    /// It was begun by a process that is gone: its effect may have happened.
    Uncertain,
    /// It failed; its effect may have happened all the same.
    Failed,
    /// A wait that was given up.
    Left,
    /// It ended well.
    Done,
    /// It is taken back now.
    Undoing,
    /// It was taken back.
    Undone,
    /// It could not be taken back.
    UndoFailed,
}

/// The fold over the records of one plan.
#[derive(Debug, Clone)]
pub struct State<'a> {
    plan: &'a Plan,
    steps: Vec<Progress>,
    /// The steps of each replica, in order.
    members: BTreeMap<ReplacementId, Vec<usize>>,
    commit: Option<usize>,
    created: BTreeMap<ReplacementId, ContainerId>,
    /// Replicas of which a step failed before the commit point.
    pub(super) failed: BTreeSet<ReplacementId>,
    /// Whether something failed that belongs to no replica: a step, or requests.
    pub(super) has_failed: bool,
    cancelled: Option<Signal>,
    /// Whether an earlier process began it.
    is_resumed: bool,
    /// How a rollout that is taken back ends: whichever came first, a failure or a request.
    reason: Option<Outcome>,
}

impl<'a> State<'a> {
    /// The state after these records.
    #[must_use]
    pub fn of(plan: &'a Plan, records: &[Record]) -> Self {
        let mut members: BTreeMap<ReplacementId, Vec<usize>> = BTreeMap::new();
        for (step, planned) in plan.steps.iter().enumerate() {
            if let Some(of) = planned.step.replacement() {
                members.entry(of).or_default().push(step);
            }
        }
        let mut state = Self {
            plan,
            members,
            commit: plan.position(&Step::Commit),
            steps: vec![Progress::Pending; plan.steps.len()],
            created: BTreeMap::new(),
            failed: BTreeSet::new(),
            has_failed: false,
            cancelled: None,
            is_resumed: false,
            reason: None,
        };
        for record in records {
            state.note(record);
        }
        state
    }

    /// Takes in one more record. One about a step that the plan does not have is no record of it.
    pub fn note(&mut self, record: &Record) {
        match record {
            Record::Intent { step } => self.set(*step, Progress::Begun),
            Record::Done { step, container } => {
                self.set(*step, Progress::Done);
                if let (Some(of), Some(id)) = (self.owner(*step), container) {
                    self.created.insert(of, id.clone());
                }
            }
            Record::Failed { step, .. } => self.fail(*step),
            Record::Left { step } => self.set(*step, Progress::Left),
            Record::UndoIntent { step } => self.set(*step, Progress::Undoing),
            Record::Undone { step } => self.undo(*step),
            Record::UndoFailed { step, .. } => self.set(*step, Progress::UndoFailed),
            Record::RequestsFailed { .. } => self.fail_as_a_whole(),
            Record::Cancelled { signal } => {
                self.cancelled.get_or_insert(*signal);
                let reason = Outcome::Interrupted(*signal);
                match signal {
                    // To be taken back is what was asked for, whatever went wrong before.
                    Signal::Abort => self.reason = Some(reason),
                    _ => _ = self.reason.get_or_insert(reason),
                }
            }
            Record::Resumed => self.resume(),
            Record::Finished { .. } | Record::Forgotten => {}
        }
    }

    fn set(&mut self, step: usize, progress: Progress) {
        if let Some(slot) = self.steps.get_mut(step) {
            *slot = progress;
        }
    }

    /// Once its creation is taken back a container is no more; a later one has another id.
    fn undo(&mut self, step: usize) {
        self.set(step, Progress::Undone);
        if let Some(of) = self.owner(step).filter(|of| *self.step(step) == Step::Create(*of)) {
            self.created.remove(&of);
        }
    }

    fn fail(&mut self, step: usize) {
        self.set(step, Progress::Failed);
        if self.is_committed() {
            return;
        }
        self.reason.get_or_insert(Outcome::RolledBack);
        match self.owner(step) {
            Some(of) => _ = self.failed.insert(of),
            None => self.has_failed = true,
        }
    }

    /// No replica is to blame more than another: all of them are taken back.
    fn fail_as_a_whole(&mut self) {
        if !self.is_committed() {
            self.reason.get_or_insert(Outcome::RolledBack);
            self.has_failed = true;
        }
    }

    /// What was under way when the earlier process ended is uncertain; a pause is over, so that
    /// the replicas that failed are tried again.
    fn resume(&mut self) {
        self.is_resumed = true;
        let retries =
            if self.course() == Course::Pause { self.given_up() } else { BTreeSet::new() };
        let is_committed = self.is_committed();
        for step in 0..self.steps.len() {
            let again = self.owner(step).is_some_and(|of| retries.contains(&of));
            self.steps[step] = match self.steps[step] {
                Progress::Begun | Progress::Undoing | Progress::UndoFailed => Progress::Uncertain,
                Progress::Failed if is_committed => Progress::Pending,
                _ if again && self.has_effect(step) => Progress::Uncertain,
                _ if again => Progress::Pending,
                other => other,
            };
        }
        if !retries.is_empty() {
            self.failed.clear();
            self.reason = None;
        }
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// How far a step is.
    #[must_use]
    pub fn progress(&self, step: usize) -> Progress {
        self.steps[step]
    }

    /// The step at an index.
    #[must_use]
    pub fn step(&self, index: usize) -> &'a Step {
        &self.plan.steps[index].step
    }

    /// The replica that a step belongs to.
    #[must_use]
    pub fn owner(&self, step: usize) -> Option<ReplacementId> {
        self.plan.steps.get(step)?.step.replacement()
    }

    /// The new container of a replica, if the records know it.
    #[must_use]
    pub fn created(&self, of: ReplacementId) -> Option<&ContainerId> {
        self.created.get(&of)
    }

    /// Who asked to stop, if somebody did.
    #[must_use]
    pub fn cancelled(&self) -> Option<Signal> {
        self.cancelled
    }

    /// Whether an earlier process began it.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// How a rollout that was taken back ends.
    #[must_use]
    pub fn reason(&self) -> Outcome {
        self.reason.unwrap_or(Outcome::RolledBack)
    }

    /// Whether the commit point lies behind.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.commit.is_some_and(|commit| self.steps[commit] == Progress::Done)
    }

    /// Whether the commit point lies behind, or may.
    #[must_use]
    pub fn is_commit_begun(&self) -> bool {
        self.commit.is_some_and(|commit| self.steps[commit] != Progress::Pending)
    }

    /// Whether something acts or waits at this moment.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Progress::Begun | Progress::Undoing))
    }

    /// Whether something could not be taken back.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.steps.contains(&Progress::UndoFailed)
    }

    /// Whether the effect of a step may be there and can be taken back.
    #[must_use]
    pub fn has_effect(&self, step: usize) -> bool {
        let may_have_happened = matches!(
            self.steps[step],
            Progress::Uncertain | Progress::Failed | Progress::Done | Progress::UndoFailed
        );
        may_have_happened
            && match self.step(step) {
                Step::Create(_) | Step::Start(_) | Step::Cutover(_) | Step::Stop(_) => true,
                // One that fails is run the other way round at once.
                Step::Switch(_) => self.steps[step] != Progress::Failed,
                Step::Delay(of) => {
                    let is_over = self.steps[step] == Progress::Done;
                    is_over && !self.plan.service(*of).way_back.delay.is_zero()
                }
                _ => false,
            }
    }

    /// The steps of a replica, in order.
    #[must_use]
    pub fn steps_of(&self, of: ReplacementId) -> impl DoubleEndedIterator<Item = usize> + '_ {
        self.members.get(&of).into_iter().flatten().copied()
    }

    /// Whether a replica has begun.
    #[must_use]
    pub fn is_open(&self, of: ReplacementId) -> bool {
        self.steps_of(of).any(|step| self.steps[step] != Progress::Pending)
    }

    /// Whether the old container of a replica was stopped, and not started again.
    #[must_use]
    pub fn is_old_stopped(&self, of: ReplacementId) -> bool {
        let mut steps = self.steps_of(of);
        steps.any(|step| *self.step(step) == Step::Stop(of) && self.has_effect(step))
    }

    /// Whether the new container of a replica was started, or the old one is gone, and neither was
    /// taken back.
    #[must_use]
    pub fn is_changed(&self, of: ReplacementId) -> bool {
        self.steps_of(of).any(|step| match self.step(step) {
            Step::Start(_) | Step::Stop(_) => self.has_effect(step),
            Step::Remove(_) => self.steps[step] == Progress::Done,
            _ => false,
        })
    }

    /// Whether nothing of a replica is there any more, or ever was.
    #[must_use]
    pub fn is_restored(&self, of: ReplacementId) -> bool {
        self.steps_of(of).all(|step| {
            !self.has_effect(step)
                && !matches!(self.steps[step], Progress::Begun | Progress::Undoing)
        })
    }
}
