//! Small moves on trees that several stages share.

use crate::compose::ComposeError;
use crate::compose::document::{Entry, Map, Node, Value};
use crate::compose::model::decode::{mapping, mismatch};
use crate::compose::path::Path;
use crate::compose::source::Location;

/// The mapping a value must be, to change it.
///
/// # Errors
/// It is none.
pub(super) fn mapping_mut<'a>(
    node: &'a mut Node,
    path: &Path<'_>,
) -> Result<&'a mut Map, ComposeError> {
    mapping(node, path)?;
    entries_mut(node).ok_or_else(|| ComposeError::new("a mapping is none"))
}

/// The entries of a value, if it is a mapping.
pub(super) fn entries_mut(node: &mut Node) -> Option<&mut Map> {
    if let Value::Map(map) = &mut node.value { Some(map) } else { None }
}

/// The value of `key`, if `node` is a mapping that has it.
pub(super) fn get_mut<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    entries_mut(node)?.get_mut(key).map(|entry| &mut entry.node)
}

/// A text at `location`.
pub(super) fn text(text: impl Into<String>, location: &Location) -> Node {
    Node::new(Value::Str(text.into()), location.clone())
}

/// An entry whose key stands where its value does.
pub(super) fn entry(node: Node) -> Entry {
    Entry { key: node.location.clone(), node }
}

/// A mapping at `location` of values that stand there, too.
pub(super) fn record<const N: usize>(location: &Location, fields: [(&str, Value); N]) -> Node {
    let entries = fields
        .into_iter()
        .map(|(key, value)| (key.to_owned(), entry(Node::new(value, location.clone()))));
    Node::new(Value::Map(entries.collect()), location.clone())
}

/// Gives `map` a value for `key` unless it has one.
pub(super) fn default(map: &mut Map, key: &str, value: Value, location: &Location) {
    map.entry(key.to_owned()).or_insert_with(|| entry(Node::new(value, location.clone())));
}

/// The text a value must be.
///
/// # Errors
/// It is none.
pub(super) fn expect_text<'a>(node: &'a Node, path: &Path<'_>) -> Result<&'a str, ComposeError> {
    node.as_str().ok_or_else(|| mismatch(node, path, "a text"))
}

/// Calls `visit` for every value in `node` from the outside in; it returns whether to go on
/// inside.
///
/// # Errors
/// The first error of `visit`.
pub(super) fn walk(
    node: &mut Node,
    path: &Path<'_>,
    visit: &mut dyn FnMut(&mut Node, &Path<'_>) -> Result<bool, ComposeError>,
) -> Result<(), ComposeError> {
    if !visit(node, path)? {
        return Ok(());
    }
    match &mut node.value {
        Value::Map(map) => {
            for (key, entry) in map.iter_mut() {
                walk(&mut entry.node, &path.child(key), visit)?;
            }
        }
        Value::Seq(items) => {
            for item in items {
                walk(item, &path.child("[]"), visit)?;
            }
        }
        _ => {}
    }
    Ok(())
}
