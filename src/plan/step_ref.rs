//! The names of steps, as events, journals and people know them.

use serde::{Deserialize, Serialize};

use super::Plan;
use super::steps::{Pull, Step};

/// Names a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRef {
    /// Index in the plan's list of steps; absent for a pull, which comes before them.
    pub index: Option<usize>,
    /// `pull`, `provide`, `detour`, `create`, `start`, `post_start`, `await_ready`, `switch`,
    /// `cutover`, `drain`, `pre_stop`, `stop`, `delay`, `monitor`, `commit`, `remove`, `rename` or
    /// `switch_name`.
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
        Step::Detour(of) => ("detour", *of),
        Step::Cutover(of) => ("cutover", *of),
        Step::Drain(of) => ("drain", *of),
        Step::Verify(of) => ("verify", *of),
        Step::Start(of) => ("start", *of),
        Step::PreStop(of) => ("pre_stop", *of),
        Step::PostStart(of) => ("post_start", *of),
        Step::AwaitReady(of) => ("await_ready", *of),
        Step::Stop(of) => ("stop", *of),
        Step::Delay(of) => ("delay", *of),
        Step::Monitor(of) => ("monitor", *of),
        Step::Remove(of) => ("remove", *of),
        Step::Rename(of) => ("rename", *of),
        Step::Switch(of) => ("switch", *of),
        Step::SwitchName(of) => ("switch_name", *of),
    };
    let service = &plan.services[replacement.service];
    let pair = plan.replacement(replacement);
    let old = pair.old.as_ref().map(|old| old.name.as_str());
    let target = match name {
        "detour" | "drain" | "pre_stop" | "stop" | "remove" => {
            old.unwrap_or(&pair.final_name).to_owned()
        }
        "rename" | "switch_name" => pair.final_name.clone(),
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
