//! A plan for programs: everything but the values that may be secret.

use serde_json::{Value, json};

use super::event::EVENT_VERSION;
use crate::plan::Plan;
use crate::plan::policy::Policy;
use crate::plan::step_ref::step_ref;
use crate::plan::steps::{FileEdit, Replacement, Resource, ServicePlan};
use crate::text::millis;

/// The plan without bodies of containers and texts of files, which hold environment values.
#[must_use]
pub fn plan_json(plan: &Plan) -> Value {
    let steps = (0..plan.steps.len()).map(|index| json!(step_ref(plan, index)));
    json!({
        "v": EVENT_VERSION,
        "kind": "plan",
        "run": plan.run,
        "project": plan.project,
        "files": plan.files,
        "engine": plan.endpoint,
        "services": plan.services.iter().map(service).collect::<Value>(),
        "up_to_date": plan.up_to_date,
        "edits": plan.edits.iter().map(edit).collect::<Value>(),
        "findings": plan.findings,
        "pulls": plan.pulls,
        "resources": plan.resources.iter().map(resource).collect::<Value>(),
        "steps": steps.collect::<Value>(),
    })
}

fn service(service: &ServicePlan) -> Value {
    json!({
        "service": service.service,
        "from_image": service.from_image,
        "to_image": service.to_image,
        "causes": service.causes,
        "order": service.order,
        "order_cause": service.order_cause,
        "downtime_ms": service.downtime.map(millis),
        "policy": policy(&service.policy),
        "way_back": policy(&service.way_back),
        "timeout_ms": millis(service.readiness.timeout),
        "ready_after_ms": millis(service.readiness.ready_after),
        "ready": service.readiness.asked.as_ref().map(|asked| {
            json!({ "url": asked.question.url(), "successes": asked.successes })
        }),
        "settle_ms": millis(service.readiness.settle),
        "drain_timeout_ms": service.handover.as_ref().map(|led| millis(led.drain_timeout)),
        "pre_stop": service.before_stop.as_ref().map(|exec| &exec.command),
        "switch": service.switch.as_ref().map(|switch| &switch.command),
        "proxies": service.proxies,
        "reload": service.reload,
        "replicas": service.replacements.iter().map(replacement).collect::<Value>(),
    })
}

fn policy(policy: &Policy) -> Value {
    json!({
        "parallelism": policy.parallelism,
        "delay_ms": millis(policy.delay),
        "monitor_ms": millis(policy.monitor),
        "failure_action": policy.failure_action,
        "max_failure_ratio": policy.max_failure_ratio,
    })
}

fn replacement(pair: &Replacement) -> Value {
    let old = pair.old.as_ref();
    let new = pair.new.as_ref();
    json!({
        "replica": pair.replica,
        "old": old.map(|old| json!({ "id": old.id, "name": old.name })),
        "new": new.map(|new| json!({ "created_as": new.name, "name": pair.final_name })),
    })
}

fn resource(resource: &Resource) -> Value {
    json!({ "kind": resource.kind, "name": resource.name })
}

fn edit(edit: &FileEdit) -> Value {
    json!({ "file": edit.shown, "path": edit.path, "changes": edit.changes })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn everything_is_told_but_values_that_may_be_secret() {
        let json = plan_json(&sample::plan());
        assert!(!json.to_string().contains(sample::SECRET));
        insta::assert_json_snapshot!("plan_json", json);
    }
}
