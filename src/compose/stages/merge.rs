//! One tree over another: a later file over the earlier ones, a service over what it extends.

use crate::compose::ComposeError;
use crate::compose::document::{Entry, Map, Node, Value};
use crate::compose::model::decode::{mismatch, scalar_text};
use crate::compose::path::Path;
use crate::compose::source::Location;

use super::canonical;
use super::tree;

type Rule = fn(Node, Node, &Path<'_>) -> Result<Node, ComposeError>;

/// Where merging is not simply "mappings by key, lists one after the other, the later scalar".
const RULES: &[(&str, Rule)] = &[
    ("networks.*.ipam.config", merge_pools),
    ("networks.*.labels", join),
    ("volumes.*.labels", join),
    ("services.*.annotations", join),
    ("services.*.build", merge_build),
    ("services.*.build.args", join),
    ("services.*.build.additional_contexts", join),
    ("services.*.build.extra_hosts", join_hosts),
    ("services.*.build.labels", join),
    ("services.*.command", replace),
    ("services.*.depends_on", merge_dependencies),
    ("services.*.deploy.labels", join),
    ("services.*.dns", join),
    ("services.*.dns_opt", join),
    ("services.*.dns_search", join),
    ("services.*.entrypoint", replace),
    ("services.*.env_file", join),
    ("services.*.label_file", join),
    ("services.*.environment", join),
    ("services.*.extra_hosts", join_hosts),
    ("services.*.healthcheck.test", replace),
    ("services.*.labels", join),
    ("services.*.volumes.*.volume.labels", join),
    ("services.*.logging", merge_logging),
    ("services.*.models", merge_named),
    ("services.*.networks", merge_named),
    ("services.*.sysctls", join),
    ("services.*.tmpfs", join),
    ("services.*.ulimits.*", replace),
];

/// `over` on top of `base`, both at `path`.
///
/// # Errors
/// A mapping or a list is to be replaced by something else.
pub(crate) fn merge(base: Node, over: Node, path: &Path<'_>) -> Result<Node, ComposeError> {
    if let Some(rule) = path.find(RULES) {
        return rule(base, over, path);
    }
    if over.is_null() {
        return Ok(base);
    }
    let wanted = if matches!(base.value, Value::Map(_)) { "a mapping" } else { "a list" };
    match (base.value, over.value) {
        (Value::Map(low), Value::Map(high)) => {
            Ok(Node { value: Value::Map(merge_maps(low, high, path)?), ..nothing(base.location) })
        }
        (Value::Seq(mut items), Value::Seq(more)) => {
            items.extend(more);
            Ok(Node { value: Value::Seq(items), ..nothing(base.location) })
        }
        (Value::Map(_) | Value::Seq(_), value) => {
            let over = Node { value, ..nothing(over.location) };
            Err(mismatch(&over, path, &format!("{wanted} as in the file before")))
        }
        (_, value) => Ok(Node { value, location: over.location, tag: over.tag }),
    }
}

/// Nothing, at `location`.
fn nothing(location: Location) -> Node {
    Node::new(Value::Null, location)
}

fn merge_maps(mut base: Map, over: Map, path: &Path<'_>) -> Result<Map, ComposeError> {
    for (key, high) in over {
        let merged = match base.get_mut(&key) {
            Some(low) => {
                let low = std::mem::replace(&mut low.node, nothing(high.key.clone()));
                merge(low, high.node, &path.child(&key))?
            }
            None => high.node,
        };
        base.insert(key, Entry { key: high.key, node: merged });
    }
    Ok(base)
}

#[expect(clippy::unnecessary_wraps, reason = "a rule of the table")]
fn replace(_base: Node, over: Node, _path: &Path<'_>) -> Result<Node, ComposeError> {
    Ok(over)
}

/// Both as lists, one after the other.
#[expect(clippy::unnecessary_wraps, reason = "a rule of the table")]
fn join(base: Node, over: Node, _path: &Path<'_>) -> Result<Node, ComposeError> {
    let location = over.location.clone();
    let mut items = into_items(base);
    items.extend(into_items(over));
    Ok(Node::new(Value::Seq(items), location))
}

/// Both as lists, without what the first one has already.
#[expect(clippy::unnecessary_wraps, reason = "a rule of the table")]
fn join_hosts(base: Node, over: Node, _path: &Path<'_>) -> Result<Node, ComposeError> {
    let location = over.location.clone();
    let mut items = into_items(base);
    let news: Vec<Node> = into_items(over)
        .into_iter()
        .filter(|item| !items.iter().any(|known| known.value == item.value))
        .collect();
    items.extend(news);
    Ok(Node::new(Value::Seq(items), location))
}

/// The items of a list; a mapping as `key=value` in the order of its keys, a text as itself.
fn into_items(node: Node) -> Vec<Node> {
    match node.value {
        Value::Seq(items) => items,
        Value::Map(map) => {
            let mut items: Vec<Node> =
                map.into_iter().flat_map(|(key, entry)| assignments(&key, &entry.node)).collect();
            items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            items
        }
        Value::Str(_) => vec![node],
        _ => Vec::new(),
    }
}

fn assignments(key: &str, node: &Node) -> Vec<Node> {
    let assign = |value: &Node| {
        let text = scalar_text(value).unwrap_or_default();
        tree::text(format!("{key}={text}"), &value.location)
    };
    match &node.value {
        Value::Null => vec![tree::text(key, &node.location)],
        Value::Seq(values) => values.iter().map(assign).collect(),
        _ => vec![assign(node)],
    }
}

fn merge_build(base: Node, over: Node, path: &Path<'_>) -> Result<Node, ComposeError> {
    merge_as(canonical::build, base, over, path)
}

fn merge_dependencies(base: Node, over: Node, path: &Path<'_>) -> Result<Node, ComposeError> {
    merge_as(canonical::listed_dependencies, base, over, path)
}

fn merge_named(base: Node, over: Node, path: &Path<'_>) -> Result<Node, ComposeError> {
    merge_as(canonical::keys_of_list, base, over, path)
}

/// Both as mappings, by key.
fn merge_as(
    form: fn(&mut Node, &Path<'_>) -> Result<(), ComposeError>,
    mut base: Node,
    mut over: Node,
    path: &Path<'_>,
) -> Result<Node, ComposeError> {
    for side in [&mut base, &mut over] {
        if !side.is_null() {
            form(side, path)?;
        }
    }
    merge_records(base, over, path)
}

fn merge_records(base: Node, over: Node, path: &Path<'_>) -> Result<Node, ComposeError> {
    let location = base.location.clone();
    let merged = match (base.value, over.value) {
        (Value::Map(low), Value::Map(high)) => merge_maps(low, high, path)?,
        (Value::Map(only), _) | (_, Value::Map(only)) => only,
        _ => Map::new(),
    };
    Ok(Node::new(Value::Map(merged), location))
}

/// Options count for one driver only.
fn merge_logging(base: Node, over: Node, path: &Path<'_>) -> Result<Node, ComposeError> {
    let other_driver = match (base.get("driver"), over.get("driver")) {
        (Some(low), Some(high)) => low.value != high.value,
        _ => false,
    };
    if other_driver { Ok(over) } else { merge_records(base, over, path) }
}

/// Pools of addresses by their subnet.
#[expect(clippy::needless_pass_by_value, reason = "a rule of the table")]
fn merge_pools(base: Node, over: Node, path: &Path<'_>) -> Result<Node, ComposeError> {
    let location = over.location.clone();
    let low = base.as_seq().ok_or_else(|| mismatch(&base, path, "a list"))?;
    let high = over.as_seq().ok_or_else(|| mismatch(&over, path, "a list"))?;
    let mut pools: Vec<Node> = Vec::new();
    for old in low {
        for new in high {
            if !is_same_subnet(old, new) && !pools.iter().any(|pool| is_same_subnet(pool, new)) {
                pools.push(new.clone());
                continue;
            }
            let merged = merge_records(old.clone(), new.clone(), path)?;
            match pools.iter_mut().find(|pool| is_same_subnet(pool, &merged)) {
                Some(pool) => *pool = merged,
                None => pools.push(merged),
            }
        }
    }
    Ok(Node::new(Value::Seq(pools), location))
}

fn is_same_subnet(a: &Node, b: &Node) -> bool {
    match (a.get("subnet"), b.get("subnet")) {
        (Some(a), Some(b)) => a.value == b.value,
        (None, None) => true,
        _ => false,
    }
}
