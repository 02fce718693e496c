//! Plans for tests.

use std::time::Duration;

use serde_json::json;

use super::arrange::arrange;
use super::steps::{Cause, OldContainer, Order, Plan, Readiness, Replacement, ServicePlan};
use crate::engine::api::{ContainerId, ContainerSpec};
use crate::labels;

/// Id of the run of every sample.
pub(crate) const RUN: &str = "20261120-145430-4f2a";

/// A plan that replaces `replicas[n]` containers of service `s<n>`; it edits no file.
pub(crate) fn plan(replicas: &[usize]) -> Plan {
    let services: Vec<ServicePlan> =
        replicas.iter().enumerate().map(|(at, count)| service(at, *count)).collect();
    Plan {
        run: RUN.into(),
        project: "shop".into(),
        files: vec!["compose.yaml".into()],
        endpoint: "unix:///var/run/docker.sock".into(),
        steps: arrange(&services),
        services,
        up_to_date: Vec::new(),
        edits: Vec::new(),
        findings: Vec::new(),
        pulls: Vec::new(),
    }
}

fn service(at: usize, replicas: usize) -> ServicePlan {
    ServicePlan {
        service: format!("s{at}"),
        from_image: "app:1".into(),
        to_image: "app:2".into(),
        causes: vec![Cause("image changed (app:1 → app:2)".into())],
        order: Order::StartFirst,
        replacements: (1..=replicas).map(|number| replacement(at, number)).collect(),
        readiness: Readiness {
            timeout: Duration::from_mins(1),
            ready_after: Duration::from_secs(10),
        },
    }
}

fn replacement(service: usize, number: usize) -> Replacement {
    let id = ContainerId(format!("{:064x}", 0x1000 * (service + 1) + number));
    let name = format!("shop-s{service}-{number}");
    let labels = json!({ labels::RUN: RUN, labels::REPLACES: id.0 });
    Replacement {
        replica: u32::try_from(number).unwrap(),
        new: ContainerSpec {
            name: format!("{}_{name}", id.short()),
            platform: None,
            body: json!({ "Image": "app:2", "Labels": labels }),
            connect: Vec::new(),
            files: Vec::new(),
        },
        old: OldContainer { id, name: name.clone() },
        final_name: name,
    }
}
