//! A canonical tree to a project.

use std::collections::BTreeMap;

use crate::compose::ComposeError;
use crate::compose::document::{Map, Node, Value};
use crate::compose::model::decode::Fields;
use crate::compose::model::{Project, Service};
use crate::compose::path::Path;
use crate::compose::source::Location;

/// The project `root` describes, with every service active.
///
/// # Errors
/// A value of the wrong type.
pub(crate) fn decode(root: &Node) -> Result<Project, ComposeError> {
    let fields = Fields::of(root, &Path::ROOT)?;
    let mut project = Project {
        services: fields.get("services")?,
        networks: fields.get("networks")?,
        volumes: fields.get("volumes")?,
        secrets: fields.get("secrets")?,
        configs: fields.get("configs")?,
        models: fields.get("models")?,
        extensions: fields.extensions(),
        ..Project::default()
    };
    if let Some(nodes) = root.get("services").and_then(Node::as_map) {
        for (name, service) in &mut project.services {
            name_and_place(name, service, nodes);
        }
    }
    Ok(project)
}

fn name_and_place(name: &str, service: &mut Service, nodes: &Map) {
    name.clone_into(&mut service.name);
    let Some(entry) = nodes.get(name) else { return };
    service.location = Some(entry.key.clone());
    let Some(keys) = entry.node.as_map() else { return };
    let mut places: BTreeMap<String, Location> =
        keys.iter().map(|(key, entry)| (key.clone(), entry.node.location.clone())).collect();
    for key in REFERRING {
        if let Some(entry) = keys.get(key) {
            places.extend(item_places(key, &entry.node));
        }
    }
    for (key, entry) in keys.iter().filter(|(key, _)| key.starts_with("x-")) {
        inner_places(key, &entry.node, &mut places);
    }
    service.image_location = places.get("image").cloned();
    service.locations = places;
}

/// Keys of a service whose items name what must be there.
const REFERRING: [&str; 7] =
    ["configs", "depends_on", "env_file", "label_file", "networks", "secrets", "volumes"];

/// Where the items of `key` stand: `key.name` in a mapping, `key.0` and so on in a list.
fn item_places(key: &str, node: &Node) -> Vec<(String, Location)> {
    match &node.value {
        Value::Map(map) => {
            map.iter().map(|(name, entry)| (format!("{key}.{name}"), entry.key.clone())).collect()
        }
        Value::Seq(items) => {
            let items = items.iter().enumerate();
            items.map(|(at, item)| (format!("{key}.{at}"), item.location.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// Where everything below `key` stands: `key.name.0` and so on, at any depth.
fn inner_places(key: &str, node: &Node, places: &mut BTreeMap<String, Location>) {
    places.extend(item_places(key, node));
    match &node.value {
        Value::Map(map) => {
            for (name, entry) in map {
                inner_places(&format!("{key}.{name}"), &entry.node, places);
            }
        }
        Value::Seq(items) => {
            for (at, item) in items.iter().enumerate() {
                inner_places(&format!("{key}.{at}"), item, places);
            }
        }
        _ => {}
    }
}

/// A `deploy` has as many replicas as `scale` says, if it says.
pub(crate) fn scale_deployments(project: &mut Project) {
    for service in project.services.values_mut() {
        if let (Some(deploy), Some(scale)) = (&mut service.deploy, service.scale) {
            deploy.replicas = Some(scale);
        }
    }
}

/// Activates every profile of the services `named`, as far as they are not active already.
pub(crate) fn activate(project: &mut Project, named: &[String]) {
    let services = named.iter().filter_map(|name| project.disabled_services.get(name));
    let more: Vec<String> = services.flat_map(|service| service.profiles.clone()).collect();
    if !more.is_empty() {
        project.services.append(&mut project.disabled_services);
        let profiles = [std::mem::take(&mut project.profiles), more].concat();
        apply_profiles(project, &profiles);
    }
}

/// Moves the services of inactive profiles aside.
pub(crate) fn apply_profiles(project: &mut Project, profiles: &[String]) {
    let services = std::mem::take(&mut project.services);
    let is_active = |service: &Service| {
        service.profiles.is_empty()
            || profiles.iter().any(|active| active == "*" || service.profiles.contains(active))
    };
    (project.services, project.disabled_services) =
        services.into_iter().partition(|(_, service)| is_active(service));
    profiles.clone_into(&mut project.profiles);
}
