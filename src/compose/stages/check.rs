//! What Compose refuses in a canonical tree before it becomes a project.

use std::net::IpAddr;

use crate::compose::ComposeError;
use crate::compose::document::{Node, Value};
use crate::compose::hash::Generation;
use crate::compose::path::Path;

type Rule = fn(&Node, &Path<'_>) -> Result<(), ComposeError>;

/// The oldest generation there is of v2.
const EVER: Generation = Generation::Debian226;

/// What is checked, and since when.
const RULES: &[(&str, (Generation, Rule))] = &[
    ("volumes.*", (EVER, external_alone)),
    ("configs.*", (EVER, config)),
    ("secrets.*", (EVER, secret)),
    ("services.*.ports.*", (Generation::V2_36, address)),
    ("services.*.environment.*", (Generation::V2_34, variable)),
    ("services.*.build.args.*", (Generation::V2_34, variable)),
    ("services.*.develop.watch.*.path", (EVER, not_blank)),
    ("services.*.deploy.resources.reservations.devices.*", (EVER, device_request)),
    ("services.*.gpus.*", (EVER, device_request)),
];
/// Checks every value of `root` as releases of `generation` do.
///
/// # Errors
/// The first thing refused.
pub(super) fn check(root: &Node, generation: Generation) -> Result<(), ComposeError> {
    visit(root, generation, &Path::ROOT)
}

fn visit(node: &Node, generation: Generation, path: &Path<'_>) -> Result<(), ComposeError> {
    if let Some((since, rule)) = path.find(RULES)
        && generation >= since
    {
        rule(node, path)?;
    }
    match &node.value {
        Value::Map(map) => {
            map.iter().try_for_each(|(key, entry)| visit(&entry.node, generation, &path.child(key)))
        }
        Value::Seq(items) => {
            items.iter().try_for_each(|item| visit(item, generation, &path.child("[]")))
        }
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

/// An item of a list; the keys of a mapping may end as they like.
fn variable(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let Some(text) = node.as_str().filter(|_| path.key() == "[]") else { return Ok(()) };
    let name = text.split_once('=').map_or(text, |(name, _)| name);
    if name.ends_with(char::is_whitespace) {
        return refuse(node, format!("variable `{}` has a space after its name", name.trim_end()));
    }
    Ok(())
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
