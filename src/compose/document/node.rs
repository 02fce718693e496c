//! A YAML value with its place.

use std::fmt;

use indexmap::IndexMap;

use crate::compose::source::Location;

/// One value and its place. The place of an aliased or merged value is that of its definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands, quotes included; tags and anchors are not.
    pub location: Location,
    /// `!reset` or `!override`, if it carries one.
    pub tag: Option<Tag>,
}

/// The tags Compose gives a meaning to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Removes the key, and what earlier files gave it.
    Reset,
    /// Replaces what earlier files gave, without merging.
    Override,
}

/// A resolved YAML value.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Null.
    Null,
    /// Boolean.
    Bool(bool),
    /// Integer; what a file can give fits 64 bits, signed or unsigned.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// Timestamp, as written.
    Time(String),
    /// Text.
    Str(String),
    /// Sequence.
    Seq(Vec<Node>),
    /// Mapping, in the order of the file.
    Map(Map),
}

// Texts are the user's secrets.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(value) => f.debug_tuple("Bool").field(value).finish(),
            Self::Int(value) => f.debug_tuple("Int").field(value).finish(),
            Self::Float(value) => f.debug_tuple("Float").field(value).finish(),
            Self::Time(value) => f.debug_tuple("Time").field(value).finish(),
            Self::Str(text) => write!(f, "Str({} bytes)", text.len()),
            Self::Seq(items) => f.debug_tuple("Seq").field(items).finish(),
            Self::Map(map) => f.debug_tuple("Map").field(map).finish(),
        }
    }
}

/// A mapping with text keys.
pub type Map = IndexMap<String, Entry>;

/// One entry of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key: Location,
    /// Its value.
    pub node: Node,
}

impl Node {
    /// A value at `location` without a tag.
    #[must_use]
    pub fn new(value: Value, location: Location) -> Self {
        Self { value, location, tag: None }
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Value::Str(text) = &self.value { Some(text) } else { None }
    }

    /// The mapping, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = &self.value { Some(map) } else { None }
    }

    /// The items, if it is a sequence.
    #[must_use]
    pub fn as_seq(&self) -> Option<&[Self]> {
        if let Value::Seq(items) = &self.value { Some(items) } else { None }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The value of `key`, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key).map(|entry| &entry.node)
    }

    /// The type as messages name it: "`ports` must be a list, not an integer".
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Time(_) => "a date",
            Value::Str(_) => "a text",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}
