//! Values of Python, and their JSON.

use std::fmt;
use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::compose::document::{Node, Value};

/// A mapping in the order of the file.
pub type Dict = IndexMap<String, Py>;

/// A value as Python has it.
#[derive(Clone, PartialEq)]
pub enum Py {
    /// `None`.
    None,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i128),
    /// `float`.
    Float(f64),
    /// `str`.
    Str(String),
    /// `list`.
    List(Vec<Py>),
    /// `dict`.
    Dict(Dict),
}

// Texts are the user's secrets.
impl fmt::Debug for Py {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Bool(_) => "Bool",
            Self::Int(_) => "Int",
            Self::Float(_) => "Float",
            Self::Str(_) => "Str",
            Self::List(_) => "List",
            Self::Dict(_) => "Dict",
        })
    }
}

impl Py {
    /// The value of a tree.
    pub(super) fn of(node: &Node) -> Self {
        match &node.value {
            Value::Null => Self::None,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Float(value) => Self::Float(*value),
            Value::Str(text) | Value::Time(text) => Self::Str(text.clone()),
            Value::Seq(items) => Self::List(items.iter().map(Self::of).collect()),
            Value::Map(map) => Self::Dict(
                map.iter().map(|(key, entry)| (key.clone(), Self::of(&entry.node))).collect(),
            ),
        }
    }

    /// The value of JSON.
    pub(super) fn of_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::None,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i128() {
                Some(number) => Self::Int(number),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Self::str(text),
            serde_json::Value::Array(items) => {
                Self::List(items.iter().map(Self::of_json).collect())
            }
            serde_json::Value::Object(map) => Self::Dict(
                map.iter().map(|(key, value)| (key.clone(), Self::of_json(value))).collect(),
            ),
        }
    }

    /// A text.
    #[must_use]
    pub fn str(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Str(text) = self { Some(text) } else { None }
    }

    /// The mapping, if it is one.
    #[must_use]
    pub fn as_dict(&self) -> Option<&Dict> {
        if let Self::Dict(dict) = self { Some(dict) } else { None }
    }

    /// The mapping; empty if it is none.
    #[must_use]
    pub fn into_dict(self) -> Dict {
        if let Self::Dict(dict) = self { dict } else { Dict::new() }
    }

    /// The items of a list, a text as the only one; none of anything else.
    #[must_use]
    pub fn into_items(self) -> Vec<Self> {
        match self {
            Self::List(items) => items,
            Self::Str(_) => vec![self],
            _ => Vec::new(),
        }
    }

    /// What Python takes for false.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::None | Self::Bool(false) | Self::Int(0) => true,
            Self::Str(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Dict(dict) => dict.is_empty(),
            Self::Float(value) => *value == 0.0,
            _ => false,
        }
    }

    /// What `str()` gives of a scalar.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::None => "None".to_owned(),
            Self::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => float_text(*value),
            Self::Str(text) => text.clone(),
            Self::List(_) | Self::Dict(_) => String::new(),
        }
    }

    /// The compact JSON with sorted keys and nothing beyond ASCII.
    pub(super) fn json(&self) -> String {
        let mut out = String::new();
        self.write(&COMPACT, &mut out);
        out
    }

    /// The JSON as Python prints it if nobody says how: with spaces, keys in their order.
    pub(super) fn spaced_json(&self) -> String {
        let mut out = String::new();
        self.write(&SPACED, &mut out);
        out
    }

    fn write(&self, layout: &Layout, out: &mut String) {
        match self {
            Self::None => out.push_str("null"),
            Self::Bool(value) => out.push_str(&value.to_string()),
            Self::Float(value) if value.is_infinite() => {
                out.push_str(if *value > 0.0 { "Infinity" } else { "-Infinity" });
            }
            Self::Float(value) if value.is_nan() => out.push_str("NaN"),
            Self::Int(_) | Self::Float(_) => out.push_str(&self.text()),
            Self::Str(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { layout.comma } else { "" });
                    item.write(layout, out);
                }
                out.push(']');
            }
            Self::Dict(dict) => {
                out.push('{');
                let mut entries: Vec<(&String, &Self)> = dict.iter().collect();
                if layout.is_sorted {
                    entries.sort_by_key(|(key, _)| *key);
                }
                for (at, (key, value)) in entries.into_iter().enumerate() {
                    out.push_str(if at > 0 { layout.comma } else { "" });
                    write_text(key, out);
                    out.push_str(layout.colon);
                    value.write(layout, out);
                }
                out.push('}');
            }
        }
    }
}

/// How JSON is laid out.
struct Layout {
    comma: &'static str,
    colon: &'static str,
    is_sorted: bool,
}

const COMPACT: Layout = Layout { comma: ",", colon: ":", is_sorted: true };
const SPACED: Layout = Layout { comma: ", ", colon: ": ", is_sorted: false };

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _infallible = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// A number as Python's `repr`: shortest, with an exponent from `1e+16` and below `1e-4`.
fn float_text(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if value != 0.0 && !(-4..16).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ if value.fract() == 0.0 => format!("{value:.1}"),
        _ => value.to_string(),
    }
}
