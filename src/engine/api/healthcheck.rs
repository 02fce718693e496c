//! How an engine checks the health of a container.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The HEALTHCHECK a container runs under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healthcheck {
    /// `["CMD", …]` or `["CMD-SHELL", command]`.
    pub test: Vec<String>,
    /// Time between two checks.
    pub interval: Duration,
    /// Deadline of one check.
    pub timeout: Duration,
    /// Time in which failures do not count.
    pub start_period: Duration,
    /// Failures in a row that make it unhealthy.
    pub retries: u32,
}

/// Reads `Config.Healthcheck` of a container or an image; absent times take the engine's defaults
/// (30 s, 30 s, 0 s, 3). Returns `None` where there is no check or it is `NONE`.
#[must_use]
pub fn healthcheck(value: &Value) -> Option<Healthcheck> {
    let test: Vec<String> = value
        .get("Test")?
        .as_array()?
        .iter()
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect();
    if test.is_empty() || test[0] == "NONE" {
        return None;
    }
    let time = |key: &str, default: u64| match value.get(key).and_then(Value::as_u64) {
        None | Some(0) => Duration::from_secs(default),
        Some(ns) => Duration::from_nanos(ns),
    };
    let retries = value.get("Retries").and_then(Value::as_u64).unwrap_or(0);
    Some(Healthcheck {
        test,
        interval: time("Interval", 30),
        timeout: time("Timeout", 30),
        start_period: time("StartPeriod", 0),
        retries: if retries == 0 { 3 } else { u32::try_from(retries).unwrap_or(u32::MAX) },
    })
}
