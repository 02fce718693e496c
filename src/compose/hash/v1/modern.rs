//! A file of v1 in the form that the stages of v2 take: with sections, and with keys of today.

use indexmap::IndexMap;

use super::duration;
use super::format::Format;
use crate::compose::document::{Entry, Map, Node, Value};
use crate::compose::source::Location;

/// The document `root` of a file of this format.
pub(super) fn modern(format: Format, mut root: Node) -> Node {
    let place = root.location.clone();
    if format == Format::Legacy {
        root = Node::new(Value::Map(IndexMap::from([("services".to_owned(), entry(root))])), place);
    }
    let services = mapping_mut(&mut root).and_then(|sections| sections.get_mut("services"));
    let Some(services) = services.and_then(|entry| mapping_mut(&mut entry.node)) else {
        return root;
    };
    let names: Vec<String> = services.keys().cloned().collect();
    for service in services.values_mut() {
        let Some(keys) = mapping_mut(&mut service.node) else { continue };
        if format == Format::Legacy {
            modernize(keys, &names, &service.key);
        }
        if let Some(Value::Seq(sources)) = value_mut(keys, "volumes_from") {
            for source in sources {
                name_service_alone(source);
            }
        }
        if let Some(Value::Map(check)) = value_mut(keys, "healthcheck") {
            check.retain(|key, entry| !TIMES.contains(&key.as_str()) || is_time(&entry.node));
        }
    }
    root
}

/// Keys of a healthcheck that v1 takes for not given where they are no duration.
const TIMES: [&str; 3] = ["interval", "timeout", "start_period"];

fn is_time(node: &Node) -> bool {
    node.as_str().is_none_or(|text| duration::nanoseconds(text).is_some())
}

/// v2 knows no `service:` before the name of one.
fn name_service_alone(source: &mut Node) {
    if let Value::Str(text) = &mut source.value
        && let Some(name) = text.strip_prefix("service:")
    {
        *text = name.to_owned();
    }
}

/// The oldest format has no networks: without a mode its containers are on the engine's bridge.
fn modernize(service: &mut Map, names: &[String], place: &Location) {
    let is_service = |name: &str| names.iter().any(|one| one == name);
    if let Some(net) = service.shift_remove("net") {
        service.insert("network_mode".to_owned(), net);
    } else if !service.contains_key("network_mode") && !service.contains_key("extends") {
        let bridge = Node::new(Value::Str("bridge".to_owned()), place.clone());
        service.insert("network_mode".to_owned(), entry(bridge));
    }
    if let Some(Value::Str(mode)) = value_mut(service, "network_mode")
        && let Some(name) = mode.strip_prefix("container:").filter(|name| is_service(name))
    {
        *mode = format!("service:{name}");
    }
    if let Some(Value::Seq(sources)) = value_mut(service, "volumes_from") {
        for source in sources {
            if let Value::Str(text) = &mut source.value
                && !is_service(text.split(':').next().unwrap_or_default())
            {
                *text = format!("container:{text}");
            }
        }
    }
    gather(service, "logging", &[("log_driver", "driver"), ("log_opt", "options")]);
    if service.contains_key("dockerfile") {
        gather(service, "build", &[("build", "context"), ("dockerfile", "dockerfile")]);
    }
}

/// Puts values that stand side by side, each under its new name, into one mapping.
fn gather(service: &mut Map, key: &str, parts: &[(&str, &str)]) {
    let found = parts.iter().filter_map(|(old, new)| {
        let part = service.shift_remove(*old)?;
        Some(((*new).to_owned(), part))
    });
    let found: Map = found.collect();
    let place = found.values().next().map(|first| first.key.clone());
    if let Some(place) = place {
        service.insert(key.to_owned(), entry(Node::new(Value::Map(found), place)));
    }
}

fn mapping_mut(node: &mut Node) -> Option<&mut Map> {
    if let Value::Map(map) = &mut node.value { Some(map) } else { None }
}

fn value_mut<'a>(service: &'a mut Map, key: &str) -> Option<&'a mut Value> {
    service.get_mut(key).map(|entry| &mut entry.node.value)
}

fn entry(node: Node) -> Entry {
    Entry { key: node.location.clone(), node }
}
