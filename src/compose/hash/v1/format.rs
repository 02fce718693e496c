//! The two formats of v1's files, and what v1 asks of a file before it looks at any value.

use crate::compose::ComposeError;
use crate::compose::document::{Node, Value};

/// How a file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// With sections: `services:` and others.
    Sections,
    /// The oldest one: every key of the file is a service.
    Legacy,
}

/// The sections of a file, each with what its entries are called.
pub(super) const SECTIONS: [&str; 5] = ["services", "volumes", "networks", "secrets", "configs"];

impl Format {
    /// The format of a file, by its `version`, else by its sections.
    ///
    /// # Errors
    /// The file is no mapping, its version is none v1 takes, or its services are no mappings.
    pub(super) fn of(root: &Node) -> Result<Self, ComposeError> {
        if root.as_map().is_none() {
            let message = format!("a compose file must be a mapping, not {}", root.kind());
            return Err(ComposeError::at(root.location.clone(), message));
        }
        match root.get("version") {
            Some(version) if !is_false(version) => Self::of_version(version),
            _ => {
                let has = |name: &str| root.get(name).is_some_and(|section| !is_false(section));
                if ["services", "networks", "volumes"].into_iter().any(has) {
                    return Ok(Self::Sections);
                }
                check_entries(root, "the file")?;
                Ok(Self::Legacy)
            }
        }
    }

    fn of_version(version: &Node) -> Result<Self, ComposeError> {
        let refuse = |message: String, help: &str| {
            Err(ComposeError::at(version.location.clone(), message).with_help(help))
        };
        match &version.value {
            // A service of that name.
            Value::Map(_) => Ok(Self::Legacy),
            Value::Str(text) if is_known(text) => Ok(Self::Sections),
            Value::Str(text) => refuse(
                format!("`version: {text}` is none that Compose 1.29 takes"),
                "use `version: \"3.8\"`, or leave it out",
            ),
            _ => refuse(
                format!("`version` must be a text for Compose 1.29, not {}", version.kind()),
                "put it in quotes",
            ),
        }
    }

    /// The section `name` of a file; in the oldest format the whole file is `services`.
    pub(super) fn section<'a>(self, root: &'a Node, name: &str) -> Option<&'a Node> {
        match self {
            Self::Sections => root.get(name),
            Self::Legacy => (name == "services").then_some(root),
        }
    }
}

/// `2`, `3`, `2.4`, `33.8`; not `1`.
fn is_known(version: &str) -> bool {
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    let is_major = !major.is_empty() && major.bytes().all(|byte| matches!(byte, b'1'..=b'3'));
    let is_minor = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
    is_major && is_minor && !version.starts_with('1')
}

/// What Python takes for false.
fn is_false(node: &Node) -> bool {
    super::value::Py::of(node).is_empty()
}

/// A section must be a mapping of mappings; an entry may be null.
///
/// # Errors
/// The first place where it is not.
pub(super) fn check_entries(section: &Node, name: &str) -> Result<(), ComposeError> {
    let Some(map) = section.as_map() else {
        let message = format!("`{name}` must be a mapping, not {}", section.kind());
        return Err(ComposeError::at(section.location.clone(), message));
    };
    let wrong =
        map.iter().find(|(_, entry)| !matches!(entry.node.value, Value::Map(_) | Value::Null));
    wrong.map_or(Ok(()), |(key, entry)| {
        let message = format!("`{name}.{key}` must be a mapping, not {}", entry.node.kind());
        Err(ComposeError::at(entry.node.location.clone(), message))
    })
}

/// The section with an empty mapping in place of every null.
pub(super) fn filled(section: &Node) -> Node {
    let mut section = section.clone();
    if let Value::Map(map) = &mut section.value {
        for entry in map.values_mut().filter(|entry| entry.node.is_null()) {
            entry.node.value = Value::Map(indexmap::IndexMap::new());
        }
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_texts_from_2_to_3() {
        for version in ["2", "3", "2.4", "3.8", "3.99", "33"] {
            assert!(is_known(version), "{version}");
        }
        for version in ["", "1", "1.5", "4", "3.", "3.0.0", "2 ", "3a", "12"] {
            assert!(!is_known(version), "{version}");
        }
    }
}
