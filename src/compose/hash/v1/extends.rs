//! `extends` as v1 resolves it: the other service is finished first, then merged under.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::{Scope, read};
use super::value::{Dict, Py};
use super::{merge, service};
use crate::compose::ComposeError;
use crate::compose::disk::absolute;

/// The service on top of everything it extends.
pub(super) fn resolve(
    scope: &Scope<'_>,
    file: &Path,
    name: &str,
    own: &Dict,
    siblings: &BTreeMap<String, Dict>,
    seen: &mut Vec<(PathBuf, String)>,
) -> Result<Dict, ComposeError> {
    let step = (file.to_owned(), name.to_owned());
    if seen.contains(&step) {
        return Err(ComposeError::new(format!("service `{name}` extends itself in a circle")));
    }
    let Some(extends) = own.get("extends") else { return Ok(own.clone()) };
    let field = |key: &str| extends.as_dict().and_then(|extends| extends.get(key)).map(Py::text);
    let wanted = extends.as_str().map(str::to_owned).or_else(|| field("service"));
    let wanted = wanted.unwrap_or_default();
    let dir = if seen.is_empty() { scope.dir.clone() } else { parent(file) };
    let path = field("file").map_or_else(|| file.to_owned(), |path| absolute(&dir, path));
    let others = if path == file { siblings.clone() } else { services(scope, &path)? };
    let missing = || ComposeError::new(format!("there is no service `{wanted}` to extend"));
    let other = others.get(&wanted).ok_or_else(missing)?;
    seen.push(step);
    let base = resolve(scope, &path, &wanted, other, &others, seen)?;
    seen.pop();
    let base = service::process(scope, &parent(&path), base)?;
    Ok(merge::merge(&base, own))
}

fn parent(file: &Path) -> PathBuf {
    file.parent().unwrap_or(file).to_owned()
}

fn services(scope: &Scope<'_>, path: &Path) -> Result<BTreeMap<String, Dict>, ComposeError> {
    let services = read(scope, path)?.remove("services").unwrap_or(Py::None).into_dict();
    Ok(services.into_iter().map(|(name, service)| (name, service.into_dict())).collect())
}
