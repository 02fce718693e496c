//! Executes a plan: one step after another, each with its undo.

pub mod cancel;
mod commit;
mod emitter;
mod failure;
pub mod leftover;
pub mod machine;
pub mod outcome;
mod pull;
pub mod ready;
pub mod record;
mod run;
#[cfg(test)]
mod simulation;
mod step;

pub use cancel::Cancel;
pub use outcome::{Outcome, RolloutReport};
pub use pull::PullError;
pub use run::Rollout;
