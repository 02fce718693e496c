//! Projects, containers and plans for tests.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde_json::json;

use super::arrange::arrange;
use super::policy::{Policy, PolicyFlags};
use super::steps::{Cause, OldContainer, Order, Plan, Readiness, Replacement, ServicePlan};
use super::{PlanOptions, ReadyFlags, Rolling, Situation};
use crate::compose::hash::{Generation, Shared, label_hash};
use crate::compose::model::Project;
use crate::compose::{LoadOptions, load};
use crate::engine::Observed;
use crate::engine::api::{
    ContainerId, ContainerSpec, EngineInfo, Image, Inspection, Network, Volume,
};
use crate::labels;

/// Id of the run of every sample.
pub(crate) const RUN: &str = "20261120-145430-4f2a";

/// The project `shop` of the folder `/srv/shop`, whose only file is `yaml`.
pub(crate) fn project(yaml: &str) -> Project {
    let options = LoadOptions {
        cwd: "/srv/shop".into(),
        files: vec!["compose.yaml".into()],
        overlay: [("/srv/shop/compose.yaml".into(), yaml.to_owned())].into(),
        ..LoadOptions::default()
    };
    load(&options).unwrap()
}

/// The running container of the first replica of `service`, as Compose 2.40 makes it from
/// `project`.
pub(crate) fn container(project: &Project, service: &str) -> Inspection {
    let of = &project.services[service];
    let hash = label_hash(project, of, Generation::V2_36, &Shared::new());
    Inspection(json!({
        "Id": format!("{:064x}", 0xabc),
        "Name": format!("/shop-{service}-1"),
        "Image": format!("sha256:{}", of.image.as_ref().unwrap()),
        "State": { "Status": "running", "Running": true },
        "Config": {
            "Image": of.image,
            "Labels": {
                labels::PROJECT: "shop",
                labels::SERVICE: service,
                labels::CONTAINER_NUMBER: "1",
                labels::ONEOFF: "False",
                labels::VERSION: "2.40.3",
                labels::CONFIG_HASH: hash,
                labels::WORKING_DIR: "/srv/shop",
            },
        },
    }))
}

/// An engine that runs `containers` and has every image, network and volume of `project`; the id
/// of an image is its reference.
pub(crate) fn observed(project: &Project, containers: &[Inspection]) -> Observed {
    let mut by_service: BTreeMap<String, Vec<Inspection>> = BTreeMap::new();
    for container in containers {
        let service = container.label(labels::SERVICE).unwrap().to_owned();
        by_service.entry(service).or_default().push(container.clone());
    }
    let images = project.services.values().filter_map(|service| service.image.clone());
    let named = |name: &String| json!({ "Id": name, "Name": name });
    Observed {
        engine: EngineInfo {
            endpoint: "unix:///var/run/docker.sock".into(),
            version: "28.5.2".into(),
            api_version: "1.51".into(),
            os: "linux".into(),
            architecture: "amd64".into(),
        },
        containers: by_service,
        images: images
            .map(|name| (name.clone(), Image(json!({ "Id": format!("sha256:{name}") }))))
            .collect(),
        networks: project
            .networks
            .values()
            .map(|one| (one.name.clone(), Network(named(&one.name))))
            .collect(),
        volumes: project
            .volumes
            .values()
            .map(|one| (one.name.clone(), Volume(named(&one.name))))
            .collect(),
        named: BTreeMap::new(),
    }
}

/// Files that somebody changed from `before` to `after` by hand, and an engine.
pub(crate) fn situation<'a>(
    before: &'a Project,
    after: &'a Project,
    observed: &'a Observed,
) -> Situation<'a> {
    Situation { before, after, edits: &[], v1: None, observed }
}

/// What is wanted of `services`, and nothing else.
pub(crate) fn options(services: &[&str]) -> PlanOptions<'static> {
    PlanOptions {
        run: RUN.into(),
        services: services.iter().map(|name| (*name).to_owned()).collect(),
        pull: None,
        pins: BTreeMap::new(),
        timeout: None,
        ready_after: Duration::from_secs(10),
        ready: ReadyFlags::default(),
        wishes: BTreeMap::new(),
        rolling: Rolling::default(),
        project_is_named: false,
        read_file: &|_| Err(io::ErrorKind::NotFound.into()),
    }
}

/// A plan that replaces `replicas[n]` containers of service `s<n>`; it edits no file.
pub(crate) fn plan(replicas: &[usize]) -> Plan {
    let services: Vec<ServicePlan> =
        replicas.iter().enumerate().map(|(at, count)| service(at, *count)).collect();
    Plan {
        run: RUN.into(),
        project: "shop".into(),
        files: vec!["compose.yaml".into()],
        endpoint: "unix:///var/run/docker.sock".into(),
        steps: arrange(&services, 0),
        services,
        ..Plan::default()
    }
}

fn service(at: usize, replicas: usize) -> ServicePlan {
    ServicePlan {
        service: format!("s{at}"),
        from_image: "app:1".into(),
        to_image: "app:2".into(),
        from_pin: None,
        to_pin: None,
        causes: vec![Cause("image changed (app:1 → app:2)".into())],
        order: Order::StartFirst,
        order_cause: None,
        downtime: None,
        policy: Policy::of(None, &PolicyFlags::default(), replicas),
        way_back: Policy::of(None, &PolicyFlags::default(), replicas),
        depends_on: Vec::new(),
        replacements: (1..=replicas).map(|number| replacement(at, number)).collect(),
        post_start: Vec::new(),
        pre_stop: Vec::new(),
        before_stop: None,
        readiness: Readiness {
            timeout: Duration::from_mins(1),
            ready_after: Duration::from_secs(10),
            ..Readiness::default()
        },
        handover: None,
        proxies: Vec::new(),
        reload: Vec::new(),
        switch: None,
    }
}

fn replacement(service: usize, number: usize) -> Replacement {
    let id = ContainerId(format!("{:064x}", 0x1000 * (service + 1) + number));
    let name = format!("shop-s{service}-{number}");
    let labels = json!({ labels::RUN: RUN, labels::REPLACES: id.0 });
    Replacement {
        replica: u32::try_from(number).unwrap(),
        new: Some(ContainerSpec {
            name: format!("{}_{name}", id.short()),
            platform: None,
            body: json!({ "Image": "app:2", "Labels": labels }),
            connect: Vec::new(),
            files: Vec::new(),
        }),
        old: Some(OldContainer { id, name: name.clone(), running: true, restart: None }),
        final_name: name,
        shares: Vec::new(),
        hash_text: None,
        stand_in: None,
    }
}
