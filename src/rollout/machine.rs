//! The only place that decides what happens next: a pure fold over the plan and the records.

use super::outcome::Outcome;
use super::record::Record;
use crate::engine::api::ContainerId;
use crate::plan::Plan;
use crate::plan::steps::{ReplacementId, Step};

/// What to do now. Steps are named by their index in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Perform this step.
    Do(usize),
    /// Take this step back.
    Undo(usize),
    /// Nothing is left to do.
    Finished(Outcome),
}

/// How far one step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Pending,
    /// Its effect may have happened: intended, or failed.
    Touched,
    Failed,
    Done,
    Undone,
    UndoFailed,
}

/// Decides the next action. The same records give the same answer.
///
/// Before the commit point a failure or a cancellation takes back, in reverse order, every step
/// whose effect may have happened, the failed one included. After it nothing is taken back: what
/// fails there is left behind and said.
#[must_use]
pub fn next(plan: &Plan, records: &[Record]) -> Next {
    let progress = fold(plan, records);
    if is_committed(plan, &progress) {
        return finish(plan, &progress);
    }
    if records
        .iter()
        .any(|record| matches!(record, Record::Failed { .. } | Record::Cancelled { .. }))
    {
        return unwind(plan, records, &progress);
    }
    match progress.iter().position(|step| *step != Progress::Done) {
        Some(step) => Next::Do(step),
        None if plan.is_empty() => Next::Finished(Outcome::Unchanged),
        None => Next::Finished(Outcome::Completed),
    }
}

/// Whether the commit point lies behind these records.
#[must_use]
pub fn is_past_commit(plan: &Plan, records: &[Record]) -> bool {
    is_committed(plan, &fold(plan, records))
}

/// The new container of a replacement, if the records say that it was created.
#[must_use]
pub fn created(plan: &Plan, records: &[Record], of: ReplacementId) -> Option<ContainerId> {
    records.iter().rev().find_map(|record| match record {
        Record::Done { step, container } if plan.steps[*step] == Step::Create(of) => {
            container.clone()
        }
        _ => None,
    })
}

fn fold(plan: &Plan, records: &[Record]) -> Vec<Progress> {
    let mut progress = vec![Progress::Pending; plan.steps.len()];
    for record in records {
        match record {
            Record::Intent { step } => progress[*step] = Progress::Touched,
            Record::Done { step, .. } => progress[*step] = Progress::Done,
            Record::Failed { step } => progress[*step] = Progress::Failed,
            Record::Undone { step } => progress[*step] = Progress::Undone,
            Record::UndoFailed { step } => progress[*step] = Progress::UndoFailed,
            Record::Cancelled { .. } => {}
        }
    }
    progress
}

fn is_committed(plan: &Plan, progress: &[Progress]) -> bool {
    let commit = plan.steps.iter().position(|step| *step == Step::Commit);
    commit.is_some_and(|at| progress[at] == Progress::Done)
}

/// After the commit point: forward only, past what fails.
fn finish(plan: &Plan, progress: &[Progress]) -> Next {
    let pending = (0..plan.steps.len()).find(|&step| {
        matches!(progress[step], Progress::Pending | Progress::Touched)
            && !waits_for_a_failed_one(plan, progress, step)
    });
    pending.map_or(Next::Finished(Outcome::Completed), Next::Do)
}

/// The final name is free only once the old container is removed.
fn waits_for_a_failed_one(plan: &Plan, progress: &[Progress], step: usize) -> bool {
    let Step::Rename(of) = plan.steps[step] else { return false };
    let removal = plan.steps.iter().position(|other| *other == Step::Remove(of));
    removal.is_some_and(|at| progress[at] == Progress::Failed)
}

/// Before the commit point: back over everything whose effect may have happened.
fn unwind(plan: &Plan, records: &[Record], progress: &[Progress]) -> Next {
    let touched = (0..plan.steps.len()).rev().find(|&step| {
        has_undo(&plan.steps[step])
            && matches!(progress[step], Progress::Touched | Progress::Failed | Progress::Done)
            && !still_needed(plan, progress, step)
    });
    match touched {
        Some(step) => Next::Undo(step),
        None if progress.contains(&Progress::UndoFailed) => Next::Finished(Outcome::Stuck),
        None => Next::Finished(reason_to_unwind(records)),
    }
}

/// The new container goes on serving where the old one could not be brought back.
fn still_needed(plan: &Plan, progress: &[Progress], step: usize) -> bool {
    let (Step::Create(of) | Step::Start(of)) = plan.steps[step] else { return false };
    let stopping = plan.steps.iter().position(|other| *other == Step::Stop(of));
    stopping.is_some_and(|at| progress[at] == Progress::UndoFailed)
}

/// Whichever came first: a failure, or somebody who asked to stop.
fn reason_to_unwind(records: &[Record]) -> Outcome {
    let first = records.iter().find_map(|record| match record {
        Record::Failed { .. } => Some(Outcome::RolledBack),
        Record::Cancelled { signal } => Some(Outcome::Interrupted(*signal)),
        _ => None,
    });
    first.unwrap_or(Outcome::RolledBack)
}

fn has_undo(step: &Step) -> bool {
    matches!(step, Step::Create(_) | Step::Start(_) | Step::Stop(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample;
    use crate::rollout::outcome::Signal;

    /// Runs the machine against a script: what happens to the n-th step, all else goes well.
    /// Returns what was done and undone, and the outcome.
    fn play(plan: &Plan, happens: impl Fn(usize) -> Vec<Record>) -> (Vec<Next>, Outcome) {
        let mut records = Vec::new();
        let mut acts = Vec::new();
        loop {
            let act = next(plan, &records);
            match act {
                Next::Do(step) => {
                    records.push(Record::Intent { step });
                    records.extend(happens(step));
                }
                Next::Undo(step) => records.push(Record::Undone { step }),
                Next::Finished(outcome) => return (acts, outcome),
            }
            acts.push(act);
            assert!(acts.len() < 1000, "the machine goes on for ever");
        }
    }

    fn done(step: usize) -> Vec<Record> {
        vec![Record::Done { step, container: None }]
    }

    fn fails_at(bad: usize) -> impl Fn(usize) -> Vec<Record> {
        move |step| if step == bad { vec![Record::Failed { step }] } else { done(step) }
    }

    #[test]
    fn all_steps_are_done_in_order() {
        let plan = sample::plan(&[2]);
        let (acts, outcome) = play(&plan, done);
        assert_eq!(acts, (0..plan.steps.len()).map(Next::Do).collect::<Vec<_>>());
        assert_eq!(outcome, Outcome::Completed);
    }

    #[test]
    fn a_failure_before_the_commit_takes_back_every_step_in_reverse_the_failed_one_included() {
        let plan = sample::plan(&[2]);
        // create, start, await, stop, create, start (fails)
        let (acts, outcome) = play(&plan, fails_at(5));
        let undone = [5, 4, 3, 1, 0].map(Next::Undo);
        assert_eq!(acts[6..], undone);
        assert_eq!(outcome, Outcome::RolledBack);
    }

    #[test]
    fn a_failed_commit_is_taken_back_too() {
        let plan = sample::plan(&[1]);
        let (acts, outcome) = play(&plan, fails_at(3));
        assert_eq!(acts[4..], [Next::Undo(1), Next::Undo(0)]);
        assert_eq!(outcome, Outcome::RolledBack);
    }

    #[test]
    fn a_failure_after_the_commit_takes_nothing_back_and_the_name_waits_for_the_removal() {
        let plan = sample::plan(&[1]);
        let removal = plan.steps.iter().position(|step| matches!(step, Step::Remove(_))).unwrap();
        let (acts, outcome) = play(&plan, fails_at(removal));
        assert_eq!(acts, (0..=removal).map(Next::Do).collect::<Vec<_>>());
        assert_eq!(outcome, Outcome::Completed);
    }

    #[test]
    fn somebody_who_asks_to_stop_before_the_commit_gets_the_old_state_back() {
        let plan = sample::plan(&[1]);
        let (acts, outcome) = play(&plan, |step| {
            if step < 2 {
                done(step)
            } else {
                vec![Record::Cancelled { signal: Signal::Terminate }]
            }
        });
        assert_eq!(acts[3..], [Next::Undo(1), Next::Undo(0)]);
        assert_eq!(outcome, Outcome::Interrupted(Signal::Terminate));
    }

    #[test]
    fn somebody_who_asks_to_stop_after_the_commit_is_too_late() {
        let plan = sample::plan(&[1]);
        let (_, outcome) = play(&plan, |step| {
            let mut records = done(step);
            if step == 4 {
                records.push(Record::Cancelled { signal: Signal::Interrupt });
            }
            records
        });
        assert_eq!(outcome, Outcome::Completed);
    }

    #[test]
    fn the_new_container_stays_where_the_old_one_cannot_be_brought_back() {
        let plan = sample::plan(&[2]);
        let mut records: Vec<Record> = (0..4).flat_map(done).collect();
        records.extend([Record::Failed { step: 4 }, Record::Undone { step: 4 }]);
        assert_eq!(next(&plan, &records), Next::Undo(3));
        records.push(Record::UndoFailed { step: 3 });
        assert_eq!(next(&plan, &records), Next::Finished(Outcome::Stuck));
    }

    #[test]
    fn an_empty_plan_changes_nothing() {
        assert_eq!(next(&sample::plan(&[]), &[]), Next::Finished(Outcome::Unchanged));
    }
}
