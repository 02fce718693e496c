//! Compose files to a [`model::Project`]; knows nothing of any engine.

mod dialect;
pub mod document;
pub mod dotenv;
pub mod edit;
mod error;
pub mod interpolate;
pub mod load;
pub mod model;
mod path;
pub mod reference;
pub mod source;
pub mod template;
pub mod write;

pub use dialect::Dialect;
pub use error::ComposeError;
pub use load::LoadOptions;
