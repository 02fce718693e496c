//! Decides, without touching anything, what a rollout will do.

pub mod arrange;
pub mod diff;
mod error;
#[cfg(test)]
pub(crate) mod sample;
pub mod steps;

pub use error::PlanError;
pub use steps::Plan;
