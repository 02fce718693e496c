//! `x-` keys: whatever users and tools keep in a compose file for themselves.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map as Object, Number, Value as Json};

use super::decode::float_text;
use super::encode::{Encode, Writer};
use super::moment;
use crate::compose::document::{Map, Node, Value};

/// The `x-` keys of one record with their values; its `Debug` form shows the keys alone.
#[derive(Clone, Default, PartialEq)]
pub struct Extensions(pub BTreeMap<String, Json>);

impl Extensions {
    /// Those among the entries of a mapping.
    pub(crate) fn of(map: &Map) -> Self {
        let own = map.iter().filter(|(key, _)| key.starts_with("x-"));
        Self(own.map(|(key, entry)| (key.clone(), json(&entry.node))).collect())
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A value as Go's maps hold it: keys in order, whole numbers apart from others.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Number::from_i128(*value).map_or(Json::Null, Json::Number),
        Value::Float(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
        Value::Str(text) => Json::String(text.clone()),
        Value::Time(text) => Json::String(moment::json(text)),
        Value::Seq(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(map) => {
            let mut object: Object<String, Json> =
                map.iter().map(|(key, entry)| (key.clone(), json(&entry.node))).collect();
            object.sort_keys();
            Json::Object(object)
        }
    }
}

impl Encode for Json {
    fn encode(&self, out: &mut Writer) {
        match self {
            Self::Null => out.literal("null"),
            Self::Bool(value) => value.encode(out),
            Self::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
                Some(value) if out.style.as_yaml => out.literal(float_text(value)),
                Some(value) => value.encode(out),
                None => out.literal(number),
            },
            Self::String(text) => text.encode(out),
            // Compose loses the difference between an empty list and none on its way to JSON.
            Self::Array(items) if items.is_empty() && !out.style.as_yaml => out.literal("null"),
            Self::Array(items) => items.encode(out),
            Self::Object(object) => {
                out.mapping(object.iter().map(|(key, value)| (key.as_str(), value)));
            }
        }
    }
}
