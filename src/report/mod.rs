//! Tells people and machines what happens.

mod board;
pub mod check_json;
pub mod check_text;
pub mod event;
pub mod history;
pub mod json;
pub mod layout;
pub mod lines;
pub mod live;
pub mod plain;
pub mod plan_json;
pub mod plan_text;
pub mod quiet;
pub mod reporter;
#[cfg(test)]
mod sample;
pub mod status;
pub mod style;
pub mod summary;
pub mod timeline;
pub mod words;

pub use event::{Event, EventKind};
pub use reporter::Reporter;
