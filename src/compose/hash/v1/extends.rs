//! `extends` as v1 resolves it: the other service is finished first, then merged under.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::{File, Scope};
use super::value::{Dict, Py};
use super::{load, merge, service};
use crate::compose::ComposeError;
use crate::compose::disk::absolute;

/// How many services may extend each the next; Python's stack ends with one more.
const CHAIN_LIMIT: usize = 491;

/// Extended services by their file and name.
pub(super) type Bases = RefCell<BTreeMap<(PathBuf, String), Rc<Base>>>;

/// A service that another one extends.
pub(super) struct Base {
    service: Dict,
    /// How many services follow it, each extended by the one before.
    depth: usize,
}

/// A service on the way down to the one that extends nothing.
struct Step {
    /// What its paths begin at.
    dir: PathBuf,
    file: PathBuf,
    name: String,
    own: Dict,
}

/// The service of the project on top of everything it extends.
pub(super) fn resolve(
    scope: &Scope<'_>,
    main: &Rc<File>,
    name: &str,
    own: &Dict,
) -> Result<Dict, ComposeError> {
    let (dir, file) = (scope.dir.clone(), main.path.clone());
    let mut step = Step { dir, file, name: name.to_owned(), own: own.clone() };
    let mut steps: Vec<Step> = Vec::new();
    let mut known = None;
    while let Some(next) = extended(scope, main, &step)? {
        if steps.iter().any(|one| (&one.file, &one.name) == (&step.file, &step.name)) {
            let message = format!("service `{}` extends itself in a circle", step.name);
            return Err(ComposeError::new(message));
        }
        steps.push(step);
        known = scope.bases.borrow().get(&(next.file.clone(), next.name.clone())).cloned();
        let depth = known.as_ref().map_or(0, |base| base.depth);
        if steps.len() + depth > CHAIN_LIMIT {
            return Err(ComposeError::new(format!(
                "Compose 1.29 gives up at more than {CHAIN_LIMIT} services that each extend the next"
            )));
        }
        step = next;
        if known.is_some() {
            break;
        }
    }
    let (mut service, mut depth) = (step.own.clone(), 0);
    while let Some(above) = steps.pop() {
        let base = match known.take() {
            Some(known) => known,
            None => finished(scope, &step, service, depth)?,
        };
        check_extendable(&step.name, &base.service)?;
        service = merge::merge(main.format, &base.service, &above.own)?;
        depth = base.depth + 1;
        step = above;
    }
    Ok(service)
}

/// What the service of `step` extends, as it is written.
fn extended(scope: &Scope<'_>, main: &Rc<File>, step: &Step) -> Result<Option<Step>, ComposeError> {
    let Some(extends) = step.own.get("extends") else { return Ok(None) };
    let field = |key: &str| extends.as_dict().and_then(|extends| extends.get(key)).map(Py::text);
    let name = extends.as_str().map(str::to_owned).or_else(|| field("service"));
    let name = name.unwrap_or_default();
    let path = field("file")
        .map_or_else(|| step.file.clone(), |path| scope.expanded(&step.dir, &path).into());
    let file = scope.file(&path)?;
    if file.format != main.format {
        return Err(load::mixed(main, &file));
    }
    let missing = || ComposeError::new(format!("there is no service `{name}` to extend"));
    let own = file.service(&name).ok_or_else(missing)?;
    let dir = path.parent().unwrap_or(&path).to_owned();
    Ok(Some(Step { dir, file: path, name, own }))
}

/// The service of `step` with absolute paths, remembered for others that extend it.
fn finished(
    scope: &Scope<'_>,
    step: &Step,
    service: Dict,
    depth: usize,
) -> Result<Rc<Base>, ComposeError> {
    let service = service::normalized(scope, &step.dir, service)?;
    let base = Rc::new(Base { service, depth });
    let key = (step.file.clone(), step.name.clone());
    scope.bases.borrow_mut().insert(key, Rc::clone(&base));
    Ok(base)
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
