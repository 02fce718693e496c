//! What a config hash is computed from.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::digest::sha256;

/// The text whose digest is a config hash: a service as Compose writes it down.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HashText(pub(in crate::compose::hash) String);

// It holds the values of the service's environment.
impl fmt::Debug for HashText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HashText({})", self.hash())
    }
}

impl HashText {
    /// The hash.
    #[must_use]
    pub fn hash(&self) -> String {
        sha256(&self.0)
    }

    /// The text with `id` where it has `placeholder`. Both are plain words, which JSON writes as
    /// they are.
    #[must_use]
    pub fn with(&self, placeholder: &str, id: &str) -> Self {
        Self(self.0.replace(placeholder, id))
    }
}
