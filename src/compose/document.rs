//! One YAML file as a tree that remembers where every value stands; the only file that names a
//! YAML parser for compose files. Scalars are resolved as Compose's parser (go-yaml v3) does.

use indexmap::IndexMap;

use super::source::Location;

/// One value and its place. The place of an aliased or merged value is that of its definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands, quotes included.
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
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Null.
    Null,
    /// Boolean.
    Bool(bool),
    /// Integer that fits 64 bits.
    Int(i64),
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
