//! The only place that decides what happens next: a pure function of the state, which is the fold
//! over the records.

use std::collections::BTreeSet;

use super::state::{Course, Progress, State};
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
            let end = if state.is_stuck() { Outcome::Stuck } else { state.reason() };
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
        _ if state.is_stuck() => Outcome::Stuck,
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

fn acts_or(state: &State, acts: Vec<Act>, end: Outcome) -> Next {
    if acts.is_empty() && !state.is_busy() { Next::Finished(end) } else { Next::Acts(acts) }
}
