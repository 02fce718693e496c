//! The Docker Engine as composeup sees it: a trait in our own types, and its backends.

pub mod api;
pub mod docker;
mod error;
pub mod fake;
pub mod observe;
pub(crate) mod persist;
pub mod spec;

pub use api::Engine;
pub use error::EngineError;
pub use observe::{Observed, Wanted, observe};
