//! What a stack looks like from outside at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;

use composeup::engine::api::Inspection;
use composeup::engine::spec::AFFINITY;
use composeup::labels;
use serde_json::Value;

use super::images::MADE_OF;
use super::stack::Stack;

/// The engine's side and the files' side of a stack.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    /// Containers by name.
    pub(crate) containers: BTreeMap<String, Container>,
    /// Texts of the files by name.
    pub(crate) files: BTreeMap<String, String>,
}

/// What must survive an upgrade, and what must not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Container {
    /// Full id.
    pub(crate) id: String,
    /// Name of the service.
    pub(crate) service: String,
    /// Image reference.
    pub(crate) image: String,
    /// When its process started.
    pub(crate) started: String,
    /// Whether it runs.
    pub(crate) running: bool,
    /// Labels but for those that tell versions apart.
    pub(crate) labels: BTreeMap<String, String>,
    /// Type, source and target of each mount.
    pub(crate) mounts: BTreeSet<String>,
    /// Aliases by network.
    pub(crate) networks: BTreeMap<String, BTreeSet<String>>,
    /// Environment but for the version that the image gives.
    pub(crate) env: BTreeSet<String>,
    /// The rest of what Compose sets, by name.
    pub(crate) settings: BTreeMap<&'static str, Value>,
}

/// Labels that a new version has another value of.
const PER_VERSION: [&str; 9] = [
    labels::CONFIG_HASH,
    labels::IMAGE,
    labels::REPLACE,
    labels::RUN,
    labels::REPLACES,
    labels::PREVIOUS_IMAGE,
    labels::PREVIOUS_ID,
    labels::PREVIOUS_DIGEST,
    MADE_OF,
];

/// Settings that an upgrade keeps.
const KEPT: [&str; 9] = [
    "/Config/Cmd",
    "/Config/Healthcheck",
    "/Config/StopTimeout",
    "/HostConfig/RestartPolicy",
    "/HostConfig/LogConfig",
    "/HostConfig/NetworkMode",
    "/HostConfig/Memory",
    "/HostConfig/Init",
    "/HostConfig/PortBindings",
];

impl State {
    /// Looks once.
    pub(crate) fn of(stack: &Stack) -> Self {
        let containers = stack.engine.containers(&stack.project);
        let files = fs::read_dir(stack.folder()).unwrap().map(|entry| entry.unwrap());
        let files = files.filter(|entry| entry.file_type().unwrap().is_file());
        Self {
            containers: containers
                .into_iter()
                .map(|(name, found)| (name, Container::of(&found)))
                .collect(),
            files: files
                .map(|entry| {
                    let text = fs::read_to_string(entry.path()).unwrap();
                    (entry.file_name().into_string().unwrap(), text)
                })
                .collect(),
        }
    }

    /// Nothing differs from `other`; one container at a time, so that a failure can be read.
    pub(crate) fn assert_is(&self, other: &Self, context: impl fmt::Display) {
        assert_eq!(self.files, other.files, "{context}");
        let names = |state: &Self| state.containers.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(self), names(other), "{context}");
        for (name, container) in &self.containers {
            assert_eq!(*container, other.containers[name], "{name}: {context}");
        }
    }

    /// Containers of a service by name.
    pub(crate) fn of_service(&self, service: &str) -> BTreeMap<&str, &Container> {
        let all = self.containers.iter().filter(|(_, container)| container.service == service);
        all.map(|(name, container)| (name.as_str(), container)).collect()
    }

    /// The same without one service's containers.
    pub(crate) fn without_service(&self, service: &str) -> BTreeMap<String, Container> {
        let mut rest = self.containers.clone();
        rest.retain(|_, container| container.service != service);
        rest
    }
}

impl Container {
    fn of(found: &Inspection) -> Self {
        let mut labels = found.labels();
        labels.retain(|key, _| !PER_VERSION.contains(&key.as_str()));
        // Compose v2 writes them in random order.
        if let Some(depends_on) = labels.get_mut(labels::DEPENDS_ON) {
            let mut all: Vec<&str> = depends_on.split(',').collect();
            all.sort_unstable();
            *depends_on = all.join(",");
        }
        let text = |pointer: &str| found.0.pointer(pointer).and_then(Value::as_str).unwrap();
        let networks = found.networks().into_iter().map(|(name, endpoint)| {
            let aliases = endpoint["Aliases"].as_array().into_iter().flatten();
            let aliases = aliases.map(|alias| alias.as_str().unwrap().to_owned());
            (name, aliases.filter(|alias| alias != found.id().short()).collect())
        });
        Self {
            id: found.id().0,
            service: labels[labels::SERVICE].clone(),
            image: found.image(),
            started: text("/State/StartedAt").to_owned(),
            running: found.state().running,
            mounts: found.mounts().iter().map(mount).collect(),
            networks: networks.collect(),
            env: environment(found),
            settings: KEPT
                .iter()
                .filter_map(|pointer| Some((*pointer, found.0.pointer(pointer)?.clone())))
                .collect(),
            labels,
        }
    }
}

fn environment(found: &Inspection) -> BTreeSet<String> {
    let all = found.0.pointer("/Config/Env").and_then(Value::as_array).into_iter().flatten();
    let all = all.map(|assignment| assignment.as_str().unwrap().to_owned());
    // v1 notes whose volumes a container took over.
    let per_version = [format!("{AFFINITY}="), "VERSION=".to_owned()];
    all.filter(|assignment| !per_version.iter().any(|name| assignment.starts_with(name))).collect()
}

fn mount(mount: &Value) -> String {
    let part = |key: &str| mount[key].as_str().unwrap_or_default();
    format!("{} {}{} {}", part("Type"), part("Name"), part("Source"), part("Destination"))
}
