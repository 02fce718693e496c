//! Tells people and machines what happens.

pub mod event;
pub mod reporter;

pub use event::{Event, EventKind};
pub use reporter::Reporter;
