//! The variables of interpolation: the process's own, and those of files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::ComposeError;
use super::disk::Disk;
use super::dotenv::{self, Format};

/// Variables by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// Adds the variables of `files` that `known` does not have; of several files the last one wins.
///
/// # Errors
/// A file cannot be read or is no file of variables.
pub(crate) fn extend(
    known: &mut Variables,
    disk: &Disk<'_>,
    files: &[PathBuf],
) -> Result<(), ComposeError> {
    let mut found = Variables::new();
    for path in files {
        let file = disk.read(path)?;
        let lookup = |name: &str| known.get(name).or_else(|| found.get(name)).cloned();
        let parsed = dotenv::parse(&file, Format::Compose, &lookup)?;
        for assignment in parsed.assignments {
            if let Some(value) = assignment.value {
                found.insert(assignment.name, value);
            }
        }
    }
    for (name, value) in found {
        known.entry(name).or_insert(value);
    }
    Ok(())
}
