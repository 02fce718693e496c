//! A JSON object that is built key by key.

use serde_json::{Map, Value};

/// An object of a request body. Values that say nothing (null, `false`, 0, `""`, `[]`, `{}`) are
/// left out where the engine reads them as absent, and kept where it does not.
#[derive(Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    /// Sets `key`, unless the value says nothing.
    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        if !is_empty(&value) {
            self.0.insert(key.to_owned(), value);
        }
    }

    /// Sets `key` if there is a value, empty or not: for fields in which the engine tells an empty
    /// value from an absent one.
    pub(super) fn put<T: Into<Value>>(&mut self, key: &str, value: Option<T>) {
        if let Some(value) = value {
            self.0.insert(key.to_owned(), value.into());
        }
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object.0)
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
    }
}
