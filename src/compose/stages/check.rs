//! What Compose refuses in a canonical tree before it becomes a project.

use std::net::IpAddr;

use crate::compose::ComposeError;
use crate::compose::document::{Node, Value};
use crate::compose::path::Path;

type Rule = fn(&Node, &Path<'_>) -> Result<(), ComposeError>;

const RULES: &[(&str, Rule)] = &[
    ("volumes.*", external_alone),
    ("configs.*", config),
    ("secrets.*", secret),
    ("services.*.ports.*", address),
    ("services.*.develop.watch.*.path", not_blank),
    ("services.*.deploy.resources.reservations.devices.*", device_request),
    ("services.*.gpus.*", device_request),
];

/// Checks every value of `root`.
///
/// # Errors
/// The first thing refused.
pub(super) fn check(root: &Node) -> Result<(), ComposeError> {
    visit(root, &Path::ROOT)
}

fn visit(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    if let Some(rule) = path.find(RULES) {
        rule(node, path)?;
    }
    match &node.value {
        Value::Map(map) => {
            map.iter().try_for_each(|(key, entry)| visit(&entry.node, &path.child(key)))
        }
        Value::Seq(items) => items.iter().try_for_each(|item| visit(item, &path.child("[]"))),
        _ => Ok(()),
    }
}

fn refuse(node: &Node, message: String) -> Result<(), ComposeError> {
    Err(ComposeError::at(node.location.clone(), message))
}

fn external_alone(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let Some(map) = node.as_map() else { return Ok(()) };
    if node.get("external").is_none_or(|external| external.value != Value::Bool(true)) {
        return Ok(());
    }
    let other = map
        .keys()
        .find(|key| !matches!(key.as_str(), "name" | "external") && !key.starts_with("x-"));
    match other {
        Some(key) => refuse(node, format!("`{path}` is external and cannot have `{key}`")),
        None => Ok(()),
    }
}

fn config(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let is_elsewhere = node.get("driver").is_some() || node.get("external").is_some();
    one_source(node, path, &["file", "environment", "content"], is_elsewhere)
}

fn secret(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let is_external = node.get("external").is_some_and(|value| value.value == Value::Bool(true));
    one_source(node, path, &["file", "environment"], is_external)
}

/// What it holds must come from exactly one place; it may come from none if it `is_elsewhere`.
fn one_source(
    node: &Node,
    path: &Path<'_>,
    keys: &[&str],
    is_elsewhere: bool,
) -> Result<(), ComposeError> {
    let given: Vec<&str> = keys.iter().copied().filter(|key| node.get(key).is_some()).collect();
    match given[..] {
        [_] => Ok(()),
        [] if is_elsewhere => Ok(()),
        [] => refuse(node, format!("`{path}` needs one of `{}`", keys.join("`, `"))),
        _ => refuse(node, format!("`{path}` can have only one of `{}`", given.join("`, `"))),
    }
}

fn not_blank(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    if node.as_str() == Some("") {
        return refuse(node, format!("`{path}` cannot be empty"));
    }
    Ok(())
}

fn address(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    match node.get("host_ip").and_then(Node::as_str) {
        Some(ip) if ip.parse::<IpAddr>().is_err() => {
            refuse(node, format!("`{path}.host_ip` is no address: `{ip}`"))
        }
        _ => Ok(()),
    }
}

fn device_request(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    if node.get("count").is_some() && node.get("device_ids").is_some() {
        return refuse(node, format!("`{path}` can have only one of `count` and `device_ids`"));
    }
    Ok(())
}
