//! Values that say the same, wherever they stand and in whatever order their keys are.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::node::{Node, Value};

/// Whether two trees say the same.
pub(crate) fn is_same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, entry)| {
                    b.get(key).is_some_and(|other| is_same(&entry.node, &other.node))
                })
        }
        (Value::Seq(a), Value::Seq(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (a, b) => a == b,
    }
}

/// The first item that says the same as one before it.
pub(crate) fn first_repeated(items: &[Node]) -> Option<&Node> {
    // A range of ports is a list of thousands: only those of one digest are compared.
    let mut seen: HashMap<u64, Vec<&Node>> = HashMap::new();
    items.iter().find(|item| {
        let alike = seen.entry(digest(item)).or_default();
        let is_repeated = alike.iter().any(|other| is_same(item, other));
        alike.push(item);
        is_repeated
    })
}

/// The same number for trees that say the same.
fn digest(node: &Node) -> u64 {
    let mut hasher = DefaultHasher::new();
    match &node.value {
        Value::Null => {}
        Value::Bool(value) => value.hash(&mut hasher),
        Value::Int(value) => value.hash(&mut hasher),
        Value::Float(value) => (value + 0.0).to_bits().hash(&mut hasher), // -0 is 0
        Value::Time(text) | Value::Str(text) => text.hash(&mut hasher),
        Value::Seq(items) => items.iter().for_each(|item| digest(item).hash(&mut hasher)),
        Value::Map(map) => {
            let entry = |(key, entry): (&String, &super::Entry)| {
                let mut hasher = DefaultHasher::new();
                (key, digest(&entry.node)).hash(&mut hasher);
                hasher.finish()
            };
            map.iter().map(entry).fold(0_u64, u64::wrapping_add).hash(&mut hasher);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::document::fixture::document;

    fn repeated(items: &str) -> Option<String> {
        let list = document(items);
        first_repeated(list.as_seq().unwrap()).map(|item| item.location.text().to_owned())
    }

    #[test]
    fn the_order_of_keys_makes_no_difference_and_that_of_items_does() {
        assert_eq!(repeated("[{a: 1, b: [2]}, {b: [2], a: 1}]").as_deref(), Some("{b: [2], a: 1}"));
        assert_eq!(repeated("[[1, 2], [2, 1], {a: 1}, {a: 2}, {b: 1}]"), None);
        assert_eq!(repeated("[0.0, 1, -0.0]").as_deref(), Some("-0.0"));
        assert_eq!(repeated("['1', 1, ~, '', true, 'true']"), None);
    }
}
