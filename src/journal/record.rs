//! What a rollout has done so far, as values: the state of a rollout is the fold over its records.

use serde::{Deserialize, Serialize};

use super::JournalError;
use super::outcome::{RolloutReport, Signal};
use crate::engine::api::ContainerId;

/// One fact of a rollout. `step` is an index in the plan's list of steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// The step is about to act; without a later record its effect may or may not have happened.
    Intent {
        /// The step.
        step: usize,
    },
    /// The step ended well.
    Done {
        /// The step.
        step: usize,
        /// The container it created, if it created one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        container: Option<ContainerId>,
    },
    /// The step failed; its effect may have happened all the same.
    Failed {
        /// The step.
        step: usize,
        /// Why: a lower-case fragment.
        reason: String,
    },
    /// The step only waited, and the wait was given up.
    Left {
        /// The step.
        step: usize,
    },
    /// The step is about to be taken back.
    UndoIntent {
        /// The step.
        step: usize,
    },
    /// The step was taken back.
    Undone {
        /// The step.
        step: usize,
    },
    /// The step could not be taken back.
    UndoFailed {
        /// The step.
        step: usize,
        /// Why: a lower-case fragment.
        reason: String,
    },
    /// More requests failed than may, before the commit point.
    RequestsFailed {
        /// How many, and where: a lower-case fragment.
        reason: String,
    },
    /// Somebody asked to stop.
    Cancelled {
        /// How.
        signal: Signal,
    },
    /// Another process goes on with the run; what was under way may or may not have happened.
    Resumed,
    /// Somebody decided that the run is over, as it stands.
    Forgotten,
    /// The run ended; one that is paused or stuck may still be resumed.
    Finished {
        /// The whole story.
        report: Box<RolloutReport>,
    },
}

/// Where records are kept. No record, no action: an intent that cannot be kept is not acted on.
pub trait Journal {
    /// Keeps one record; when this returns, it survives the end of the process.
    ///
    /// # Errors
    ///
    /// [`JournalError`] if it cannot be kept.
    fn append(&mut self, record: &Record) -> Result<(), JournalError>;
}

/// A journal in memory, which does not outlive the process.
impl Journal for Vec<Record> {
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.push(record.clone());
        Ok(())
    }
}
