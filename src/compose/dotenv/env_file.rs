//! What a file of variables gives.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{grammar, raw};
use crate::compose::ComposeError;
use crate::compose::model::Environment;
use crate::compose::source::{Location, SourceFile};

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Quotes, comments, escapes and variables.
    #[default]
    Compose,
    /// `format: raw`: everything after the first `=` is the value.
    Raw,
}

/// One variable of a file.
#[derive(Clone, PartialEq)]
pub struct Assignment {
    /// Its name; empty where Compose reads a line without a name as one.
    pub name: String,
    /// Its value; nothing for a name alone that the environment does not know either.
    pub value: Option<String>,
    /// The value as written, quotes included; for a name alone the place after it.
    pub location: Location,
}

// Values are secrets.
impl std::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assignment")
            .field("name", &self.name)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

/// A whole file of variables, in the order of its lines; a later one of the same name wins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnvFile {
    /// The variables.
    pub assignments: Vec<Assignment>,
    /// Variables that values name but nobody knows, each with its first place; they became empty.
    pub unset: IndexMap<String, Location>,
}

impl EnvFile {
    /// The assignment that gives `name` its value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Assignment> {
        self.assignments.iter().rev().find(|one| one.name == name && one.value.is_some())
    }
}

/// Reads `file`. Values may use the variables `lookup` knows and, where it knows none, those of
/// the lines before.
///
/// # Errors
/// A name that is none, a quote that is not closed, a broken `${`, a required variable without a
/// value.
pub fn parse(
    file: &Arc<SourceFile>,
    format: Format,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<EnvFile, ComposeError> {
    parse_after(&Environment::default(), file, format, lookup)
}

/// Reads `file` as [`parse`], where `earlier` has the variables of the files before it: to values
/// they are like lines before.
///
/// # Errors
/// As [`parse`].
pub fn parse_after(
    earlier: &Environment,
    file: &Arc<SourceFile>,
    format: Format,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<EnvFile, ComposeError> {
    match format {
        Format::Compose => grammar::parse(file, earlier, lookup),
        Format::Raw => raw::parse(file, lookup),
    }
}
