//! Compose files to a [`model::Project`]; knows nothing of any engine.

pub mod document;
pub mod edit;
mod error;
pub mod load;
pub mod model;
pub mod source;
pub mod write;

pub use error::ComposeError;
pub use load::LoadOptions;
