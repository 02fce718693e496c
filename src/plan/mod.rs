//! Decides, without touching anything, what a rollout will do.

mod error;
pub mod steps;

pub use error::PlanError;
pub use steps::Plan;
