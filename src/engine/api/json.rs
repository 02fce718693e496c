//! Looking into the engine's JSON.

use std::collections::BTreeMap;

use serde_json::Value;

/// The text at a JSON pointer; empty where there is none.
pub(super) fn text_at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// An object of texts; empty where there is none (the engine sends `null` for an empty one).
pub(in crate::engine) fn string_map(value: Option<&Value>) -> BTreeMap<String, String> {
    let map = value.and_then(Value::as_object);
    map.into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}
