//! What happens during a rollout, as values. The JSON form is a stable, versioned contract.

use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::plan::steps::{Pull, Step};
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

/// One service at the start of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStart {
    /// Name.
    pub service: String,
    /// Number of replicas that change.
    pub replicas: usize,
    /// Number of steps it takes.
    pub steps: usize,
}

/// Names a step in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRef {
    /// Index in the plan's list of steps; absent for a pull, which comes before them.
    pub index: Option<usize>,
    /// `pull`, `provide`, `create`, `start`, `await_ready`, `stop`, `delay`, `monitor`,
    /// `commit`, `remove` or `rename`.
    pub step: String,
    /// The service; absent for the commit.
    pub service: Option<String>,
    /// Position of the replica among those replaced, from 1; absent for pull and commit.
    pub replica: Option<usize>,
    /// Number of replicas replaced in this service.
    pub of: Option<usize>,
    /// Name of the container the step acts on, or of the files it writes.
    pub target: Option<String>,
}

/// Names a pull.
#[must_use]
pub fn pull_ref(pull: &Pull) -> StepRef {
    StepRef {
        index: None,
        step: "pull".into(),
        service: Some(pull.service.clone()),
        replica: None,
        of: None,
        target: Some(pull.image.clone()),
    }
}

/// Names the step at `index` of the plan.
#[must_use]
pub fn step_ref(plan: &Plan, index: usize) -> StepRef {
    let (name, replacement) = match &plan.steps[index].step {
        Step::Commit => {
            let files: Vec<&str> = plan.edits.iter().map(|edit| edit.shown.as_str()).collect();
            return StepRef {
                index: Some(index),
                step: "commit".into(),
                service: None,
                replica: None,
                of: None,
                target: Some(files.join(", ")),
            };
        }
        Step::Provide(resource) => {
            let resource = &plan.resources[*resource];
            return StepRef {
                index: Some(index),
                step: "provide".into(),
                service: None,
                replica: None,
                of: None,
                target: Some(format!("{} `{}`", resource.kind.word(), resource.name)),
            };
        }
        Step::Create(of) => ("create", *of),
        Step::Start(of) => ("start", *of),
        Step::PreStop(of) => ("pre_stop", *of),
        Step::PostStart(of) => ("post_start", *of),
        Step::AwaitReady(of) => ("await_ready", *of),
        Step::Stop(of) => ("stop", *of),
        Step::Delay(of) => ("delay", *of),
        Step::Monitor(of) => ("monitor", *of),
        Step::Remove(of) => ("remove", *of),
        Step::Rename(of) => ("rename", *of),
    };
    let service = &plan.services[replacement.service];
    let pair = plan.replacement(replacement);
    let old = pair.old.as_ref().map(|old| old.name.as_str());
    let target = match name {
        "pre_stop" | "stop" | "remove" => old.unwrap_or(&pair.final_name).to_owned(),
        "rename" => pair.final_name.clone(),
        _ => pair.name().to_owned(),
    };
    StepRef {
        index: Some(index),
        step: name.into(),
        service: Some(service.service.clone()),
        replica: Some(replacement.index + 1),
        of: Some(service.replacements.len()),
        target: Some(target),
    }
}
