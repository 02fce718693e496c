//! Networks, volumes, secrets and configs of a project.

use std::path::Path;
use std::rc::Rc;

use super::files::{File, Scope};
use super::merge;
use super::service::{string_dict, update};
use super::value::{Dict, Py};
use crate::compose::ComposeError;
use crate::compose::disk::absolute;

/// What is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Network,
    Volume,
    Secret,
    Config,
}

impl Kind {
    fn section(self) -> &'static str {
        match self {
            Self::Network => "networks",
            Self::Volume => "volumes",
            Self::Secret => "secrets",
            Self::Config => "configs",
        }
    }
}

/// The entries of a section in all files; a later file replaces whole entries.
///
/// # Errors
/// Something external that says more than its name.
pub(super) fn section(
    scope: &Scope<'_>,
    files: &[Rc<File>],
    kind: Kind,
) -> Result<Dict, ComposeError> {
    let mut all = Dict::new();
    for file in files {
        for (key, entry) in file.section(kind.section()) {
            let entry = finished(scope, kind, &key, entry.into_dict()).map_err(|mut error| {
                error.location = file.place(kind.section(), &key, "external");
                error
            })?;
            all.insert(key, Py::Dict(entry));
        }
    }
    Ok(all)
}

fn finished(
    scope: &Scope<'_>,
    kind: Kind,
    key: &str,
    mut entry: Dict,
) -> Result<Dict, ComposeError> {
    if entry.get("external").is_some_and(|external| !external.is_empty()) {
        let allowed = |name: &str| {
            matches!(name, "external" | "name") || (kind == Kind::Network && name == "driver")
        };
        if let Some(other) = entry.keys().find(|name| !allowed(name)) {
            let section = kind.section();
            let message = format!("`{section}.{key}` is external and cannot have `{other}`");
            return Err(ComposeError::new(message));
        }
        let name = match entry.get("external") {
            Some(Py::Dict(external)) => Some(external.get("name").cloned().unwrap_or(Py::None)),
            _ if entry.get("name").is_none_or(Py::is_empty) => Some(Py::str(key)),
            _ => None,
        };
        entry.extend(name.map(|name| ("name".to_owned(), name)));
    }
    update(&mut entry, "labels", |labels| Py::Dict(merge::texts(labels)));
    update(&mut entry, "file", |file| Py::Str(scope.expanded(&scope.dir, &file.text())));
    update(&mut entry, "driver_opts", |options| Py::Dict(string_dict(options.into_dict())));
    if kind == Kind::Volume {
        resolve_device(scope, &mut entry);
    }
    Ok(entry)
}

/// A folder that a local volume binds is one from the working directory.
fn resolve_device(scope: &Scope<'_>, entry: &mut Dict) {
    let is_local = entry.get("driver").is_none_or(|driver| driver.as_str() == Some("local"));
    let Some(Py::Dict(options)) = entry.get_mut("driver_opts") else { return };
    let is_bind = options.get("o").and_then(Py::as_str) == Some("bind");
    let device = options.get("device").and_then(Py::as_str).filter(|device| !device.is_empty());
    if let (true, true, Some(device)) = (is_local, is_bind, device) {
        let path = absolute(scope.cwd, Path::new(&scope.at_home(device)));
        options.insert("device".to_owned(), Py::Str(path.display().to_string()));
    }
}
