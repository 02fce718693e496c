//! What the files imply: the default network, dependencies, names of resources.

use std::collections::BTreeMap;

use super::canonical::STARTED;
use super::{mounts, tree};
use crate::compose::ComposeError;
use crate::compose::document::{Map, Node, Value};
use crate::compose::model::decode::mapping;
use crate::compose::path::Path;
use crate::compose::source::Location;

/// Namespaces that can be shared with another service.
const NAMESPACES: [&str; 5] = ["network_mode", "ipc", "pid", "uts", "cgroup"];

/// Completes `root` for a project of that name.
///
/// # Errors
/// A section is no mapping.
pub(crate) fn normalize(
    root: &mut Node,
    project: &str,
    environment: &BTreeMap<String, String>,
) -> Result<(), ComposeError> {
    let at = root.location.clone();
    let top = Path::ROOT;
    let services = top.child("services");
    let mut uses_default = false;
    if let Some(node) = tree::get_mut(root, "services") {
        for (name, entry) in tree::mapping_mut(node, &services)? {
            let path = services.child(name);
            let service = tree::mapping_mut(&mut entry.node, &path)?;
            uses_default |= join_default_network(service, &entry.key);
            imply_dependencies(service, &path)?;
            complete(service, environment);
        }
    }
    let sections = tree::mapping_mut(root, &top)?;
    if uses_default {
        tree::default(sections, "networks", Value::Map(Map::new()), &at);
        if let Some(entry) = sections.get_mut("networks") {
            let networks = tree::mapping_mut(&mut entry.node, &top.child("networks"))?;
            tree::default(networks, "default", Value::Null, &at);
        }
    }
    drop_pool_options(sections);
    name_resources(sections, project)
}

/// Compose accepts `ipam.options` and forgets them.
fn drop_pool_options(sections: &mut Map) {
    let networks =
        sections.get_mut("networks").and_then(|entry| tree::entries_mut(&mut entry.node));
    for entry in networks.into_iter().flat_map(|networks| networks.values_mut()) {
        if let Some(ipam) = tree::get_mut(&mut entry.node, "ipam").and_then(tree::entries_mut) {
            ipam.shift_remove("options");
        }
    }
}

/// Joins the network `default` where no other is said; whether the service is in it.
fn join_default_network(service: &mut Map, at: &Location) -> bool {
    if service.contains_key("provider") || service.contains_key("network_mode") {
        return false;
    }
    let said = service.get("networks").and_then(|entry| entry.node.as_map());
    if let Some(networks) = said.filter(|networks| !networks.is_empty()) {
        return networks.contains_key("default");
    }
    let default = tree::record(at, [("default", Value::Null)]);
    service.insert("networks".to_owned(), tree::entry(default));
    true
}

/// A service needs those it is linked to and those it shares something with.
fn imply_dependencies(service: &mut Map, path: &Path<'_>) -> Result<(), ComposeError> {
    let mut implied: Vec<(String, bool, Location)> = Vec::new();
    for link in items(service, "links") {
        let text = link.as_str().unwrap_or_default();
        let name = text.split_once(':').map_or(text, |(name, _)| name);
        implied.push((name.to_owned(), true, link.location.clone()));
    }
    for key in NAMESPACES {
        let node = service.get(key).map(|entry| &entry.node);
        let shared = node.and_then(|node| Some((node.as_str()?.strip_prefix("service:")?, node)));
        implied.extend(shared.map(|(name, node)| (name.to_owned(), true, node.location.clone())));
    }
    for from in items(service, "volumes_from") {
        let text = from.as_str().unwrap_or_default();
        if !text.starts_with("container:") {
            let name = text.split_once(':').map_or(text, |(name, _)| name);
            implied.push((name.to_owned(), false, from.location.clone()));
        }
    }
    let Some((_, _, at)) = implied.first() else { return Ok(()) };
    tree::default(service, "depends_on", Value::Map(Map::new()), &at.clone());
    let Some(entry) = service.get_mut("depends_on") else { return Ok(()) };
    let depends_on = tree::mapping_mut(&mut entry.node, &path.child("depends_on"))?;
    for (name, restart, at) in implied {
        let fields = [
            ("condition", Value::Str(STARTED.to_owned())),
            ("restart", Value::Bool(restart)),
            ("required", Value::Bool(true)),
        ];
        depends_on.entry(name).or_insert_with(|| tree::entry(tree::record(&at, fields)));
    }
    Ok(())
}

fn items<'a>(service: &'a Map, key: &str) -> &'a [Node] {
    service.get(key).and_then(|entry| entry.node.as_seq()).unwrap_or_default()
}

fn complete(service: &mut Map, environment: &BTreeMap<String, String>) {
    if let Some(entry) = service.get_mut("pull_policy")
        && entry.node.as_str() == Some("if_not_present")
    {
        entry.node.value = Value::Str("missing".to_owned());
    }
    if let Some(entry) = service.get_mut("environment") {
        resolve_names(&mut entry.node, environment, true);
    }
    if let Some(build) = service.get_mut("build")
        && let Some(args) = tree::get_mut(&mut build.node, "args")
    {
        resolve_names(args, environment, false);
    }
    if let Some(Value::Seq(mounts)) = service.get_mut("volumes").map(|entry| &mut entry.node.value)
    {
        for target in mounts.iter_mut().filter_map(|mount| tree::get_mut(mount, "target")) {
            if let Value::Str(path) = &target.value {
                target.value = Value::Str(mounts::clean(path));
            }
        }
    }
}

/// Gives variables without a value the one they have outside; those that have none there stay,
/// or go.
fn resolve_names(node: &mut Node, environment: &BTreeMap<String, String>, keep: bool) {
    match &mut node.value {
        Value::Map(map) => map.retain(|name, entry| {
            if !entry.node.is_null() {
                return true;
            }
            let value = environment.get(name);
            if let Some(value) = value {
                entry.node.value = Value::Str(value.clone());
            }
            keep || value.is_some()
        }),
        Value::Seq(items) => items.retain_mut(|item| {
            let Some(name) = item.as_str().filter(|text| !text.contains('=')) else { return true };
            let value = environment.get(name).map(|value| format!("{name}={value}"));
            let is_known = value.is_some();
            if let Some(text) = value {
                item.value = Value::Str(text);
            }
            keep || is_known
        }),
        _ => {}
    }
}

/// A resource without a name is named after the project and its key; an external one by its key.
fn name_resources(sections: &mut Map, project: &str) -> Result<(), ComposeError> {
    for section in ["networks", "volumes", "configs", "secrets"] {
        let Some(entry) = sections.get_mut(section) else { continue };
        let path = Path::ROOT.child(section);
        for (key, entry) in tree::mapping_mut(&mut entry.node, &path)? {
            if entry.node.is_null() {
                entry.node.value = Value::Map(Map::new());
            }
            mapping(&entry.node, &path.child(key))?;
            let external = entry.node.get("external").map(|node| &node.value);
            let name = match external {
                Some(Value::Bool(true)) => key.clone(),
                _ => format!("{project}_{key}"),
            };
            let location = entry.node.location.clone();
            let fields = tree::mapping_mut(&mut entry.node, &path.child(key))?;
            if fields.get("name").is_some_and(|entry| entry.node.is_null()) {
                fields.shift_remove("name");
            }
            tree::default(fields, "name", Value::Str(name), &location);
        }
    }
    Ok(())
}
