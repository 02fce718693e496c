//! Values of Python, and their JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::compose::document::{Node, Value};

/// A mapping; Python's order of keys is lost, since the hash sorts them.
pub(super) type Dict = BTreeMap<String, Py>;

/// A value as Python has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Py {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(String),
    List(Vec<Py>),
    Dict(Dict),
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

    pub(super) fn str(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        if let Self::Str(text) = self { Some(text) } else { None }
    }

    pub(super) fn as_dict(&self) -> Option<&Dict> {
        if let Self::Dict(dict) = self { Some(dict) } else { None }
    }

    /// The mapping; empty if it is none.
    pub(super) fn into_dict(self) -> Dict {
        if let Self::Dict(dict) = self { dict } else { Dict::new() }
    }

    /// The items of a list, a text as the only one; none of anything else.
    pub(super) fn into_items(self) -> Vec<Self> {
        match self {
            Self::List(items) => items,
            Self::Str(_) => vec![self],
            _ => Vec::new(),
        }
    }

    /// What Python takes for false.
    pub(super) fn is_empty(&self) -> bool {
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
    pub(super) fn text(&self) -> String {
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
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
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
                    if at > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Dict(dict) => {
                out.push('{');
                for (at, (key, value)) in dict.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

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
