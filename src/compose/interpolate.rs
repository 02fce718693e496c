//! Puts the values of variables into a tree; keys and everything that is not text stay.

use indexmap::IndexMap;

use super::document::{Entry, Node, Value};
use super::source::Location;
use super::template::{self, TemplateError};
use super::{ComposeError, Dialect};

/// A tree without variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Interpolated {
    /// The tree; every value keeps its place and its tag.
    pub node: Node,
    /// Variables that have no value and became empty, each with its first place.
    pub unset: IndexMap<String, Location>,
}

/// Replaces the variables in every text value of `node`. What is to become a number or a boolean
/// by its place in the file is still text afterwards: Compose converts *every* text there, also
/// one without a variable.
///
/// # Errors
/// At the `$` of a broken `${` or of a required variable without a value.
pub fn interpolate(
    node: &Node,
    dialect: Dialect,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Interpolated, ComposeError> {
    let mut walker = Walker { dialect, lookup, unset: IndexMap::new(), growth: 0 };
    let node = walker.walk(node)?;
    Ok(Interpolated { node, unset: walker.unset })
}

struct Walker<'a> {
    dialect: Dialect,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    unset: IndexMap<String, Location>,
    /// Bytes that variables have added so far.
    growth: usize,
}

impl Walker<'_> {
    fn walk(&mut self, node: &Node) -> Result<Node, ComposeError> {
        let value = match &node.value {
            Value::Str(text) if text.contains('$') => Value::Str(self.text(text, &node.location)?),
            Value::Seq(items) => {
                Value::Seq(items.iter().map(|item| self.walk(item)).collect::<Result<_, _>>()?)
            }
            Value::Map(map) => {
                let entries = map.iter().map(|(name, entry)| {
                    let node = self.walk(&entry.node)?;
                    Ok((name.clone(), Entry { key: entry.key.clone(), node }))
                });
                Value::Map(entries.collect::<Result<_, ComposeError>>()?)
            }
            other => other.clone(),
        };
        Ok(Node { value, location: node.location.clone(), tag: node.tag })
    }

    fn text(&mut self, text: &str, location: &Location) -> Result<String, ComposeError> {
        let unset = &mut self.unset;
        let mut note = |name: &str, at| {
            unset.entry(name.to_owned()).or_insert_with(|| location.inner(text, at));
        };
        let resolved = template::substitute(text, self.dialect, self.lookup, &mut note).map_err(
            |TemplateError { at, message }| ComposeError::at(location.inner(text, at), message),
        )?;
        self.growth += resolved.len().saturating_sub(text.len());
        if self.growth > template::GROWTH {
            let message = "the variables up to here make this file too long";
            return Err(ComposeError::at(location.clone(), message));
        }
        Ok(resolved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::document::Tag;
    use crate::compose::document::fixture;

    fn resolve(text: &str) -> Result<Interpolated, ComposeError> {
        let lookup = |name: &str| (name == "A").then(|| "va".to_owned());
        interpolate(&fixture::document(text), Dialect::V2, &lookup)
    }

    #[test]
    fn values_are_resolved_and_keys_are_not() {
        let root = resolve("$A: [$A, 1, {b: !reset '${A}'}]\n").unwrap().node;
        let items = root.get("$A").unwrap().as_seq().unwrap();
        assert_eq!(items[0].as_str(), Some("va"));
        assert_eq!(items[0].location.text(), "$A");
        assert_eq!(items[1].value, Value::Int(1));
        let tagged = items[2].get("b").unwrap();
        assert_eq!((tagged.as_str(), tagged.tag), (Some("va"), Some(Tag::Reset)));
    }

    #[test]
    fn unset_variables_are_collected_once_with_their_place() {
        let unset = resolve("a: x $U\nb: '$U $V'\n").unwrap().unset;
        let places: Vec<String> =
            unset.iter().map(|(name, place)| format!("{name} {place}")).collect();
        assert_eq!(places, ["U compose.yaml:1:6", "V compose.yaml:2:8"]);
    }

    #[test]
    fn errors_stand_at_the_dollar_if_the_text_is_in_the_file_as_it_is() {
        let cases = [
            ("a: x ${\n", "compose.yaml:1:6"),
            ("a:\n  - 'x ${'\n", "compose.yaml:2:8"),
            ("a: \"\\t ${\"\n", "compose.yaml:1:4"),
            ("a: |\n  x ${\n", "compose.yaml:2:5"),
        ];
        for (text, expected) in cases {
            let error = resolve(text).unwrap_err();
            assert_eq!(error.location.unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn growth_beyond_all_measure_is_an_error() {
        let lookup = |_: &str| Some("x".repeat(1 << 20));
        let root = fixture::document("a: [$A, $A, $A, $A,\n $A]\n");
        let error = interpolate(&root, Dialect::V2, &lookup).unwrap_err();
        assert_eq!(error.to_string(), "the variables up to here make this file too long");
        assert_eq!(error.location.unwrap().to_string(), "compose.yaml:2:2");
    }
}
