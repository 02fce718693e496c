//! Values of v1's files as JSON.

use serde_json::{Number, Value};

use crate::compose::hash::v1::{Dict, Py, bytes};
use crate::engine::spec::{SpecError, SpecInput};

/// A value as Python writes it in JSON.
pub(super) fn json(value: &Py) -> Value {
    match value {
        Py::None => Value::Null,
        Py::Bool(value) => Value::Bool(*value),
        Py::Int(value) => Number::from_i128(*value).map_or(Value::Null, Value::Number),
        Py::Float(value) => Number::from_f64(*value).map_or(Value::Null, Value::Number),
        Py::Str(text) => Value::from(text.as_str()),
        Py::List(items) => items.iter().map(json).collect(),
        Py::Dict(dict) => dict.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}

/// The value of an option, null if it is not given.
pub(super) fn option(options: &Dict, key: &str) -> Value {
    options.get(key).map_or(Value::Null, json)
}

/// The items of a list; a text is the only one.
pub(super) fn items(options: &Dict, key: &str) -> Vec<Py> {
    options.get(key).cloned().unwrap_or(Py::None).into_items()
}

/// The items of a list as texts.
pub(super) fn texts(options: &Dict, key: &str) -> Vec<String> {
    items(options, key).iter().map(Py::text).collect()
}

/// A size in bytes, null if it is not given.
pub(super) fn size(input: &SpecInput, options: &Dict, key: &str) -> Result<Value, SpecError> {
    match options.get(key) {
        Some(Py::Str(text)) => {
            let reason = || format!("`{text}` is no size; write a number and `b`, `k`, `m` or `g`");
            let size = bytes(text).ok_or_else(|| input.invalid(key, reason()))?;
            Ok(json(&Py::Int(size)))
        }
        other => Ok(other.map_or(Value::Null, json)),
    }
}
