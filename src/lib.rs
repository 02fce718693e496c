//! composeup upgrades a Docker Compose service without anyone noticing.
//!
//! One line of data runs through the crate: [`compose`] loads the user's files into a
//! [`compose::model::Project`], [`engine`] observes what runs, [`plan`] compares both and decides
//! (pure), [`rollout`] executes the plan step by step with an undo for each and remembers every
//! step in the [`journal`], and [`report`] tells people and machines what happens. [`cli`] puts them together for the command line.
//!
//! No semantic-versioning promise is made for this library before 1.0; the stable contracts are the
//! exit codes, the JSON events and the container labels.

pub mod cli;
pub mod compose;
pub mod cutover;
pub mod demo;
pub mod detour;
pub mod engine;
pub mod env;
pub mod error;
pub mod journal;
pub mod labels;
pub mod own_image;
pub mod plan;
pub mod probe;
pub mod proxy;
pub mod report;
pub mod rollout;
pub mod text;

pub use error::{Error, ExitStatus};
