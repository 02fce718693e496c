//! Proves that an edit changes what it is meant to change and nothing else.

use std::sync::Arc;

use super::file_edit::{Replacement, Syntax};
use crate::compose::document::{self, Node, Value};
use crate::compose::dotenv::{self, Format};
use crate::compose::source::{Location, SourceFile};
use crate::compose::{ComposeError, Dialect};

/// A value of a file: its path of keys and indexes, its place and itself.
type Leaf = (String, Location, Option<Value>);

/// Reads both texts and compares them value by value.
///
/// # Errors
/// The place of the first replacement, if another value would change too.
pub(super) fn check(
    before: &Arc<SourceFile>,
    after: &Arc<SourceFile>,
    replacements: &[&Replacement],
) -> Result<(), ComposeError> {
    let Some(first) = replacements.first() else { return Ok(()) };
    let kept = leaves(before, first.syntax)
        .and_then(|before| Ok((before, leaves(after, first.syntax)?)))
        .is_ok_and(|(before, after)| only_scalars_differ(&before, &after, replacements));
    if kept {
        return Ok(());
    }
    let message = "changing the tag here would change more than the tag";
    Err(ComposeError::at(first.scalar.clone(), message).with_help("change this line by hand"))
}

fn only_scalars_differ(before: &[Leaf], after: &[Leaf], replacements: &[&Replacement]) -> bool {
    let is_meant = |place: &Location| replacements.iter().any(|one| one.scalar == *place);
    before.len() == after.len()
        && before.iter().zip(after).all(|((path, place, value), (new_path, _, new_value))| {
            path == new_path && is_meant(place) == (value != new_value)
        })
}

fn leaves(file: &Arc<SourceFile>, syntax: Syntax) -> Result<Vec<Leaf>, ComposeError> {
    let mut leaves = Vec::new();
    match syntax {
        Syntax::Yaml(dialect) => yaml(file, dialect, &mut leaves)?,
        Syntax::EnvFile => {
            // Required variables must not fail here: what counts is what the file itself says.
            let anything = |_: &str| Some("x".to_owned());
            for one in dotenv::parse(file, Format::Compose, &anything)?.assignments {
                leaves.push((one.name, one.location, one.value.map(Value::Str)));
            }
        }
    }
    Ok(leaves)
}

fn yaml(
    file: &Arc<SourceFile>,
    dialect: Dialect,
    leaves: &mut Vec<Leaf>,
) -> Result<(), ComposeError> {
    for (index, document) in document::parse(file, dialect)?.iter().enumerate() {
        walk(document, &index.to_string(), leaves);
    }
    Ok(())
}

fn walk(node: &Node, path: &str, leaves: &mut Vec<Leaf>) {
    match &node.value {
        Value::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{path}/{index}"), leaves);
            }
        }
        Value::Map(map) => {
            for (key, entry) in map {
                walk(&entry.node, &format!("{path}/{key}"), leaves);
            }
        }
        value => leaves.push((path.to_owned(), node.location.clone(), Some(value.clone()))),
    }
}
