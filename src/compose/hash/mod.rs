//! The hashes by which Compose recognises its own containers, networks and volumes. They are
//! reproduced byte for byte; otherwise the next `compose up` would recreate what composeup made.

#[cfg(test)]
mod corpus;
mod digest;
mod generation;
mod proof;
mod resource;
mod service;
mod text;
pub mod v1;

pub(crate) use digest::sha256;
pub use generation::Generation;
pub use proof::{Evidence, Proof, prove};
pub use resource::{network_hash, volume_hash};
pub use service::{Shared, config_hash, depends_on_label, hash_text, label_hash};
pub use text::HashText;
