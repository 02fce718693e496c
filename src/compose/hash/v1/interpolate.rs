//! Types of values by their place, as v1 converts them while it puts variables in.

use super::value::Py;
use crate::compose::path::Path;

#[derive(Clone, Copy)]
enum Cast {
    Int,
    Float,
    Bool,
    Text,
    Microseconds,
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
    ("services.*.deploy.replicas", Cast::Int),
    ("services.*.deploy.restart_policy.max_attempts", Cast::Int),
    ("services.*.deploy.resources.limits.cpus", Cast::Float),
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
    ("networks.*.external", Cast::Bool),
    ("volumes.*.external", Cast::Bool),
    ("secrets.*.external", Cast::Bool),
];

/// Converts every scalar of `value`, which stands at `path`; items of lists stand where their
/// list does.
pub(super) fn convert(value: &mut Py, path: &Path<'_>) {
    match value {
        Py::Dict(dict) => dict.iter_mut().for_each(|(key, value)| convert(value, &path.child(key))),
        Py::List(items) => items.iter_mut().for_each(|item| convert(item, path)),
        scalar => {
            if let Some(cast) = path.find(CASTS)
                && let Some(converted) = cast.apply(scalar)
            {
                *scalar = converted;
            }
        }
    }
}

impl Cast {
    /// What the value becomes; nothing if it stays.
    fn apply(self, value: &Py) -> Option<Py> {
        match (self, value) {
            (Self::Text, Py::Bool(_) | Py::Int(_) | Py::Float(_)) => Some(Py::Str(value.text())),
            (Self::Int, Py::Str(text)) => integer(text.trim()).map(Py::Int),
            (Self::Float, Py::Str(text)) => text.trim().parse().ok().map(Py::Float),
            (Self::Bool, Py::Str(text)) => match text.to_lowercase().as_str() {
                "y" | "yes" | "true" | "on" => Some(Py::Bool(true)),
                "n" | "no" | "false" | "off" => Some(Py::Bool(false)),
                _ => None,
            },
            (Self::Microseconds, Py::Str(text)) => {
                super::duration::nanoseconds(text).map(|nanos| Py::Int(nanos / 1000))
            }
            _ => None,
        }
    }
}

fn integer(text: &str) -> Option<i128> {
    if let Some(hex) = text.strip_prefix("0x") {
        return i128::from_str_radix(hex, 16).ok();
    }
    match text.strip_prefix("0o").or_else(|| text.strip_prefix('0')) {
        Some(octal) if !octal.is_empty() => i128::from_str_radix(octal, 8).ok(),
        _ => text.parse().ok(),
    }
}
