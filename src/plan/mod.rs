//! Decides, without touching anything, what a rollout will do.

pub mod arrange;
pub mod build;
pub mod check;
pub mod dependents;
pub mod diff;
mod error;
mod handover;
pub mod identity;
mod images;
pub mod late;
pub mod obstacles;
pub mod order;
pub mod policy;
pub mod preflight;
mod provenance;
pub mod question;
pub mod readiness;
pub mod replicas;
pub mod resources;
#[cfg(test)]
pub(crate) mod sample;
mod scale;
mod service;
mod stand_in;
mod stay_down;
pub mod step_ref;
pub mod steps;
pub mod strategy;
mod switching;
pub mod wishes;
mod writers;

pub use crate::compose::hash::{Generation, Proof};
pub use build::peers;
pub use build::{PlanOptions, PullPolicy, ReadyFlags, Rolling, Situation, plan, wanted};
pub use check::{Check, check};
pub use error::PlanError;
pub use handover::has_names;
pub use identity::shared;
pub use steps::Plan;
