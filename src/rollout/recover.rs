//! Where a run of an earlier process stands: its records, and what the files say by now.

use std::io;
use std::path::Path;

use super::commit;
use super::state::{Progress, State};
use crate::journal::outcome::Signal;
use crate::journal::{KeptPlan, Record};
use crate::plan::Plan;
use crate::plan::steps::Step;

/// A run that can go on, or back.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// The plan, with the edits as far as their files still hold what they held.
    pub plan: Plan,
    /// Whether the commit point lies behind, so that the run can only be finished. It does as soon
    /// as one file holds its new text.
    pub is_committed: bool,
    /// Files that somebody changed since, as messages show them, if they are still to be written.
    pub changed: Vec<String>,
    /// The commit, if it was begun, and is or was to be repeated.
    commit: Option<usize>,
}

impl Recovered {
    /// The records with which another process goes on: nothing of the run is taken back any more if
    /// its commit point lies behind, whoever asks to stop. So files that were being written when the
    /// earlier process ended are written to the end before.
    ///
    /// # Errors
    ///
    /// A lower-case fragment that names the file that cannot be written; then none is.
    pub fn go_on(&self) -> Result<Vec<Record>, String> {
        let mut records = vec![Record::Resumed];
        if let Some(step) = self.commit.filter(|_| self.is_committed) {
            commit::write(&self.plan.edits, &[])?;
            records.push(Record::Done { step, container: None });
        }
        Ok(records)
    }

    /// The records with which another process takes the run back, unless its commit point lies
    /// behind.
    ///
    /// # Errors
    ///
    /// Those of [`Self::go_on`].
    pub fn go_back(&self) -> Result<Vec<Record>, String> {
        let mut records = self.go_on()?;
        if !self.is_committed {
            records.push(Record::Cancelled { signal: Signal::Abort });
        }
        Ok(records)
    }
}

/// Puts the plan together again from what is kept of it and what `read` finds in the files.
#[must_use]
pub fn recover(
    kept: KeptPlan,
    records: &[Record],
    read: impl Fn(&Path) -> io::Result<String>,
) -> Recovered {
    let KeptPlan { mut plan, edits } = kept;
    let state = State::of(&plan, records);
    if state.is_committed() {
        return Recovered { is_committed: true, changed: Vec::new(), commit: None, plan };
    }
    let is_begun = |commit: &usize| state.progress(*commit) != Progress::Pending;
    let commit = plan.position(&Step::Commit).filter(is_begun);
    let given_up = commit.map_or_else(Vec::new, |_| state.services_left_old());
    let mut changed = Vec::new();
    let mut is_written = false;
    for recipe in edits {
        let text = read(&recipe.path).ok();
        match text.as_ref().and_then(|text| Some((text, recipe.restore(text, &given_up)?))) {
            Some((text, edit)) => {
                is_written |= *text == edit.after && edit.after != edit.before;
                plan.edits.push(edit);
            }
            None => changed.push(recipe.shown),
        }
    }
    Recovered { plan, is_committed: commit.is_some() && is_written, changed, commit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample;
    use crate::plan::steps::{FileEdit, LineChange};

    const BEFORE: &str = "image: app:1\n";
    const AFTER: &str = "image: app:2\n";

    fn kept() -> KeptPlan {
        let mut plan = sample::plan(&[1]);
        plan.edits = vec![FileEdit {
            path: "/srv/shop/compose.yaml".into(),
            shown: "compose.yaml".into(),
            changes: vec![LineChange {
                line: 1,
                start: 7,
                from: "app:1".into(),
                to: "app:2".into(),
                services: vec!["s0".into()],
            }],
            before: BEFORE.into(),
            after: AFTER.into(),
        }];
        KeptPlan::of(&plan)
    }

    fn recovered(records: &[Record], text: &str) -> Recovered {
        recover(kept(), records, |_| Ok(text.to_owned()))
    }

    fn commit() -> usize {
        kept().plan.position(&Step::Commit).unwrap()
    }

    #[test]
    fn a_run_that_has_not_come_to_its_commit_goes_on_with_the_edit_it_had() {
        let run = recovered(&[Record::Intent { step: 0 }], BEFORE);
        assert!(!run.is_committed && run.changed.is_empty());
        assert_eq!(
            (run.plan.edits[0].before.as_str(), run.plan.edits[0].after.as_str()),
            (BEFORE, AFTER)
        );
    }

    #[test]
    fn what_somebody_wrote_before_the_commit_began_is_no_commit() {
        assert!(!recovered(&[Record::Intent { step: 0 }], AFTER).is_committed);
    }

    #[test]
    fn a_commit_that_was_begun_is_one_as_soon_as_a_file_says_so() {
        let begun = [Record::Intent { step: commit() }];
        assert!(recovered(&begun, AFTER).is_committed);
        assert!(!recovered(&begun, BEFORE).is_committed);
    }

    #[test]
    fn a_file_that_changed_is_named_unless_it_was_written_before() {
        let other = "image: app:3\n";
        assert_eq!(recovered(&[], other).changed, ["compose.yaml"]);
        let done = [Record::Done { step: commit(), container: None }];
        let run = recovered(&done, other);
        assert!(run.is_committed && run.changed.is_empty());
    }
}
