//! Trees in canonical form to records, with an exact place for everything that does not fit.

use std::collections::BTreeMap;

use super::extensions::Extensions;
use super::moment;
use crate::compose::ComposeError;
use crate::compose::document::{Entry, Map, Node, Value};
use crate::compose::path::Path;
use crate::text::did_you_mean;

/// A value that can be read from a tree in canonical form.
pub(crate) trait Decode: Sized {
    /// Reads the value.
    ///
    /// # Errors
    /// The place and the kind of what does not fit.
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError>;

    /// Reads a mapping of such values.
    ///
    /// # Errors
    /// As [`Decode::decode`].
    fn decode_map(node: &Node, path: &Path<'_>) -> Result<BTreeMap<String, Self>, ComposeError> {
        let entries = mapping(node, path)?.iter();
        entries
            .map(|(key, entry)| Ok((key.clone(), Self::decode(&entry.node, &path.child(key))?)))
            .collect()
    }

    /// Whether the value counts as not given.
    fn is_absent(&self) -> bool {
        false
    }
}

/// Keys that may have no value.
const NULLABLE: [&str; 4] = ["command", "entrypoint", "deploy", "develop"];

/// The entries of a record. Keys nobody knows were refused before.
pub(crate) struct Fields<'a> {
    map: &'a Map,
    path: &'a Path<'a>,
}

impl<'a> Fields<'a> {
    /// The entries of `node`.
    ///
    /// # Errors
    /// It is no mapping.
    pub(crate) fn of(node: &'a Node, path: &'a Path<'a>) -> Result<Self, ComposeError> {
        Ok(Self { map: mapping(node, path)?, path })
    }

    /// The `x-` keys.
    pub(crate) fn extensions(&self) -> Extensions {
        Extensions::of(self.map)
    }

    /// The value of `key`; the default if it is not given.
    ///
    /// # Errors
    /// As [`Decode::decode`]; it is null where Compose wants a value.
    pub(crate) fn get<T: Decode + Default>(&self, key: &str) -> Result<T, ComposeError> {
        match self.map.get(key) {
            None => Ok(T::default()),
            Some(entry) if !entry.node.is_null() => T::decode(&entry.node, &self.path.child(key)),
            Some(_) if NULLABLE.contains(&key) => Ok(T::default()),
            Some(entry) => {
                let message = format!("`{}` has no value", self.path.child(key));
                Err(ComposeError::at(entry.key.clone(), message)
                    .with_help("give it a value, or remove the key"))
            }
        }
    }
}

/// The error for a key at `path` that is none of `known`.
pub(crate) fn unknown_key<'a>(
    entry: &Entry,
    path: &Path<'_>,
    known: impl Iterator<Item = &'a str>,
) -> ComposeError {
    let error = ComposeError::at(entry.key.clone(), format!("`{path}` is not a key Compose knows"));
    match did_you_mean(path.key(), known) {
        Some(similar) => error.with_help(format!("did you mean `{similar}`?")),
        None => error,
    }
}

/// The mapping a value must be.
///
/// # Errors
/// It is none.
pub(crate) fn mapping<'a>(node: &'a Node, path: &Path<'_>) -> Result<&'a Map, ComposeError> {
    node.as_map().ok_or_else(|| mismatch(node, path, "a mapping"))
}

/// The error for a value that is not what stands at its place.
pub(crate) fn mismatch(node: &Node, path: &Path<'_>, wanted: &str) -> ComposeError {
    if path.to_string().is_empty() {
        return ComposeError::at(
            node.location.clone(),
            format!("a compose file must be a mapping, not {}", node.kind()),
        );
    }
    let message = match &node.value {
        Value::Int(_) if wanted.contains("integer") => format!("`{path}` must be {wanted}"),
        Value::Str(_) => format!("`{path}` must be {wanted}"),
        _ => format!("`{path}` must be {wanted}, not {}", node.kind()),
    };
    let error = ComposeError::at(node.location.clone(), message);
    match node.value {
        Value::Time(_) => error.with_help("put the date in quotes"),
        _ => error,
    }
}

/// A scalar as Go prints it; what Compose makes of numbers and booleans where it wants text.
pub(crate) fn scalar_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Null => Some(String::new()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => Some(float_text(*value)),
        Value::Str(text) => Some(text.clone()),
        Value::Time(text) => Some(moment::printed(text)),
        Value::Seq(_) | Value::Map(_) => None,
    }
}

/// A number as Go's `%v` prints it: shortest, with an exponent from `1e+06` and below `1e-4`.
pub(crate) fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if value != 0.0 && !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => value.to_string(),
    }
}

impl Decode for bool {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        match &node.value {
            Value::Bool(value) => Ok(*value),
            Value::Str(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "y" | "yes" | "on" => Ok(true),
                "false" | "n" | "no" | "off" => Ok(false),
                _ => Err(mismatch(node, path, "`true` or `false`")),
            },
            _ => Err(mismatch(node, path, "`true` or `false`")),
        }
    }
}

macro_rules! integers {
    ($($type:ty: $wanted:literal),*) => {$(
        impl Decode for $type {
            // Where a number may stand, Compose cuts what follows the point.
            #[expect(clippy::cast_possible_truncation, reason = "so does Compose")]
            fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
                let value = match &node.value {
                    Value::Int(value) => Self::try_from(*value).ok(),
                    Value::Float(value) => Self::try_from(*value as i128).ok(),
                    Value::Str(text) => text.parse().ok(),
                    _ => None,
                };
                value.ok_or_else(|| mismatch(node, path, $wanted))
            }
        }
    )*};
}
integers!(i64: "an integer", u64: "a positive integer", u32: "a positive integer", u16: "a positive integer");

impl Decode for f32 {
    #[expect(clippy::cast_possible_truncation, reason = "Compose keeps 32 bits, too")]
    #[expect(clippy::cast_precision_loss, reason = "Compose keeps 32 bits, too")]
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        let value = match &node.value {
            Value::Int(value) => Some(*value as Self),
            Value::Float(value) => Some(*value as Self),
            Value::Str(text) => text.parse().ok(),
            _ => None,
        };
        let value = value.ok_or_else(|| mismatch(node, path, "a number"))?;
        // Compose takes it in a file, and fails wherever it writes it as JSON: in the hash, in `up`.
        if !value.is_finite() {
            let message = format!("`{path}` must be a number that 32 bits can hold");
            return Err(ComposeError::at(node.location.clone(), message));
        }
        Ok(value)
    }
}

impl Decode for String {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        let text = node.as_str().ok_or_else(|| mismatch(node, path, "a text"))?;
        Ok(text.to_owned())
    }

    /// Labels, options and the like: a mapping whose values become text, or a list of `key=value`.
    fn decode_map(node: &Node, path: &Path<'_>) -> Result<BTreeMap<String, Self>, ComposeError> {
        match &node.value {
            Value::Map(map) => text_map(map, path),
            Value::Seq(items) => items.iter().map(|item| assignment(item, path)).collect(),
            _ => Err(mismatch(node, path, "a mapping or a list")),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

fn text_map(map: &Map, path: &Path<'_>) -> Result<BTreeMap<String, String>, ComposeError> {
    let mut texts = BTreeMap::new();
    let mut extensions = Vec::new();
    for (key, entry) in map {
        let text = text_of(&entry.node, &path.child(key))?;
        if key.starts_with("x-") {
            extensions.push((key.as_str(), text));
        } else {
            texts.insert(key.clone(), text);
        }
    }
    if let Some(text) = extensions_text(extensions) {
        texts.insert(EXTENSIONS.to_owned(), text);
    }
    Ok(texts)
}

/// The key under which Compose gathers the `x-…` keys of *any* mapping, also of labels and
/// environments.
pub(super) const EXTENSIONS: &str = "#extensions";

/// The `x-…` keys of a mapping of texts as they end on the container: as Go prints a map.
pub(super) fn extensions_text(mut extensions: Vec<(&str, String)>) -> Option<String> {
    extensions.sort();
    let pairs: Vec<String> = extensions.iter().map(|(key, text)| format!("{key}:{text}")).collect();
    (!pairs.is_empty()).then(|| format!("map[{}]", pairs.join(" ")))
}

fn assignment(item: &Node, path: &Path<'_>) -> Result<(String, String), ComposeError> {
    let text = text_of(item, &path.child("[]"))?;
    let (key, value) = text.split_once('=').unwrap_or((&text, ""));
    Ok((key.to_owned(), value.to_owned()))
}

/// A scalar as text.
///
/// # Errors
/// It is no scalar.
pub(super) fn text_of(node: &Node, path: &Path<'_>) -> Result<String, ComposeError> {
    scalar_text(node).ok_or_else(|| mismatch(node, path, "a text, a number or a boolean"))
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        if node.is_null() {
            return Ok(None);
        }
        let value = T::decode(node, path)?;
        Ok((!value.is_absent()).then_some(value))
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        let items = node.as_seq().ok_or_else(|| mismatch(node, path, "a list"))?;
        items.iter().map(|item| T::decode(item, &path.child("[]"))).collect()
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        T::decode_map(node, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::document::fixture::document;

    fn decode<T: Decode>(text: &str) -> Result<T, String> {
        let path = Path::ROOT;
        T::decode(&document(text), &path.child("key"))
            .map_err(|error| format!("{} {error}", error.location.as_ref().unwrap()))
    }

    #[test]
    fn numbers_become_the_text_go_prints() {
        let cases = [
            (1.1, "1.1"),
            (1_000_000.0, "1e+06"),
            (123_456.0, "123456"),
            (1_234_567.5, "1.2345675e+06"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (f64::INFINITY, "+Inf"),
            (0.0, "0"),
            (-2.5e30, "-2.5e+30"),
        ];
        for (value, expected) in cases {
            assert_eq!(float_text(value), expected);
        }
    }

    #[test]
    fn texts_are_cast_where_a_number_or_a_boolean_stands() {
        assert_eq!(decode::<bool>("'Yes'"), Ok(true));
        assert_eq!(decode::<i64>("'-3'"), Ok(-3));
        assert_eq!(decode::<f32>("'0.5'"), Ok(0.5));
        for text in ["3e55", "'3e55'", ".inf", "-.inf", ".nan"] {
            assert!(decode::<f32>(text).is_err(), "{text}");
        }
        assert_eq!(
            decode::<u64>("-1").unwrap_err(),
            "compose.yaml:1:1 `key` must be a positive integer"
        );
        assert_eq!(
            decode::<String>("5").unwrap_err(),
            "compose.yaml:1:1 `key` must be a text, not an integer"
        );
    }

    #[test]
    fn maps_of_text_have_two_forms_and_gather_extensions() {
        let map = decode::<BTreeMap<String, String>>("{a: 1, b: null, x-y: 2, x-x: z}").unwrap();
        let expected = [("#extensions", "map[x-x:z x-y:2]"), ("a", "1"), ("b", "")];
        assert_eq!(map, expected.map(|(key, value)| (key.into(), value.into())).into());
        let list = decode::<BTreeMap<String, String>>("[a=1, b, x-y=2]").unwrap();
        let expected = [("a", "1"), ("b", ""), ("x-y", "2")];
        assert_eq!(list, expected.map(|(key, value)| (key.into(), value.into())).into());
    }
}
