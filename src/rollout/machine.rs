//! The only place that decides what happens next: a pure function of the state, which is the fold
//! over the records.

use std::collections::BTreeSet;

use super::course::Course;
use super::state::{Progress, State};
use super::unwind::unwind;
use crate::journal::outcome::Outcome;
use crate::plan::steps::{ReplacementId, Step};

/// What to do with one step of the plan, named by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Perform it.
    Do(usize),
    /// Give up its wait.
    Leave(usize),
    /// Take it back.
    Undo(usize),
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// These may all happen now; none means that what is under way must end first.
    Acts(Vec<Act>),
    /// Nothing is left to do.
    Finished(Outcome),
}

/// Decides. The same records give the same answer.
///
/// Before the commit point a failed replica gets its old container back, and if more failed than
/// the policy allows, or somebody asks to stop, so does every other one. After it nothing is taken
/// back: what fails there is left behind and said.
#[must_use]
pub fn next(state: &State) -> Next {
    if state.is_committed() {
        return retire(state);
    }
    match state.course() {
        Course::Unwind => {
            let all = state.plan().replacements().collect();
            let end = if is_all_back(state, &all) { state.reason() } else { Outcome::Stuck };
            acts_or(state, unwind(state, &all), end)
        }
        Course::Pause => advance(state, |of| state.is_open(of)),
        Course::Go => advance(state, |_| true),
    }
}

/// Forward with every replica that may open, and back with those that are given up.
fn advance(state: &State, may_open: impl Fn(ReplacementId) -> bool) -> Next {
    let given_up = state.given_up();
    let mut acts = unwind(state, &given_up);
    if !state.is_stuck() {
        let may_begin = |step: &usize| match state.owner(*step) {
            Some(of) => !given_up.contains(&of) && may_open(of),
            None => *state.step(*step) != Step::Commit || may_commit(state, &given_up),
        };
        let steps = 0..state.plan().steps.len();
        let runnable = steps.filter(|step| may_begin(step) && is_runnable(state, *step, &given_up));
        acts.extend(runnable.map(Act::Do));
    }
    let end = match state.course() {
        _ if !is_all_back(state, &given_up) => Outcome::Stuck,
        _ if state.plan().is_empty() => Outcome::Unchanged,
        Course::Pause if is_anything_new(state, &given_up) => Outcome::Paused,
        _ => Outcome::RolledBack,
    };
    acts_or(state, acts, end)
}

/// The commit waits for a pause to end, and needs something that it commits.
fn may_commit(state: &State, given_up: &BTreeSet<ReplacementId>) -> bool {
    let is_only_files = state.plan().services.is_empty();
    state.course() == Course::Go && (is_only_files || is_anything_new(state, given_up))
}

fn is_anything_new(state: &State, given_up: &BTreeSet<ReplacementId>) -> bool {
    state.plan().replacements().any(|of| !given_up.contains(&of) && state.is_open(of))
}

/// Whether a step may begin: everything before it is behind.
fn is_runnable(state: &State, step: usize, given_up: &BTreeSet<ReplacementId>) -> bool {
    let is_settled = |before: &usize| match state.owner(*before) {
        Some(of) if given_up.contains(&of) => state.is_restored(of),
        _ => state.progress(*before) == Progress::Done,
    };
    matches!(state.progress(step), Progress::Pending | Progress::Uncertain)
        && !state.step(step).is_retirement()
        && state.plan().steps[step].after.iter().all(is_settled)
}

/// After the commit point: forward only, past what fails.
fn retire(state: &State) -> Next {
    let given_up = state.given_up();
    let is_ours = |step: &usize| state.owner(*step).is_some_and(|of| !given_up.contains(&of));
    let is_settled = |before: &usize| {
        let is_out = state.owner(*before).is_some_and(|of| given_up.contains(&of));
        is_out || state.progress(*before) == Progress::Done || is_failed_elsewhere(state, *before)
    };
    let may_begin = |step: &usize| {
        matches!(state.progress(*step), Progress::Pending | Progress::Uncertain)
            && state.step(*step).is_retirement()
    };
    let steps = 0..state.plan().steps.len();
    let runnable = steps.filter(is_ours).filter(may_begin).filter(|step| {
        let name_is_free = |before: &usize| {
            state.owner(*before) != state.owner(*step) || state.progress(*before) == Progress::Done
        };
        let after = &state.plan().steps[*step].after;
        after.iter().all(|before| is_settled(before) && name_is_free(before))
    });
    let end = match given_up.is_empty() {
        true => Outcome::Completed,
        false if state.is_any_service_given_up() => Outcome::RolledBack,
        false => Outcome::Partial,
    };
    acts_or(state, runnable.map(Act::Do).collect(), end)
}

/// A removal that failed holds up the final name of its own replica alone.
fn is_failed_elsewhere(state: &State, step: usize) -> bool {
    state.step(step).is_retirement() && state.progress(step) == Progress::Failed
}

fn is_all_back(state: &State, given_up: &BTreeSet<ReplacementId>) -> bool {
    given_up.iter().all(|of| state.is_restored(*of))
}

fn acts_or(state: &State, acts: Vec<Act>, end: Outcome) -> Next {
    if acts.is_empty() && !state.is_busy() { Next::Finished(end) } else { Next::Acts(acts) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::journal::Record;
    use crate::journal::outcome::Signal;
    use crate::plan::policy::FailureAction;
    use crate::plan::steps::{Handover, Order};
    use crate::plan::{Plan, sample};

    fn of(service: usize, index: usize) -> ReplacementId {
        ReplacementId { service, index }
    }

    /// The records of a rollout, told in the order in which things happened.
    struct Story<'a> {
        plan: &'a Plan,
        records: Vec<Record>,
    }

    impl<'a> Story<'a> {
        fn of(plan: &'a Plan) -> Self {
            Self { plan, records: Vec::new() }
        }

        fn done(self, steps: &[Step]) -> Self {
            steps.iter().fold(self, |story, step| {
                story.tell(step, |step| Record::Done { step, container: None })
            })
        }

        fn failed(self, step: &Step) -> Self {
            self.tell(step, |step| Record::Failed { step, reason: "it broke".into() })
        }

        fn undone(self, steps: &[Step]) -> Self {
            steps.iter().fold(self, |story, step| story.tell(step, |step| Record::Undone { step }))
        }

        fn undo_failed(self, step: &Step) -> Self {
            self.tell(step, |step| Record::UndoFailed { step, reason: "it stays".into() })
        }

        fn cancelled(mut self) -> Self {
            self.records.push(Record::Cancelled { signal: Signal::Interrupt });
            self
        }

        fn tell(mut self, step: &Step, record: impl Fn(usize) -> Record) -> Self {
            let index = self.plan.position(step).expect("the plan has the step");
            self.records.push(record(index));
            self
        }

        /// What the machine makes of it: `do`, `undo` and `leave` with steps, or the end.
        fn next(&self) -> Vec<String> {
            let named = |act: Act| match act {
                Act::Do(step) => format!("do {:?}", self.plan.steps[step].step),
                Act::Undo(step) => format!("undo {:?}", self.plan.steps[step].step),
                Act::Leave(step) => format!("leave {:?}", self.plan.steps[step].step),
            };
            match next(&State::of(self.plan, &self.records)) {
                Next::Acts(acts) => acts.into_iter().map(named).collect(),
                Next::Finished(outcome) => vec![format!("{outcome:?}")],
            }
        }
    }

    fn acts(kind: &str, steps: &[Step]) -> Vec<String> {
        steps.iter().map(|step| format!("{kind} {step:?}")).collect()
    }

    fn replaced(of: ReplacementId) -> [Step; 4] {
        [Step::Create(of), Step::Start(of), Step::AwaitReady(of), Step::Stop(of)]
    }

    /// Everything of a replica up to the commit.
    fn through(of: ReplacementId) -> Vec<Step> {
        replaced(of).into_iter().chain([Step::Monitor(of)]).collect()
    }

    #[test]
    fn as_many_replicas_begin_as_the_policy_allows() {
        let mut plan = sample::plan(&[3]);
        plan.services[0].policy.parallelism = 2;
        plan.steps = crate::plan::arrange::arrange(&plan.services, 0);
        let first = [Step::Create(of(0, 0)), Step::Create(of(0, 1))];
        assert_eq!(Story::of(&plan).next(), acts("do", &first));
    }

    #[test]
    fn a_failure_takes_everything_back_the_last_step_first() {
        let plan = sample::plan(&[2]);
        let story = Story::of(&plan).done(&replaced(of(0, 0))).failed(&Step::Create(of(0, 1)));
        assert_eq!(story.next(), acts("undo", &[Step::Create(of(0, 1))]));
        let story = story.undone(&[Step::Create(of(0, 1))]);
        assert_eq!(story.next(), acts("undo", &[Step::Stop(of(0, 0))]));
        let story = story.undone(&[Step::Stop(of(0, 0)), Step::Start(of(0, 0))]);
        assert_eq!(story.next(), acts("undo", &[Step::Create(of(0, 0))]));
        assert_eq!(story.undone(&[Step::Create(of(0, 0))]).next(), ["RolledBack"]);
    }

    #[test]
    fn the_new_container_stays_where_the_old_one_cannot_be_brought_back() {
        let plan = sample::plan(&[1]);
        let story = Story::of(&plan).done(&replaced(of(0, 0))).failed(&Step::Monitor(of(0, 0)));
        assert_eq!(story.undo_failed(&Step::Stop(of(0, 0))).next(), ["Stuck"]);
    }

    #[test]
    fn a_replica_that_is_stuck_does_not_hold_up_the_others() {
        let plan = sample::plan(&[2]);
        let story = Story::of(&plan).done(&through(of(0, 0))).done(&replaced(of(0, 1)));
        let story = story.failed(&Step::Monitor(of(0, 1))).undo_failed(&Step::Stop(of(0, 1)));
        assert_eq!(story.next(), acts("undo", &[Step::Stop(of(0, 0))]));
    }

    #[test]
    fn a_failure_within_the_budget_takes_back_its_own_replica_alone() {
        let mut plan = sample::plan(&[3]);
        plan.services[0].policy.max_failure_ratio = 0.4;
        let story = Story::of(&plan).done(&replaced(of(0, 0))).failed(&Step::Create(of(0, 1)));
        let undo = acts("undo", &[Step::Create(of(0, 1))]);
        assert_eq!(story.next(), [undo, acts("do", &[Step::Monitor(of(0, 0))])].concat());
        let story = story.done(&[Step::Monitor(of(0, 0))]).undone(&[Step::Create(of(0, 1))]);
        assert_eq!(story.next(), acts("do", &[Step::Create(of(0, 2))]));
        let story = story.failed(&Step::Create(of(0, 2))).undone(&[Step::Create(of(0, 2))]);
        assert_eq!(
            story.next(),
            acts("undo", &[Step::Stop(of(0, 0))]),
            "two of three are too many"
        );
    }

    #[test]
    fn a_pause_begins_no_further_replica_and_ends_those_that_began() {
        let mut plan = sample::plan(&[4]);
        plan.services[0].policy.failure_action = FailureAction::Pause;
        plan.services[0].policy.parallelism = 2;
        plan.steps = crate::plan::arrange::arrange(&plan.services, 0);
        let story = Story::of(&plan).done(&[Step::Create(of(0, 0))]);
        let story = story.failed(&Step::Create(of(0, 1))).undone(&[Step::Create(of(0, 1))]);
        assert_eq!(story.next(), acts("do", &[Step::Start(of(0, 0))]));
        assert_eq!(story.done(&through(of(0, 0))).next(), ["Paused"]);
    }

    #[test]
    fn the_commit_waits_for_everything_and_what_is_old_goes_after_it() {
        let plan = sample::plan(&[1, 1]);
        let story = Story::of(&plan).done(&through(of(0, 0))).done(&replaced(of(1, 0)));
        assert_eq!(story.next(), acts("do", &[Step::Monitor(of(1, 0))]));
        let story = story.done(&[Step::Monitor(of(1, 0))]);
        assert_eq!(story.next(), acts("do", &[Step::Commit]));
        let removals = [Step::Remove(of(0, 0)), Step::Remove(of(1, 0))];
        assert_eq!(story.done(&[Step::Commit]).next(), acts("do", &removals));
    }

    #[test]
    fn after_the_commit_nothing_is_taken_back() {
        let plan = sample::plan(&[1, 1]);
        let story = Story::of(&plan).done(&through(of(0, 0))).done(&through(of(1, 0)));
        let story = story.done(&[Step::Commit]).failed(&Step::Remove(of(0, 0))).cancelled();
        assert_eq!(story.next(), acts("do", &[Step::Remove(of(1, 0))]));
        let story = story.done(&[Step::Remove(of(1, 0)), Step::Rename(of(1, 0))]);
        assert_eq!(story.next(), ["Completed"], "the old one keeps its name");
    }

    #[test]
    fn whoever_keeps_going_takes_back_one_service_and_commits_the_others() {
        let mut plan = sample::plan(&[1, 1]);
        plan.keep_going = true;
        let story = Story::of(&plan).done(&through(of(0, 0))).failed(&Step::Create(of(1, 0)));
        assert_eq!(story.next(), acts("undo", &[Step::Create(of(1, 0))]));
        let story = story.undone(&[Step::Create(of(1, 0))]);
        assert_eq!(story.next(), acts("do", &[Step::Commit]));
    }

    #[test]
    fn requests_go_to_all_old_containers_again_before_any_new_one_stops() {
        let mut plan = sample::plan(&[3]);
        plan.services[0].handover = Some(Handover { drain_timeout: Duration::from_secs(30) });
        plan.steps = crate::plan::arrange::arrange(&plan.services, 0);
        let led = |of| {
            let begun = [Step::Detour(of), Step::Create(of), Step::Start(of), Step::AwaitReady(of)];
            [&begun[..], &[Step::Cutover(of), Step::Drain(of)]].concat()
        };
        let story = Story::of(&plan).done(&led(of(0, 0))).done(&led(of(0, 1)));
        let story = story.failed(&Step::Monitor(of(0, 0)));
        let back = [Step::Cutover(of(0, 1)), Step::Cutover(of(0, 0))];
        assert_eq!(story.next(), acts("undo", &back));
        assert_eq!(story.undone(&back).next(), acts("undo", &[Step::Start(of(0, 1))]));
    }

    #[test]
    fn who_lives_together_is_given_up_together() {
        let mut plan = sample::plan(&[2, 1]);
        plan.services[0].policy.max_failure_ratio = 1.0;
        plan.services[1].policy.max_failure_ratio = 1.0;
        plan.services[1].replacements[0].shares = vec![of(0, 0)];
        plan.steps = crate::plan::arrange::arrange(&plan.services, 0);
        let host = [Step::Create(of(0, 0)), Step::Start(of(0, 0)), Step::AwaitReady(of(0, 0))];
        let story = Story::of(&plan).done(&host).failed(&Step::Create(of(1, 0)));
        let story = story.undone(&[Step::Create(of(1, 0))]);
        let next = story.next();
        assert!(next.contains(&format!("undo {:?}", Step::Start(of(0, 0)))), "{next:?}");
    }

    #[test]
    fn a_request_to_stop_leaves_the_waits_and_takes_everything_back() {
        let mut plan = sample::plan(&[1]);
        plan.services[0].order = Order::StopFirst;
        plan.steps = crate::plan::arrange::arrange(&plan.services, 0);
        let begun = [Step::Create(of(0, 0)), Step::Stop(of(0, 0)), Step::Start(of(0, 0))];
        let story = Story::of(&plan).done(&begun);
        let story = story.tell(&Step::AwaitReady(of(0, 0)), |step| Record::Intent { step });
        let story = story.cancelled();
        assert_eq!(story.next(), acts("leave", &[Step::AwaitReady(of(0, 0))]));
        let story = story.tell(&Step::AwaitReady(of(0, 0)), |step| Record::Left { step });
        assert_eq!(story.next(), acts("undo", &[Step::Start(of(0, 0))]));
        let back = [Step::Start(of(0, 0)), Step::Stop(of(0, 0)), Step::Create(of(0, 0))];
        assert_eq!(story.undone(&back).next(), ["Interrupted(Interrupt)"]);
    }
}
