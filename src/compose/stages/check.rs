//! What Compose refuses in a canonical tree before it becomes a project.

use std::net::IpAddr;

use crate::compose::ComposeError;
use crate::compose::document::{Node, Value};
use crate::compose::model::decode::mapping;
use crate::compose::model::parse_duration;
use crate::compose::path::Path;

type Rule = fn(&Node, &Path<'_>) -> Result<(), ComposeError>;

const RULES: &[(&str, Rule)] = &[
    ("services", service_names),
    ("services.*.container_name", container_name),
    ("services.*.pull_policy", pull_policy),
    ("services.*.cpu_percent", whole),
    ("services.*.logging.options.*", no_boolean),
    ("services.*.networks.*.driver_opts.*", no_boolean),
    ("networks.*.driver_opts.*", no_boolean),
    ("volumes.*.driver_opts.*", no_boolean),
    ("volumes.*", external_alone),
    ("configs.*", config),
    ("secrets.*", secret),
    ("services.*.ports.*", address),
    ("services.*.deploy.resources.reservations.devices.*", device_request),
    ("services.*.gpus.*", device_request),
];

/// Keys a record must have.
const REQUIRED: &[(&str, &[&str])] = &[
    ("services.*.volumes.*", &["type", "target"]),
    ("services.*.ports.*", &["target"]),
    ("services.*.devices.*", &["source", "target"]),
    ("services.*.post_start.*", &["command"]),
    ("services.*.pre_stop.*", &["command"]),
    ("services.*.env_file.*", &["path"]),
    ("services.*.develop.watch.*", &["path", "action"]),
    ("services.*.provider", &["type"]),
    ("services.*.deploy.resources.reservations.devices.*", &["capabilities"]),
    ("models.*", &["model"]),
];

/// The only texts a value may be.
const CHOICES: &[(&str, &[&str])] = &[
    ("services.*.volumes.*.type", &["bind", "volume", "tmpfs", "cluster", "npipe", "image"]),
    ("services.*.volumes.*.bind.recursive", &["enabled", "disabled", "writable", "readonly"]),
    ("services.*.volumes.*.bind.selinux", &["z", "Z"]),
    ("services.*.deploy.update_config.order", &["start-first", "stop-first"]),
    ("services.*.deploy.rollback_config.order", &["start-first", "stop-first"]),
    ("services.*.cgroup", &["host", "private"]),
    (
        "services.*.depends_on.*.condition",
        &["service_started", "service_healthy", "service_completed_successfully"],
    ),
    (
        "services.*.develop.watch.*.action",
        &["rebuild", "sync", "restart", "sync+restart", "sync+exec"],
    ),
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
    if let (Value::Map(map), Some(required)) = (&node.value, path.find(REQUIRED))
        && let Some(missing) = required.iter().find(|key| !map.contains_key(**key))
    {
        refuse(node, format!("`{path}` has no `{missing}`"))?;
    }
    if let (Some(text), Some(choices)) = (node.as_str(), path.find(CHOICES))
        && !choices.contains(&text)
    {
        refuse(node, format!("`{path}` must be one of `{}`", choices.join("`, `")))?;
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

fn service_names(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    for (name, entry) in mapping(node, path)? {
        if name.is_empty() || !name.chars().all(allowed) {
            let message = format!("`{name}` is no name of a service");
            return Err(ComposeError::at(entry.key.clone(), message)
                .with_help("use letters, digits, `.`, `_` and `-`"));
        }
        mapping(&entry.node, &path.child(name))?;
    }
    Ok(())
}

fn container_name(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let Some(name) = node.as_str() else { return Ok(()) };
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if name.len() > 1 && begins_well && name.chars().all(allowed) {
        return Ok(());
    }
    refuse(node, format!("`{path}` is no name of a container: `{name}`"))
}

fn pull_policy(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    const POLICIES: [&str; 8] =
        ["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"];
    match node.as_str() {
        Some(text) if !POLICIES.contains(&text) && !is_period(text) => {
            refuse(node, format!("`{path}` must be one of `{}`", POLICIES.join("`, `")))
        }
        _ => Ok(()),
    }
}

/// `every_12h`, `every_1w2d`.
fn is_period(policy: &str) -> bool {
    let period = policy.strip_prefix("every_");
    period.and_then(parse_duration).is_some_and(|period| !period.is_zero())
}

fn no_boolean(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    match node.value {
        Value::Bool(_) => refuse(node, format!("`{path}` must be a text or a number")),
        _ => Ok(()),
    }
}

fn whole(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let number = match &node.value {
        Value::Float(number) => Some(*number),
        Value::Str(text) => text.parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if number.fract() != 0.0 => {
            refuse(node, format!("`{path}` must be a whole number"))
        }
        _ => Ok(()),
    }
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
    one_source(node, path, &["file", "environment", "content"])
}

fn secret(node: &Node, path: &Path<'_>) -> Result<(), ComposeError> {
    one_source(node, path, &["file", "environment"])
}

fn one_source(node: &Node, path: &Path<'_>, keys: &[&str]) -> Result<(), ComposeError> {
    let given: Vec<&str> = keys.iter().copied().filter(|key| node.get(key).is_some()).collect();
    match given[..] {
        [_] => Ok(()),
        [] if node.get("driver").is_some() || node.get("external").is_some() => Ok(()),
        [] => refuse(node, format!("`{path}` needs one of `{}`", keys.join("`, `"))),
        _ => refuse(node, format!("`{path}` can have only one of `{}`", given.join("`, `"))),
    }
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
