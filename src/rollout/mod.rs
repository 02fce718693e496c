//! Executes a plan: one step after another, each with its undo.

pub mod cancel;
mod commit;
pub mod course;
mod emitter;
mod failure;
mod flight;
mod handover;
pub mod host;
pub mod leftover;
pub mod machine;
mod proof;
mod pull;
pub mod ready;
pub mod recover;
mod reload;
mod run;
#[cfg(test)]
mod simulation;
pub mod state;
mod step;
mod switch;
mod tally;
mod unwind;

pub use crate::journal::outcome::{Outcome, RolloutReport};
pub use cancel::Cancel;
pub use proof::NoProof;
pub use pull::PullError;
pub use run::Rollout;
