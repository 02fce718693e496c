//! Lists in which a later item replaces an earlier one with the same key.

use std::collections::HashMap;

use crate::compose::ComposeError;
use crate::compose::document::{Node, Value};
use crate::compose::model::decode::{mismatch, scalar_text};
use crate::compose::path::Path;

use super::{mounts, tree};

type KeyOf = fn(&Node, &Path<'_>) -> Result<String, ComposeError>;

/// What makes two items of a list the same.
const KEYS: &[(&str, KeyOf)] = &[
    ("networks.*.labels", name),
    ("networks.*.ipam.options", name),
    ("services.*.annotations", name),
    ("services.*.build.args", name),
    ("services.*.build.additional_contexts", name),
    ("services.*.build.platform", name),
    ("services.*.build.tags", name),
    ("services.*.build.labels", name),
    ("services.*.cap_add", name),
    ("services.*.cap_drop", name),
    ("services.*.devices", device),
    ("services.*.configs", config),
    ("services.*.deploy.labels", name),
    ("services.*.dns", name),
    ("services.*.dns_opt", name),
    ("services.*.dns_search", name),
    ("services.*.environment", name),
    ("services.*.env_file", env_file),
    ("services.*.expose", expose),
    ("services.*.labels", name),
    ("services.*.links", name),
    ("services.*.networks.*.aliases", name),
    ("services.*.networks.*.link_local_ips", name),
    ("services.*.ports", port),
    ("services.*.profiles", name),
    ("services.*.secrets", secret),
    ("services.*.sysctls", name),
    ("services.*.tmpfs", name),
    ("services.*.volumes", volume),
];

/// Keeps the last item of each key, at the place of the first.
///
/// # Errors
/// An item has no key.
pub(crate) fn enforce(root: &mut Node) -> Result<(), ComposeError> {
    tree::walk(root, &Path::ROOT, &mut |node, path| {
        let Value::Seq(items) = &mut node.value else { return Ok(true) };
        if let Some(key_of) = path.find(KEYS) {
            *items = last_of_each(std::mem::take(items), key_of, path)?;
        }
        Ok(false)
    })
}

fn last_of_each(
    items: Vec<Node>,
    key_of: KeyOf,
    path: &Path<'_>,
) -> Result<Vec<Node>, ComposeError> {
    let mut kept: Vec<Node> = Vec::with_capacity(items.len());
    let mut places = HashMap::new();
    for item in items {
        let key = key_of(&item, &path.child("[]"))?;
        if let Some(place) = places.get(&key) {
            kept[*place] = item;
        } else {
            places.insert(key, kept.len());
            kept.push(item);
        }
    }
    Ok(kept)
}

fn name(item: &Node, path: &Path<'_>) -> Result<String, ComposeError> {
    let text = tree::expect_text(item, path)?;
    Ok(text.split_once('=').map_or(text, |(name, _)| name).to_owned())
}

fn volume(item: &Node, path: &Path<'_>) -> Result<String, ComposeError> {
    match &item.value {
        Value::Str(_) => Ok(mounts::parse(item, path)?.target),
        _ => target(item, path),
    }
}

fn device(item: &Node, path: &Path<'_>) -> Result<String, ComposeError> {
    match item.as_str() {
        Some(text) => Ok(text.split(':').nth(1).unwrap_or(text).to_owned()),
        None => target(item, path),
    }
}

fn target(item: &Node, path: &Path<'_>) -> Result<String, ComposeError> {
    match item.get("target").and_then(Node::as_str) {
        Some(target) => Ok(target.to_owned()),
        None => Err(missing(item, path, "target")),
    }
}

fn env_file(item: &Node, path: &Path<'_>) -> Result<String, ComposeError> {
    let text = item.as_str().or_else(|| item.get("path").and_then(Node::as_str));
    text.map(str::to_owned).ok_or_else(|| missing(item, path, "path"))
}

fn expose(item: &Node, path: &Path<'_>) -> Result<String, ComposeError> {
    match &item.value {
        Value::Str(text) => Ok(text.clone()),
        Value::Int(number) => Ok(number.to_string()),
        _ => Err(mismatch(item, path, "a port")),
    }
}

fn config(item: &Node, path: &Path<'_>) -> Result<String, ComposeError> {
    file(item, "", path)
}

fn secret(item: &Node, path: &Path<'_>) -> Result<String, ComposeError> {
    file(item, "/run/secrets", path)
}

fn file(item: &Node, folder: &str, path: &Path<'_>) -> Result<String, ComposeError> {
    let target = item.get("target").and_then(Node::as_str);
    let source = item.as_str().or_else(|| item.get("source").and_then(Node::as_str));
    match (target, source) {
        (Some(target), _) => Ok(target.to_owned()),
        (None, Some(source)) => Ok(format!("{folder}/{source}")),
        (None, None) => Err(missing(item, path, "source")),
    }
}

fn port(item: &Node, path: &Path<'_>) -> Result<String, ComposeError> {
    if item.as_map().is_none() {
        return scalar_text(item).ok_or_else(|| mismatch(item, path, "a port"));
    }
    let field = |key: &str, default: &str| {
        item.get(key).and_then(scalar_text).unwrap_or_else(|| default.to_owned())
    };
    if item.get("target").is_none() {
        return Err(missing(item, path, "target"));
    }
    let (host, published) = (field("host_ip", "0.0.0.0"), field("published", ""));
    Ok(format!("{host}:{published}:{}/{}", field("target", ""), field("protocol", "tcp")))
}

fn missing(item: &Node, path: &Path<'_>, key: &str) -> ComposeError {
    if item.as_map().is_none() {
        return mismatch(item, path, "a text or a mapping");
    }
    ComposeError::at(item.location.clone(), format!("`{path}` has no `{key}`"))
}
