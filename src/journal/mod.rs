//! What a rollout remembers: every fact before and after it acts, so that a run that was cut off
//! can be finished or taken back.

mod error;
pub mod outcome;
pub mod record;

pub use error::JournalError;
pub use record::{Journal, Record};
