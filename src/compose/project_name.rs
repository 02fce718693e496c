//! The name of a project.

use std::path::PathBuf;

use super::document::{Node, parse};
use super::interpolate::interpolate;
use super::load::LoadOptions;
use super::locate::Located;
use super::{ComposeError, Dialect};
use crate::compose::disk::Disk;

/// The name by the flag, the variable, the last `name:` of the files or the folder, in this
/// order.
///
/// # Errors
/// The flag or the variable hold no valid name, or the folder's name gives none.
pub(crate) fn project_name(
    options: &LoadOptions,
    located: &Located,
    disk: &Disk<'_>,
) -> Result<String, ComposeError> {
    let variable = located.variables.get("COMPOSE_PROJECT_NAME");
    let explicit = options.project_name.as_ref().or(variable).filter(|name| !name.is_empty());
    if let Some(name) = explicit {
        return if normalized(name) == *name { Ok(name.clone()) } else { Err(invalid(name)) };
    }
    let of_files = normalized(&named_in(&located.files, located, disk)?);
    if !of_files.is_empty() {
        return Ok(of_files);
    }
    let folder = located.dir.file_name().map(|name| name.to_string_lossy().into_owned());
    match normalized(&folder.unwrap_or_default()) {
        name if name.is_empty() => {
            Err(ComposeError::new("the name of the folder gives no name for the project")
                .with_help("pass a name with `-p`, or set `name:` in the file"))
        }
        name => Ok(name),
    }
}

/// The last `name:` in the files, empty if there is none. A file that is no YAML is an error
/// later.
fn named_in(files: &[PathBuf], located: &Located, disk: &Disk<'_>) -> Result<String, ComposeError> {
    let mut last: Option<Node> = None;
    for path in files {
        let documents = parse(&disk.read(path)?, Dialect::V2).unwrap_or_default();
        for name in documents.iter().filter_map(|document| document.get("name")) {
            if name.as_str().is_some_and(|name| !name.is_empty()) {
                last = Some(name.clone());
            }
        }
    }
    let Some(name) = last else { return Ok(String::new()) };
    let lookup = |name: &str| located.variables.get(name).cloned();
    let result = interpolate(&name, Dialect::V2, &lookup)?;
    Ok(result.node.as_str().unwrap_or_default().to_owned())
}

fn invalid(name: &str) -> ComposeError {
    ComposeError::new(format!("`{name}` is no name for a project"))
        .with_help("use lower-case letters, digits, `-` and `_`, and begin with a letter or digit")
}

/// What Compose makes of a name: lower case, without signs it does not allow.
fn normalized(name: &str) -> String {
    let allowed = |c: &char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
    let kept: String = name.to_lowercase().chars().filter(allowed).collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}
