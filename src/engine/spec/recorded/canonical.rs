//! When two calls are equal: the engine makes the same of them.
//!
//! Compose's Go client sends every field of its structs, so that null, `false`, 0, `""`, `[]` and
//! `{}` count as absent: the engine decodes into the same structs and cannot tell. It can tell for
//! fields that are pointers there, and for keys of the user's. Compose walks Go maps, so that lists
//! made of maps have no order.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::labels;

/// Fields in which an empty value says something else than no value.
const TOLD_FROM_ABSENT: [&str; 7] =
    ["Cmd", "Entrypoint", "Init", "StopTimeout", "MaskedPaths", "ReadonlyPaths", "IPAMConfig"];

/// Mappings with keys of the user's, in which every entry says something.
const FREE: [&str; 11] = [
    "Labels",
    "Annotations",
    "Config",
    "ExposedPorts",
    "Tmpfs",
    "Sysctls",
    "Volumes",
    "EndpointsConfig",
    "Options",
    "DriverOpts",
    "StorageOpt",
];

/// Lists without an order.
const UNORDERED: [&str; 7] =
    ["Env", "Binds", "Mounts", "ExtraHosts", "Ulimits", "Aliases", "Links"];

/// A field the engine ignores from API 1.44 on, where Compose stops to send it.
const IGNORED: &str = "CheckDuplicate";

/// `value` in the one form all equal values have; `key` is the one it stands under.
pub(super) fn canonical(key: &str, value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| (key, canonical(key, value)));
            let said = entries.filter(|(name, value)| {
                let told = TOLD_FROM_ABSENT.contains(&name.as_str()) && !value.is_null();
                told || FREE.contains(&key) || (*name != IGNORED && says(value))
            });
            let sorted: BTreeMap<&String, Value> = said.collect();
            json!(sorted)
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| canonical("", item)).collect();
            if UNORDERED.contains(&key) {
                items.sort_by_key(Value::to_string);
            }
            Value::Array(items)
        }
        Value::String(text) if key == labels::DEPENDS_ON => {
            let mut parts: Vec<&str> = text.split(',').collect();
            parts.sort_unstable();
            json!(parts)
        }
        other => other.clone(),
    }
}

fn says(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty() && *value != json!([0, 0]),
        Value::Object(map) => !map.is_empty(),
        other => ![json!(null), json!(false), json!(0), json!("")].contains(other),
    }
}
