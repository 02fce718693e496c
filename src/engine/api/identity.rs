//! Who is who: containers and engines.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Full id of a container (64 hex digits).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContainerId(pub String);

impl ContainerId {
    /// The first twelve digits.
    #[must_use]
    pub fn short(&self) -> &str {
        crate::text::short_id(&self.0)
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who the engine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// The address, as it is shown to people.
    pub endpoint: String,
    /// Release, such as `28.5.2`.
    pub version: String,
    /// API version spoken with it, such as `1.41`.
    pub api_version: String,
    /// `linux`, `windows`.
    pub os: String,
    /// `amd64`, `arm64`, …
    pub architecture: String,
}

impl EngineInfo {
    /// Whether the negotiated API version is at least `major.minor`.
    #[must_use]
    pub fn speaks(&self, major: u32, minor: u32) -> bool {
        let mut parts = self.api_version.split('.').map(|part| part.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (major, minor)
    }
}
