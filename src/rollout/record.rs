//! What a rollout has done so far, as values: the state of a rollout is the fold over its records.

use serde::{Deserialize, Serialize};

use super::outcome::Signal;
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
        container: Option<ContainerId>,
    },
    /// The step failed; its effect may have happened all the same.
    Failed {
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
    },
    /// Somebody asked to stop.
    Cancelled {
        /// How.
        signal: Signal,
    },
}
