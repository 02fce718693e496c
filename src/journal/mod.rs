//! What a rollout remembers: every fact before and after it acts, so that a run that was cut off
//! can be finished or taken back.
//!
//! A run has a journal (JSON lines, appended, kept for the history) and, until it is over, its plan
//! beside it. Both are for the user alone.

mod error;
mod file;
mod found;
mod header;
pub mod lock;
pub mod outcome;
mod past;
pub mod record;
mod store;
mod story;

pub use error::JournalError;
pub use file::JournalFile;
pub use found::{FoundRun, found_run};
pub use header::{Change, FORMAT, Header, ImageRef, Start};
pub use past::{Past, earlier_image};
pub use record::{Journal, Record};
pub use store::{KeptPlan, Store};
pub use story::{Entry, Story};
