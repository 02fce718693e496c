//! What happens during a rollout, as values. The JSON form is a stable, versioned contract.

use serde::{Deserialize, Serialize};

use crate::plan::step_ref::StepRef;
use crate::rollout::RolloutReport;

/// Version of the JSON form of [`Event`].
pub const EVENT_VERSION: u32 = 1;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// [`EVENT_VERSION`].
    pub v: u32,
    /// Id of the run.
    pub run: String,
    /// Number of the event in the run, from 1.
    pub seq: u64,
    /// Milliseconds since the rollout began.
    pub elapsed_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// The kinds of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// The rollout begins; pulls come first.
    RolloutStarted {
        /// Name of the project.
        project: String,
        /// Whether it begins, goes on, or is taken back.
        #[serde(default)]
        way: Way,
        /// The services, in the order of their rollout, with their numbers of replicas.
        services: Vec<ServiceStart>,
    },
    /// A step begins.
    StepStarted(StepRef),
    /// A step ended well.
    StepFinished {
        /// The step.
        #[serde(flatten)]
        step: StepRef,
        /// How long it took.
        took_ms: u64,
        /// Something to add, such as the new container's short id.
        detail: Option<String>,
    },
    /// A step failed; the rollout unwinds, or goes on where the step is after the commit point.
    StepFailed {
        /// The step.
        #[serde(flatten)]
        step: StepRef,
        /// Why: a lower-case fragment.
        reason: String,
    },
    /// Progress of a pull; only the newest counts.
    PullProgress {
        /// Name of the service.
        service: String,
        /// Layers done.
        layers_done: usize,
        /// Layers known so far.
        layers: usize,
        /// Bytes downloaded.
        bytes: u64,
        /// Bytes in all, as far as known.
        total: u64,
    },
    /// A step still waits; sent at least every 15 seconds and whenever the state changes.
    Waiting {
        /// The step.
        #[serde(flatten)]
        step: StepRef,
        /// How long it waits already.
        waited_ms: u64,
        /// Its deadline, counted like `waited_ms`.
        deadline_ms: u64,
        /// What it waits for, such as `health: starting`.
        detail: String,
    },
    /// Ctrl-C or SIGTERM was received.
    Cancelled {
        /// What will happen now.
        detail: String,
    },
    /// The rollout takes back what it did.
    UnwindStarted {
        /// Why.
        reason: String,
    },
    /// One step was taken back.
    StepUndone {
        /// The step.
        #[serde(flatten)]
        step: StepRef,
        /// How long it took.
        took_ms: u64,
    },
    /// One step could not be taken back.
    UndoFailed {
        /// The step.
        #[serde(flatten)]
        step: StepRef,
        /// Why.
        reason: String,
    },
    /// What became of requests through the front door; sent about once a second.
    Requests {
        /// Tenths of a second of the rollout in which requests were sent. What was said of the same
        /// one before counts, too.
        slices: Vec<Slice>,
    },
    /// A proxy read its configuration again, to learn of the new containers.
    ProxyReloaded {
        /// Which, as a fragment.
        proxy: String,
    },
    /// Something a person should know.
    Warning {
        /// What: a lower-case fragment.
        message: String,
    },
    /// The rollout ended.
    RolloutFinished {
        /// The whole story.
        report: RolloutReport,
    },
}

/// Requests that were sent within 100 ms and have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Milliseconds since the rollout began.
    pub at_ms: u64,
    /// How many.
    pub sent: usize,
    /// How many of them had no good answer.
    pub failed: usize,
    /// The longest time to a good answer.
    pub slowest_ms: u64,
}

/// What a process does with a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// It begins it.
    #[default]
    Begin,
    /// It goes on with a run of an earlier process.
    Resume,
    /// It takes back a run of an earlier process.
    Abort,
}

/// One service at the start of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStart {
    /// Name.
    pub service: String,
    /// Number of replicas that change.
    pub replicas: usize,
    /// Number of steps it takes.
    pub steps: usize,
    /// The replicas that an earlier process began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub begun: Vec<ReplicaStart>,
}

/// How far an earlier process came with a replica.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaStart {
    /// Position of the replica among those that change, from 1.
    pub replica: usize,
    /// Indices of the steps that ended well.
    pub done: Vec<usize>,
    /// Whether the new container was ready.
    pub ready: bool,
}
