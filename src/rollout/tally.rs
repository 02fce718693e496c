//! How far each service came.

use super::state::{Progress, State};
use crate::journal::outcome::{ServiceSummary, Signal};
use crate::plan::steps::{ReplacementId, Step};
use crate::report::EventKind;
use crate::report::event::{ReplicaStart, ServiceStart, Way};

/// What is said at the beginning: what there is to do, and what an earlier process did.
pub(super) fn started(state: &State) -> EventKind {
    let plan = state.plan();
    let services = plan.services.iter().enumerate().map(|(index, service)| {
        let replicas: Vec<ReplacementId> =
            plan.replacements().filter(|of| of.service == index).collect();
        ServiceStart {
            service: service.service.clone(),
            replicas: replicas.len(),
            steps: replicas.iter().map(|of| state.steps_of(*of).count()).sum(),
            begun: replicas.into_iter().filter_map(|of| begun(state, of)).collect(),
        }
    });
    let project = plan.project.clone();
    EventKind::RolloutStarted { project, way: way(state), services: services.collect() }
}

fn way(state: &State) -> Way {
    match state.cancelled() {
        _ if !state.is_resumed() => Way::Begin,
        Some(Signal::Abort) if !state.is_committed() => Way::Abort,
        _ => Way::Resume,
    }
}

fn begun(state: &State, of: ReplacementId) -> Option<ReplicaStart> {
    let is_done = |step: &usize| state.progress(*step) == Progress::Done;
    let done: Vec<usize> = state.steps_of(of).filter(is_done).collect();
    let ready = done.iter().any(|step| *state.step(*step) == Step::AwaitReady(of));
    (!done.is_empty()).then_some(ReplicaStart { replica: of.index + 1, done, ready })
}

/// What is said of each service at the end.
pub(super) fn services(state: &State) -> Vec<ServiceSummary> {
    let services = state.plan().services.iter().enumerate();
    let summary = services.map(|(index, service)| ServiceSummary {
        service: service.service.clone(),
        from_image: service.from_image.clone(),
        to_image: service.to_image.clone(),
        replicas: service.replacements.len(),
        changed: {
            let all = state.plan().replacements().filter(|of| of.service == index);
            all.filter(|of| state.is_changed(*of)).count()
        },
    });
    summary.collect()
}
