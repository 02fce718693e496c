//! `extends` as v1 resolves it: the other service is finished first, then merged under.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::{File, Scope};
use super::value::{Dict, Py};
use super::{load, merge, service};
use crate::compose::ComposeError;
use crate::compose::disk::absolute;

/// The service of the project on top of everything it extends.
pub(super) fn resolve(
    scope: &Scope<'_>,
    main: &Rc<File>,
    name: &str,
    own: &Dict,
) -> Result<Dict, ComposeError> {
    Resolver { scope, main }.resolve(&scope.dir, &main.path, name, own, &[])
}

struct Resolver<'a> {
    scope: &'a Scope<'a>,
    /// The first file of the project.
    main: &'a Rc<File>,
}

impl Resolver<'_> {
    fn resolve(
        &self,
        dir: &Path,
        file: &Path,
        name: &str,
        own: &Dict,
        seen: &[(PathBuf, String)],
    ) -> Result<Dict, ComposeError> {
        let step = (file.to_owned(), name.to_owned());
        if seen.contains(&step) {
            return Err(ComposeError::new(format!("service `{name}` extends itself in a circle")));
        }
        let Some(extends) = own.get("extends") else { return Ok(own.clone()) };
        let field =
            |key: &str| extends.as_dict().and_then(|extends| extends.get(key)).map(Py::text);
        let wanted = extends.as_str().map(str::to_owned).or_else(|| field("service"));
        let wanted = wanted.unwrap_or_default();
        let path = field("file")
            .map_or_else(|| file.to_owned(), |path| self.scope.expanded(dir, &path).into());
        let other = self.other(&path, &wanted)?;
        let seen: Vec<(PathBuf, String)> = seen.iter().cloned().chain([step]).collect();
        let folder = path.parent().unwrap_or(&path);
        let base = self.resolve(folder, &path, &wanted, &other, &seen)?;
        let base = service::normalized(self.scope, folder, base)?;
        check_extendable(&wanted, &base)?;
        merge::merge(self.main.format, &base, own)
    }

    fn other(&self, path: &Path, name: &str) -> Result<Dict, ComposeError> {
        let file = self.scope.file(path)?;
        if file.format != self.main.format {
            return Err(load::mixed(self.main, &file));
        }
        let missing = || ComposeError::new(format!("there is no service `{name}` to extend"));
        file.section("services").shift_remove(name).map(Py::into_dict).ok_or_else(missing)
    }
}

/// What ties a service to others cannot be extended.
fn check_extendable(name: &str, service: &Dict) -> Result<(), ComposeError> {
    let starts = |key: &str, start: &str| {
        service.get(key).and_then(Py::as_str).is_some_and(|mode| mode.starts_with(start))
    };
    let tied = [
        ("links", service.contains_key("links")),
        ("volumes_from", service.contains_key("volumes_from")),
        ("net: container:…", starts("net", "container:")),
        ("network_mode: service:…", starts("network_mode", "service:")),
        ("depends_on", service.contains_key("depends_on")),
    ];
    match tied.iter().find(|(_, is_tied)| *is_tied) {
        Some((key, _)) => Err(ComposeError::new(format!(
            "Compose 1.29 cannot extend service `{name}`, which has `{key}`"
        ))),
        None => Ok(()),
    }
}

impl Scope<'_> {
    /// An absolute path, as text; `~` is the user's home.
    pub(super) fn expanded(&self, dir: &Path, path: &str) -> String {
        absolute(dir, self.at_home(path)).display().to_string()
    }

    /// The path with the user's home in place of `~`.
    pub(super) fn at_home(&self, path: &str) -> String {
        match (path.strip_prefix('~'), self.outside.get("HOME")) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                format!("{home}{rest}")
            }
            _ => path.to_owned(),
        }
    }
}
