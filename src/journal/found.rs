//! A run that is not over, as the labels on the engine show it: all that is left to go by where its
//! journal is gone or on another machine.

use std::collections::BTreeMap;

use serde_json::json;

use super::Record;
use super::outcome::Signal;
use crate::engine::api::{ContainerId, ContainerSpec, Inspection, RestartPolicy};
use crate::engine::spec::final_name;
use crate::labels;
use crate::plan::Plan;
use crate::plan::arrange::arrange;
use crate::plan::policy::{Policy, PolicyFlags};
use crate::plan::readiness::default_deadline;
use crate::plan::steps::{
    OldContainer, Order, Readiness, Replacement, ReplacementId, ServicePlan, Step,
};

/// A run that was cut off, put together from its containers.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundRun {
    /// What it was about; enough to take it back or, past its commit, to finish it.
    pub plan: Plan,
    /// How far it came.
    pub records: Vec<Record>,
    /// Whether it had begun to remove old containers, so that its commit point lies behind.
    pub is_committed: bool,
}

impl FoundRun {
    /// The records with which it is taken back or, past its commit point, finished.
    #[must_use]
    pub fn go_back(&self) -> Vec<Record> {
        let mut records = self.records.clone();
        records.push(Record::Resumed);
        if !self.is_committed {
            records.push(Record::Cancelled { signal: Signal::Abort });
        }
        records
    }
}

/// The latest run among the containers of a project that is not over: a container it made has its
/// temporary name, or is there beside the one it replaces.
#[must_use]
pub fn found_run(project: &str, endpoint: &str, containers: &[Inspection]) -> Option<FoundRun> {
    let open = containers.iter().filter(|new| is_open(new, containers));
    let run = open.filter_map(|new| new.label(labels::RUN)).max()?;
    let new = containers.iter().filter(|one| one.label(labels::RUN) == Some(run));
    let mut by_service: BTreeMap<&str, Vec<&Inspection>> = BTreeMap::new();
    for one in new.clone() {
        by_service.entry(one.label(labels::SERVICE).unwrap_or_default()).or_default().push(one);
    }
    let services: Vec<ServicePlan> =
        by_service.into_iter().map(|(name, new)| service(name, &new, containers)).collect();
    let is_gone = |new: &Inspection| {
        new.label(labels::REPLACES).is_some_and(|old| find(containers, old).is_none())
    };
    let is_committed = new.clone().any(is_gone);
    let created = |of: ReplacementId| {
        let name = services[of.service].replacements[of.index].name();
        new.clone().find(|one| one.name() == name).map(Inspection::id)
    };
    let steps = arrange(&services, 0);
    let records = steps
        .iter()
        .enumerate()
        .filter_map(|(index, planned)| record(index, &planned.step, is_committed, &created));
    let records = records.collect();
    let plan = Plan {
        run: run.to_owned(),
        project: project.to_owned(),
        endpoint: endpoint.to_owned(),
        services,
        steps,
        ..Plan::default()
    };
    Some(FoundRun { plan, records, is_committed })
}

fn is_open(new: &Inspection, containers: &[Inspection]) -> bool {
    let is_beside = new.label(labels::REPLACES).is_some_and(|old| find(containers, old).is_some());
    new.label(labels::RUN).is_some() && (is_beside || final_name(&new.name()) != new.name())
}

fn find<'a>(containers: &'a [Inspection], id: &str) -> Option<&'a Inspection> {
    containers.iter().find(|one| one.id().0 == id)
}

/// Past the commit only removing and renaming are left. Before it every effect may be there.
fn record(
    step: usize,
    what: &Step,
    is_committed: bool,
    created: &impl Fn(ReplacementId) -> Option<ContainerId>,
) -> Option<Record> {
    match what {
        Step::Create(of) => Some(Record::Done { step, container: created(*of) }),
        _ if is_committed && !what.is_retirement() => Some(Record::Done { step, container: None }),
        Step::Start(_) | Step::Stop(_) => Some(Record::Intent { step }),
        _ => None,
    }
}

fn service(name: &str, new: &[&Inspection], containers: &[Inspection]) -> ServicePlan {
    let old_of = |one: &Inspection| find(containers, one.label(labels::REPLACES)?);
    let old = new.iter().find_map(|one| old_of(one));
    let check = old.and_then(Inspection::healthcheck);
    let from_image = new.iter().find_map(|one| one.label(labels::PREVIOUS_IMAGE));
    let mut replacements: Vec<Replacement> =
        new.iter().map(|one| replacement(one, old_of(one))).collect();
    replacements.sort_by_key(|pair| pair.replica);
    let policy = Policy::of(None, &PolicyFlags::default(), replacements.len());
    ServicePlan {
        service: name.to_owned(),
        from_image: from_image.unwrap_or_default().to_owned(),
        to_image: new.first().map(|one| one.image()).unwrap_or_default(),
        from_pin: None,
        to_pin: None,
        causes: Vec::new(),
        order: Order::StartFirst,
        order_cause: None,
        downtime: None,
        policy: policy.clone(),
        way_back: policy,
        depends_on: Vec::new(),
        replacements,
        post_start: Vec::new(),
        pre_stop: Vec::new(),
        before_stop: None,
        readiness: Readiness { timeout: default_deadline(check.as_ref()), ..Readiness::default() },
        handover: None,
        proxies: Vec::new(),
        reload: Vec::new(),
        switch: None,
    }
}

fn replacement(new: &Inspection, old: Option<&Inspection>) -> Replacement {
    let name = new.name();
    let final_name = final_name(&name).to_owned();
    let old = new.label(labels::REPLACES).map(|id| OldContainer {
        id: ContainerId(id.to_owned()),
        name: old.map_or_else(|| final_name.clone(), Inspection::name),
        running: old.is_some_and(|old| ran_before(old, new)),
        restart: new.label(labels::PREVIOUS_RESTART).map(RestartPolicy::parse),
    });
    Replacement {
        replica: new.number().unwrap_or(1),
        old,
        new: Some(ContainerSpec {
            name,
            platform: None,
            body: json!({}),
            connect: Vec::new(),
            files: Vec::new(),
        }),
        final_name,
        shares: Vec::new(),
        hash_text: None,
        stand_in: None,
    }
}

/// Whether the old container ran when the new one was created: it does so now, or ended later.
fn ran_before(old: &Inspection, new: &Inspection) -> bool {
    let time = |one: &Inspection, at: &str| {
        let text = one.0.pointer(at).and_then(serde_json::Value::as_str).unwrap_or_default();
        text.parse::<jiff::Timestamp>().ok()
    };
    old.state().running || time(old, "/State/FinishedAt") > time(new, "/Created")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const NEW: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

    fn container(id: &str, name: &str, is_running: bool) -> Inspection {
        let labels = json!({ labels::SERVICE: "web", labels::CONTAINER_NUMBER: "1" });
        Inspection(json!({
            "Id": id,
            "Name": format!("/{name}"),
            "Created": "2026-11-20T14:54:30Z",
            "State": { "Running": is_running, "FinishedAt": "0001-01-01T00:00:00Z" },
            "Config": { "Image": "web:1", "Labels": labels },
        }))
    }

    fn new(name: &str, replaces: Option<&str>) -> Inspection {
        let mut new = container(NEW, name, true);
        new.0["Config"]["Image"] = "web:2".into();
        let labels = &mut new.0["Config"]["Labels"];
        labels[labels::RUN] = "20261120-145430-4f2a".into();
        labels[labels::PREVIOUS_IMAGE] = "web:1".into();
        if let Some(old) = replaces {
            labels[labels::REPLACES] = old.into();
        }
        new
    }

    fn found(containers: &[Inspection]) -> Option<FoundRun> {
        found_run("shop", "unix:///var/run/docker.sock", containers)
    }

    const TEMPORARY: &str = "0123456789ab_shop-web-1";

    #[test]
    fn a_run_that_ended_is_not_found() {
        assert_eq!(found(&[container(OLD, "shop-web-1", true)]), None);
        assert_eq!(found(&[new("shop-web-1", Some(OLD))]), None);
    }

    #[test]
    fn what_compose_left_under_a_temporary_name_is_no_run() {
        assert_eq!(found(&[container(OLD, TEMPORARY, true)]), None);
    }

    #[test]
    fn a_new_container_beside_its_old_one_is_a_run_before_its_commit() {
        let run = found(&[container(OLD, "shop-web-1", true), new(TEMPORARY, Some(OLD))]).unwrap();
        assert!(!run.is_committed);
        let service = &run.plan.services[0];
        assert_eq!((service.from_image.as_str(), service.to_image.as_str()), ("web:1", "web:2"));
        let pair = &service.replacements[0];
        assert_eq!(pair.final_name, "shop-web-1");
        assert!(pair.old.as_ref().unwrap().running);
        let created = run.records.iter().find_map(|record| match record {
            Record::Done { container, .. } => container.clone(),
            _ => None,
        });
        assert_eq!(created, Some(ContainerId(NEW.into())));
    }

    #[test]
    fn an_old_container_that_had_ended_before_is_not_started() {
        let mut old = container(OLD, "shop-web-1", false);
        for (finished, expected) in
            [("2026-11-20T14:00:00Z", false), ("2026-11-20T14:54:31.5Z", true)]
        {
            old.0["State"]["FinishedAt"] = finished.into();
            let run = found(&[old.clone(), new(TEMPORARY, Some(OLD))]).unwrap();
            let running = run.plan.services[0].replacements[0].old.as_ref().unwrap().running;
            assert_eq!(running, expected, "{finished}");
        }
    }

    #[test]
    fn an_old_container_that_is_gone_says_that_the_commit_lies_behind() {
        let run = found(&[new(TEMPORARY, Some(OLD))]).unwrap();
        assert!(run.is_committed);
        let commit = run.plan.position(&Step::Commit).unwrap();
        assert!(run.records.contains(&Record::Done { step: commit, container: None }));
    }
}
