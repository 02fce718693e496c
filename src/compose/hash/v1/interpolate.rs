//! Variables of a file, and the types of values by their place, which v1 converts at once.

use indexmap::IndexMap;

use super::duration;
use super::format::Format;
use super::size;
use super::value::Py;
use crate::compose::document::{Entry, Node, Value};
use crate::compose::interpolate::interpolate;
use crate::compose::path::Path;
use crate::compose::template::{self, Part};
use crate::compose::{ComposeError, Dialect};

#[derive(Clone, Copy)]
enum Cast {
    Int,
    Float,
    Bool,
    Text,
    Microseconds,
    Bytes,
}

const CASTS: &[(&str, Cast)] = &[
    ("services.*.blkio_config.weight", Cast::Int),
    ("services.*.blkio_config.weight_device.weight", Cast::Int),
    ("services.*.build.labels.*", Cast::Text),
    ("services.*.cpus", Cast::Float),
    ("services.*.cpu_count", Cast::Int),
    ("services.*.cpu_quota", Cast::Microseconds),
    ("services.*.cpu_period", Cast::Microseconds),
    ("services.*.cpu_rt_period", Cast::Microseconds),
    ("services.*.cpu_rt_runtime", Cast::Microseconds),
    ("services.*.configs.mode", Cast::Int),
    ("services.*.secrets.mode", Cast::Int),
    ("services.*.healthcheck.retries", Cast::Int),
    ("services.*.healthcheck.disable", Cast::Bool),
    ("services.*.deploy.labels.*", Cast::Text),
    ("services.*.deploy.replicas", Cast::Int),
    ("services.*.deploy.placement.max_replicas_per_node", Cast::Int),
    ("services.*.deploy.resources.limits.cpus", Cast::Float),
    ("services.*.deploy.update_config.parallelism", Cast::Int),
    ("services.*.deploy.update_config.max_failure_ratio", Cast::Float),
    ("services.*.deploy.rollback_config.parallelism", Cast::Int),
    ("services.*.deploy.rollback_config.max_failure_ratio", Cast::Float),
    ("services.*.deploy.restart_policy.max_attempts", Cast::Int),
    ("services.*.mem_swappiness", Cast::Int),
    ("services.*.labels.*", Cast::Text),
    ("services.*.oom_kill_disable", Cast::Bool),
    ("services.*.oom_score_adj", Cast::Int),
    ("services.*.ports.target", Cast::Int),
    ("services.*.ports.published", Cast::Int),
    ("services.*.scale", Cast::Int),
    ("services.*.ulimits.*", Cast::Int),
    ("services.*.ulimits.*.soft", Cast::Int),
    ("services.*.ulimits.*.hard", Cast::Int),
    ("services.*.privileged", Cast::Bool),
    ("services.*.read_only", Cast::Bool),
    ("services.*.stdin_open", Cast::Bool),
    ("services.*.tty", Cast::Bool),
    ("services.*.volumes.read_only", Cast::Bool),
    ("services.*.volumes.volume.nocopy", Cast::Bool),
    ("services.*.volumes.tmpfs.size", Cast::Bytes),
    ("networks.*.attachable", Cast::Bool),
    ("networks.*.external", Cast::Bool),
    ("networks.*.internal", Cast::Bool),
    ("networks.*.labels.*", Cast::Text),
    ("volumes.*.external", Cast::Bool),
    ("volumes.*.labels.*", Cast::Text),
    ("secrets.*.external", Cast::Bool),
    ("secrets.*.labels.*", Cast::Text),
    ("configs.*.external", Cast::Bool),
    ("configs.*.labels.*", Cast::Text),
];

/// A section of a file with variables put in and types converted.
///
/// # Errors
/// A broken variable, a required one without a value, a text that is not of its place's type.
pub(super) fn section(
    node: &Node,
    name: &str,
    format: Format,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Node, ComposeError> {
    if format == Format::Legacy {
        without_operators(node)?;
    }
    let filled = interpolate(node, Dialect::V1, lookup)?.node;
    convert(&filled, &Path::ROOT.child(name))
}

/// The oldest format knows no `${NAME:-default}`.
fn without_operators(node: &Node) -> Result<(), ComposeError> {
    match &node.value {
        Value::Str(text) => {
            let parts = template::parse(text, Dialect::V1).unwrap_or_default();
            let operator = parts.iter().find_map(|part| match part {
                Part::Variable(variable) if variable.operator.is_some() => Some(variable),
                _ => None,
            });
            operator.map_or(Ok(()), |variable| {
                let place = node.location.inner(text, variable.range.start);
                let message = "a file without `services:` knows no operators in variables";
                Err(ComposeError::at(place, message).with_help("write `${NAME}` alone"))
            })
        }
        Value::Seq(items) => items.iter().try_for_each(without_operators),
        Value::Map(map) => map.values().try_for_each(|entry| without_operators(&entry.node)),
        _ => Ok(()),
    }
}

/// Converts every scalar of `node`, which stands at `path`; items of lists stand where their list
/// does.
fn convert(node: &Node, path: &Path<'_>) -> Result<Node, ComposeError> {
    let value = match &node.value {
        Value::Map(map) => {
            let entries = map.iter().map(|(key, entry)| {
                let node = convert(&entry.node, &path.child(key))?;
                Ok((key.clone(), Entry { key: entry.key.clone(), node }))
            });
            Value::Map(entries.collect::<Result<IndexMap<_, _>, ComposeError>>()?)
        }
        Value::Seq(items) => {
            Value::Seq(items.iter().map(|item| convert(item, path)).collect::<Result<_, _>>()?)
        }
        _ => match path.find(CASTS) {
            Some(cast) => cast.apply(node, path)?,
            None => node.value.clone(),
        },
    };
    Ok(Node { value, location: node.location.clone(), tag: None })
}

impl Cast {
    fn apply(self, node: &Node, path: &Path<'_>) -> Result<Value, ComposeError> {
        let converted = match (self, &node.value) {
            (Self::Text, Value::Bool(_) | Value::Int(_) | Value::Float(_)) => {
                Some(Value::Str(Py::of(node).text()))
            }
            (Self::Int, Value::Str(text)) => integer(text.trim()).map(Value::Int),
            (Self::Float, Value::Str(text)) => float(text.trim()).map(Value::Float),
            (Self::Bool, Value::Str(text)) => match text.to_lowercase().as_str() {
                "y" | "yes" | "true" | "on" => Some(Value::Bool(true)),
                "n" | "no" | "false" | "off" => Some(Value::Bool(false)),
                _ => None,
            },
            (Self::Microseconds, Value::Str(text)) => {
                duration::nanoseconds(text).map(|nanos| Value::Int(nanos / 1000))
            }
            (Self::Bytes, Value::Str(text)) => size::bytes(text).map(Value::Int),
            (_, other) => Some(other.clone()),
        };
        converted.ok_or_else(|| {
            let message = format!("`{path}` must be {}", self.kind());
            ComposeError::at(node.location.clone(), message)
        })
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Int => "an integer",
            Self::Float => "a number",
            Self::Bool => "a boolean",
            Self::Text => "a text",
            Self::Microseconds => "a number of microseconds or a text such as `50ms`",
            Self::Bytes => "a size such as `64m`",
        }
    }
}

/// Python's `int(text, base=0)`, with an octal number also after a lone `0`.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let based = |radix: u32, digits: &str| {
        let digits = plain(digits.strip_prefix('_').unwrap_or(digits))?;
        i128::from_str_radix(&digits, radix).ok()
    };
    let magnitude = match lower.get(..2) {
        Some("0x") => based(16, &lower[2..]),
        Some("0o") => based(8, &lower[2..]),
        Some("0b") => based(2, &lower[2..]),
        _ if text.len() > 1 && text.starts_with('0') => {
            let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
            based(8, &text[1..]).filter(|_| is_digits)
        }
        _ => plain(digits)?.parse().ok(),
    };
    magnitude.map(|magnitude: i128| sign * magnitude)
}

fn float(text: &str) -> Option<f64> {
    plain(text)?.parse().ok()
}

/// Digits without the `_` Python allows between two of them.
fn plain(text: &str) -> Option<String> {
    let is_misplaced = text.starts_with(['_', '+', '-']) && !text.starts_with(['+', '-'])
        || text.ends_with('_')
        || text.contains("__");
    (!is_misplaced).then(|| text.replace('_', ""))
}
