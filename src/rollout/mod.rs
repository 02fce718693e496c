//! Executes a plan: one step after another, each with its undo.

pub mod outcome;

pub use outcome::{Outcome, RolloutReport};
