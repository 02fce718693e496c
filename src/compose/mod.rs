//! Compose files to a [`model::Project`]; knows nothing of any engine.

mod dialect;
mod disk;
pub mod document;
pub mod dotenv;
pub mod edit;
mod error;
pub mod hash;
pub mod interpolate;
pub mod load;
mod locate;
pub mod model;
mod path;
mod project_name;
pub mod reference;
pub mod resolved;
pub mod source;
mod stages;
pub mod template;
mod variables;
pub mod write;
mod yaml;

pub use dialect::Dialect;
pub use error::ComposeError;
pub use load::{LoadOptions, load};
