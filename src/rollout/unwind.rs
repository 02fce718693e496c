//! The way back: over everything whose effect may be there, in reverse.

use std::collections::{BTreeMap, BTreeSet};

use super::machine::Act;
use super::state::{Progress, State};
use crate::plan::steps::{ReplacementId, Step};

/// What to do now so that `targets` get their old containers back. A step is taken back once all
/// that came after it in its own replica and in the services that depend on it was; of one service
/// at most [`crate::plan::policy::Policy::parallelism`] replicas of the way back at a time, the
/// last one first, but that requests go to all old containers again at once. Waits are given up;
/// acts that are under way are ended first.
///
/// A step that cannot be taken back holds up the rest of its own replica, so that the new
/// container goes on serving where the old one could not be brought back, and nobody else.
#[must_use]
pub(super) fn unwind(state: &State, targets: &BTreeSet<ReplacementId>) -> Vec<Act> {
    let mut acts: Vec<Act> = waits(state, targets).map(Act::Leave).collect();
    let undoable = undoable(state, targets);
    let allowed = within_parallelism(state, targets, &undoable);
    let may_go = |of: &ReplacementId, step: usize| allowed.contains(of) || leads(state.step(step));
    let undo = undoable.into_iter().filter(|(of, step)| may_go(of, *step));
    acts.extend(undo.map(|(_, step)| Act::Undo(step)));
    acts
}

/// Whether a step leads requests.
fn leads(step: &Step) -> bool {
    matches!(step, Step::Cutover(_) | Step::Switch(_))
}

fn waits(state: &State, targets: &BTreeSet<ReplacementId>) -> impl Iterator<Item = usize> {
    let is_target = |step: &usize| state.owner(*step).is_some_and(|of| targets.contains(&of));
    let begun = |step: &usize| state.progress(*step) == Progress::Begun;
    let steps = 0..state.plan().steps.len();
    steps.filter(move |step| is_target(step) && begun(step) && state.step(*step).is_wait())
}

/// The steps that can be taken back now, the last one first.
fn undoable(state: &State, targets: &BTreeSet<ReplacementId>) -> Vec<(ReplacementId, usize)> {
    let steps = &state.plan().steps;
    let mut is_held = vec![false; steps.len()];
    let mut found = Vec::new();
    for step in (0..steps.len()).rev() {
        let Some(of) = state.owner(step).filter(|of| targets.contains(of)) else { continue };
        let is_free = !is_held[step];
        if is_free && state.has_effect(step) && state.progress(step) != Progress::UndoFailed {
            found.push((of, step));
        }
        let is_clear = is_free && !state.has_effect(step) && !is_under_way(state, step);
        for before in &steps[step].after {
            is_held[*before] |= !is_clear && holds(state, of, *before);
        }
    }
    found
}

fn is_under_way(state: &State, step: usize) -> bool {
    matches!(state.progress(step), Progress::Begun | Progress::Undoing)
}

/// Whether a step of `later` that is not taken back yet holds up `before`: not the replica that
/// made room for it in the same service; and if it is stuck only whom it lives with, since it goes on
/// serving there.
fn holds(state: &State, later: ReplacementId, before: usize) -> bool {
    match state.owner(before) {
        Some(of) if of == later => true,
        Some(of) if is_stuck(state, later) => state.plan().replacement(later).shares.contains(&of),
        Some(of) => of.service != later.service,
        None => false,
    }
}

fn is_stuck(state: &State, of: ReplacementId) -> bool {
    state.steps_of(of).any(|step| state.progress(step) == Progress::UndoFailed)
}

/// The replicas that may be on their way back now.
fn within_parallelism(
    state: &State,
    targets: &BTreeSet<ReplacementId>,
    undoable: &[(ReplacementId, usize)],
) -> BTreeSet<ReplacementId> {
    // One that waits for others leaves its place to them.
    let may_go_on = |of: &ReplacementId| {
        let is_acting = |step| state.progress(step) == Progress::Undoing;
        undoable.iter().any(|(other, _)| other == of) || state.steps_of(*of).any(is_acting)
    };
    let is_on_its_way = |of: &ReplacementId| {
        let begun = |step| {
            matches!(state.progress(step), Progress::Undone | Progress::Undoing)
                && !leads(state.step(step))
        };
        state.steps_of(*of).any(begun) && may_go_on(of) && !is_stuck(state, *of)
    };
    let mut allowed: BTreeSet<ReplacementId> =
        targets.iter().copied().filter(is_on_its_way).collect();
    let mut on_their_way: BTreeMap<usize, usize> = BTreeMap::new();
    for of in &allowed {
        *on_their_way.entry(of.service).or_default() += 1;
    }
    for (of, _) in undoable {
        let count = on_their_way.entry(of.service).or_default();
        if !allowed.contains(of) && *count < state.plan().service(*of).way_back.parallelism {
            *count += 1;
            allowed.insert(*of);
        }
    }
    allowed
}
