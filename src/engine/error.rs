//! What can go wrong between composeup and the engine, classified by what the caller can do.

use std::io::ErrorKind;
use std::time::Duration;

/// A failed engine call. `call` is the verb in words: "create container `shop-web-1`".
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No engine answers there; nothing was sent.
    #[error("no Docker Engine answers on {endpoint}: {reason}")]
    Unreachable {
        /// The address that was tried.
        endpoint: String,
        /// What kind of failure the operating system reports.
        kind: ErrorKind,
        /// The operating system's words.
        reason: String,
    },
    /// The address is not one composeup understands.
    #[error("`{endpoint}` is not an engine address")]
    BadEndpoint {
        /// The address as given.
        endpoint: String,
    },
    /// Something asks for a way to the engine that composeup does not know; no other engine is
    /// taken in its place.
    #[error("{setting} asks for a connection that composeup cannot make")]
    Unsupported {
        /// What asks for it, in backticks: the variable with its value, or the address.
        setting: String,
    },
    /// Docker's own configuration file, which may name the engine, cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    BadSettings {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The engine or its API is older than composeup supports.
    #[error("the engine on {endpoint} speaks API {found}; composeup needs {needed} or later")]
    TooOld {
        /// The address.
        endpoint: String,
        /// The engine's newest API version.
        found: String,
        /// The oldest API version that works.
        needed: String,
    },
    /// The engine no longer speaks any API that composeup knows.
    #[error(
        "the engine on {endpoint} speaks API {found} or later; composeup knows {known} at most"
    )]
    TooNew {
        /// The address.
        endpoint: String,
        /// The engine's oldest API version.
        found: String,
        /// The newest API version composeup knows.
        known: String,
    },
    /// The connection broke after the request was sent: the effect may have happened.
    #[error("{call}: the engine dropped the connection")]
    Dropped {
        /// The call.
        call: String,
    },
    /// No complete answer within the deadline: the effect may have happened.
    #[error("{call}: the engine did not answer within {}", crate::text::duration(*after))]
    Timeout {
        /// The call.
        call: String,
        /// The deadline.
        after: Duration,
    },
    /// The object does not exist (404).
    #[error("{call}: {message}")]
    NotFound {
        /// The call.
        call: String,
        /// The engine's words.
        message: String,
    },
    /// The object exists already or is in a state that forbids the call (409).
    #[error("{call}: {message}")]
    Conflict {
        /// The call.
        call: String,
        /// The engine's words.
        message: String,
    },
    /// Any other refusal.
    #[error("{call}: {message}")]
    Refused {
        /// The call.
        call: String,
        /// HTTP status, or 0 where the refusal came in a stream.
        status: u16,
        /// The engine's words.
        message: String,
    },
    /// The answer is not what the engine API promises.
    #[error("{call}: the engine's answer makes no sense: {message}")]
    Protocol {
        /// The call.
        call: String,
        /// What is wrong with it.
        message: String,
    },
}

impl EngineError {
    /// Whether the effect of the call may have happened all the same.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Dropped { .. } | Self::Timeout { .. } | Self::Protocol { .. })
    }

    /// Whether the same call may succeed a moment later: the engine restarts, or the way to it broke.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.is_ambiguous() || matches!(self, Self::Unreachable { .. })
    }

    /// The refusal to remove a volume that is not the lock it should be.
    pub(super) fn foreign_lock(volume: &str) -> Self {
        let message = "it is not the lock it should be, and was left alone".to_owned();
        Self::Conflict { call: format!("remove lock `{volume}`"), message }
    }

    /// What the user can do.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Unreachable { kind, .. } => vec![reach(*kind).into()],
            Self::BadEndpoint { endpoint } => vec![mend(endpoint)],
            Self::Unsupported { .. } => {
                vec![format!("composeup connects to {EXAMPLES}; name the engine with `--host`")]
            }
            Self::BadSettings { .. } => {
                vec!["mend the file, or name the engine with `--host`".into()]
            }
            Self::TooOld { .. } => vec!["Docker Engine 20.10 or later works".into()],
            Self::TooNew { .. } => vec!["a newer release of composeup may know it".into()],
            _ => Vec::new(),
        }
    }
}

const EXAMPLES: &str = "`unix:///var/run/docker.sock` or `tcp://10.0.0.5:2375`";

/// The way out of a connection that could not be made.
fn reach(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied => {
            "join the group that may use the socket (`sudo usermod -aG docker \"$USER\"`, then log in \
             again), or run composeup with `sudo`"
        }
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            "start the engine (`sudo systemctl start docker`), or name another one with `--host` or \
             `DOCKER_HOST`"
        }
        _ => "check the address in `--host` or `DOCKER_HOST`, and that an engine listens there",
    }
}

/// What was likely meant by an address that is none.
fn mend(endpoint: &str) -> String {
    let place = endpoint.split_once("://").map_or(endpoint, |(_, place)| place);
    match endpoint.split_once("://").map(|(scheme, _)| scheme) {
        Some("http" | "https") => format!("did you mean `tcp://{place}`?"),
        None if place.starts_with('/') => format!("did you mean `unix://{place}`?"),
        None if place.contains(':') => format!("did you mean `tcp://{place}`?"),
        _ => format!("an engine address looks like {EXAMPLES}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable(kind: ErrorKind) -> String {
        let (endpoint, reason) = ("unix:///run/docker.sock".into(), "words".into());
        EngineError::Unreachable { endpoint, kind, reason }.hints().concat()
    }

    #[test]
    fn the_hint_for_an_unreachable_engine_fits_what_was_observed() {
        assert!(unreachable(ErrorKind::PermissionDenied).contains("usermod -aG docker"));
        assert!(unreachable(ErrorKind::NotFound).contains("systemctl start docker"));
        assert!(unreachable(ErrorKind::ConnectionRefused).contains("systemctl start docker"));
        assert!(unreachable(ErrorKind::TimedOut).starts_with("check the address"));
    }

    #[test]
    fn a_near_miss_of_an_address_is_mended() {
        let hint = |endpoint: &str| {
            EngineError::BadEndpoint { endpoint: endpoint.into() }.hints().concat()
        };
        assert_eq!(hint("http://10.0.0.5:2375"), "did you mean `tcp://10.0.0.5:2375`?");
        assert_eq!(hint("/run/docker.sock"), "did you mean `unix:///run/docker.sock`?");
        assert_eq!(hint("10.0.0.5:2375"), "did you mean `tcp://10.0.0.5:2375`?");
        assert!(hint("npipe://x").starts_with("an engine address looks like"));
    }

    #[test]
    fn only_a_lost_answer_is_ambiguous() {
        let call = || "start container `web-1`".to_owned();
        assert!(EngineError::Dropped { call: call() }.is_ambiguous());
        assert!(
            EngineError::Timeout { call: call(), after: Duration::from_secs(1) }.is_ambiguous()
        );
        assert!(!EngineError::NotFound { call: call(), message: "gone".into() }.is_ambiguous());
    }
}
