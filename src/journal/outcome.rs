//! How a rollout ended.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::ExitStatus;
use crate::probe::Requests;

/// How a rollout ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// There was nothing to do.
    Unchanged,
    /// The new version serves.
    Completed,
    /// Some replicas serve the new version; others failed, and keep the old one as it was allowed.
    Partial,
    /// The new version failed; the old one serves.
    RolledBack,
    /// Too many replicas failed and `failure_action` is `pause`: both versions run.
    Paused,
    /// Undone on request; the old version serves.
    Interrupted(Signal),
    /// The way back is incomplete.
    Stuck,
}

/// Who asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM or SIGHUP.
    Terminate,
    /// `composeup abort`.
    Abort,
}

impl Outcome {
    /// The exit status that tells the truth about this outcome.
    #[must_use]
    pub fn exit_status(self) -> ExitStatus {
        match self {
            Self::Unchanged | Self::Completed => ExitStatus::Ok,
            Self::RolledBack => ExitStatus::RolledBack,
            Self::Partial | Self::Paused => ExitStatus::Paused,
            Self::Interrupted(signal) => signal.exit_status(),
            Self::Stuck => ExitStatus::Stuck,
        }
    }

    /// Whether the run is over for good; a paused or stuck one can be resumed or aborted.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Paused | Self::Stuck)
    }
}

impl Signal {
    /// The exit status of a run that was stopped so. An abort that succeeds is no failure.
    #[must_use]
    pub fn exit_status(self) -> ExitStatus {
        match self {
            Self::Interrupt => ExitStatus::Interrupted,
            Self::Terminate => ExitStatus::Terminated,
            Self::Abort => ExitStatus::Ok,
        }
    }
}

/// The whole story of a rollout, for the summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutReport {
    /// How it ended.
    pub outcome: Outcome,
    /// Name of the project.
    pub project: String,
    /// Per service: name, image before, image after, number of replicas.
    pub services: Vec<ServiceSummary>,
    /// How long it took; in JSON whole milliseconds.
    #[serde(rename = "took_ms", with = "millis")]
    pub took: Duration,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// What could not be done but changes nothing for those served: "could not remove …".
    pub warnings: Vec<String>,
    /// What is left behind, one line each, if the outcome is `Stuck`.
    pub left: Vec<String>,
    /// What became of the requests that were sent meanwhile, for each URL.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Requests>,
}

/// One service of a finished rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSummary {
    /// Name of the service.
    pub service: String,
    /// Image before.
    pub from_image: String,
    /// Image after.
    pub to_image: String,
    /// Number of replicas that were to change.
    pub replicas: usize,
    /// How many of them did.
    pub changed: usize,
}

/// Why a rollout failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The service.
    pub service: Option<String>,
    /// The causes, outermost first: lower-case fragments.
    pub causes: Vec<String>,
    /// The last outputs of the HEALTHCHECK, oldest first.
    pub health_log: Vec<String>,
    /// Name of the failed container, if one failed.
    pub container: Option<String>,
    /// The last lines it logged.
    pub log: Vec<String>,
    /// What to do.
    pub hints: Vec<String>,
}

/// Durations as whole milliseconds.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(d: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}
