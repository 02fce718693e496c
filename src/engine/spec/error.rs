//! Why a service cannot be made into a container.

use std::path::PathBuf;

use crate::compose::source::Location;

/// A service that composeup cannot map to a container exactly as Compose would.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// The key is of the Compose specification, and composeup does not map it.
    #[error("`services.{service}.{key}` is not supported: {reason}")]
    Unsupported {
        /// Name of the service.
        service: String,
        /// Path of the key below the service.
        key: String,
        /// Why not.
        reason: String,
        /// Where the key stands.
        location: Option<Location>,
    },
    /// The engine is too old for the key.
    #[error("`services.{service}.{key}` needs engine API {needed}; this engine speaks {found}")]
    EngineTooOld {
        /// Name of the service.
        service: String,
        /// Path of the key below the service.
        key: String,
        /// The first API version with it.
        needed: String,
        /// The version spoken with the engine.
        found: String,
        /// Where the key stands.
        location: Option<Location>,
    },
    /// The value is one Compose refuses, too.
    #[error("`services.{service}.{key}` is invalid: {reason}")]
    Invalid {
        /// Name of the service.
        service: String,
        /// Path of the key below the service.
        key: String,
        /// What is wrong with the value.
        reason: String,
        /// Where the key stands.
        location: Option<Location>,
    },
    /// The service shares something with another one, which has no container.
    #[error("`services.{service}.{key}` needs a container of `{other}`, and there is none")]
    NoPeer {
        /// Name of the service.
        service: String,
        /// Path of the key below the service.
        key: String,
        /// The service that has no container.
        other: String,
        /// Where the key stands.
        location: Option<Location>,
    },
    /// The seccomp profile could not be read.
    #[error("the seccomp profile `{}` of service `{service}` cannot be read", path.display())]
    Profile {
        /// Name of the service.
        service: String,
        /// The file.
        path: PathBuf,
        /// The operating system's words, or the parser's.
        source: std::io::Error,
    },
}

impl SpecError {
    /// Where in the user's files the cause stands, if it is at one place.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        match self {
            Self::Unsupported { location, .. }
            | Self::EngineTooOld { location, .. }
            | Self::Invalid { location, .. }
            | Self::NoPeer { location, .. } => location.as_ref(),
            Self::Profile { .. } => None,
        }
    }

    /// What the user can do.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Unsupported { service, .. } => {
                vec![format!("upgrade `{service}` with `docker compose up` instead")]
            }
            Self::NoPeer { other, .. } => {
                vec![format!("start it first: `docker compose up -d {other}`")]
            }
            _ => Vec::new(),
        }
    }
}
