//! `extends`: a service on top of another one, of the same file or of another.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path as FilePath, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::assemble::{Scope, drop_empty_servers, services};
use super::reset::Removals;
use super::{absolute, canonical, merge, tree, unicity};
use crate::compose::ComposeError;
use crate::compose::disk;
use crate::compose::document::{Map, Node, Value};
use crate::compose::model::decode::{mapping, mismatch};
use crate::compose::path::Path;
use crate::compose::source::SourceFile;
use crate::text::did_you_mean;

/// A file or document whose services can be extended.
pub(crate) struct Extendable {
    path: PathBuf,
    /// Absolute path that `extends.file` begins at.
    dir: PathBuf,
    services: Map,
    removals: Removals,
    /// Services that are resolved already.
    resolved: RefCell<HashMap<String, Node>>,
}

/// Merges every service of `document` over the one it extends.
///
/// # Errors
/// A service or file is not there, services extend each other in a circle, or they cannot be
/// merged.
pub(super) fn apply(
    scope: &Scope<'_>,
    file: &Arc<SourceFile>,
    document: &mut Node,
    removals: &Removals,
) -> Result<(), ComposeError> {
    let Some(own) = services(document)? else { return Ok(()) };
    let path = Path::ROOT.child("services");
    let extends = |name: &String| own[name.as_str()].node.get("extends").is_some();
    let names: Vec<String> = own.keys().filter(|name| extends(name)).cloned().collect();
    if names.is_empty() {
        return Ok(());
    }
    let extendable = Extendable {
        path: file.path.clone(),
        dir: scope.dir.clone(),
        services: own.clone(),
        removals: removals.clone(),
        resolved: RefCell::default(),
    };
    let Some(own) = tree::get_mut(document, "services") else { return Ok(()) };
    let own = tree::mapping_mut(own, &path)?;
    for name in names {
        if let Some(entry) = own.get_mut(&name) {
            entry.node = extendable.resolve(scope, &name, &mut Vec::new())?;
        }
    }
    Ok(())
}

/// Services that led to the one that is resolved, with the files they are in.
type Chain = Vec<(PathBuf, String)>;

impl Extendable {
    /// The service `name` on top of everything it extends.
    fn resolve(
        &self,
        scope: &Scope<'_>,
        name: &str,
        chain: &mut Chain,
    ) -> Result<Node, ComposeError> {
        if let Some(service) = self.resolved.borrow().get(name) {
            return Ok(service.clone());
        }
        let Some(entry) = self.services.get(name) else {
            return Err(ComposeError::new(format!("there is no service `{name}`")));
        };
        let services = Path::ROOT.child("services");
        let path = services.child(name);
        let mut service = entry.node.clone();
        if !service.is_null() && mapping(&service, &path)?.contains_key("extends") {
            let step = (self.path.clone(), name.to_owned());
            if chain.contains(&step) {
                let message = format!("service `{name}` extends itself in a circle");
                return Err(ComposeError::at(entry.key.clone(), message));
            }
            chain.push(step);
            let mut base = self.base(scope, &service, &path.child("extends"), chain)?;
            chain.pop();
            if !base.is_null() {
                self.removals.apply(&mut base, &["services", name]);
                service = merge::merge(base, service, &path)?;
                tree::mapping_mut(&mut service, &path)?.shift_remove("extends");
            }
        }
        self.resolved.borrow_mut().insert(name.to_owned(), service.clone());
        Ok(service)
    }

    /// What `service` extends, resolved.
    fn base(
        &self,
        scope: &Scope<'_>,
        service: &Node,
        path: &Path<'_>,
        chain: &mut Chain,
    ) -> Result<Node, ComposeError> {
        let nothing = Node::new(Value::Null, service.location.clone());
        let Some(extends) = service.get("extends") else { return Ok(nothing) };
        let (wanted, file) = match &extends.value {
            Value::Str(_) => (Some(extends), None),
            Value::Map(_) => {
                (extends.get("service"), extends.get("file").filter(|file| !file.is_null()))
            }
            _ => return Err(mismatch(extends, path, "a service or a mapping")),
        };
        let Some(wanted) = wanted else {
            let message = format!("`{path}` does not say which `service`");
            return Err(ComposeError::at(extends.location.clone(), message));
        };
        let name = tree::expect_text(wanted, &path.child("service"))?;
        match file {
            None => {
                self.require(wanted, name)?;
                self.resolve(scope, name, chain)
            }
            Some(file) => {
                let shown = tree::expect_text(file, &path.child("file"))?;
                let other = other_file(scope, &disk::absolute(&self.dir, shown))
                    .map_err(|error| located(error, file))?;
                other.require(wanted, name)?;
                other.resolve(scope, name, chain)
            }
        }
    }

    fn require(&self, at: &Node, name: &str) -> Result<(), ComposeError> {
        if self.services.contains_key(name) {
            return Ok(());
        }
        let message = format!("there is no service `{name}` to extend");
        let error = ComposeError::at(at.location.clone(), message);
        Err(match did_you_mean(name, self.services.keys().map(String::as_str)) {
            Some(similar) => error.with_help(format!("did you mean `{similar}`?")),
            None => error,
        })
    }
}

fn located(mut error: ComposeError, at: &Node) -> ComposeError {
    error.location.get_or_insert_with(|| at.location.clone());
    error
}

/// The services of another file: merged and canonical, with paths that begin at that file.
fn other_file(scope: &Scope<'_>, path: &FilePath) -> Result<Rc<Extendable>, ComposeError> {
    if let Some(known) = scope.extendable.borrow().get(path) {
        return Ok(Rc::clone(known));
    }
    let dir = path.parent().unwrap_or(path).to_owned();
    let mut root: Option<Node> = None;
    let mut removals = Removals::default();
    for mut document in scope.documents(path)? {
        removals = Removals::extract(&mut document);
        let mut merged = match root.take() {
            Some(mut base) => {
                removals.apply(&mut base, &[]);
                merge::merge(base, document, &Path::ROOT)?
            }
            None => document,
        };
        unicity::enforce(&mut merged)?;
        canonical::canonical(&mut merged)?;
        drop_empty_servers(&mut merged);
        unicity::enforce(&mut merged)?;
        root = Some(merged);
    }
    let mut root = root.ok_or_else(|| ComposeError::new("the extended file is empty"))?;
    absolute::resolve_from(scope, &dir, &mut root)?;
    let services = services(&root)?.cloned().unwrap_or_default();
    let other =
        Extendable { path: path.to_owned(), dir, services, removals, resolved: RefCell::default() };
    let other = Rc::new(other);
    scope.extendable.borrow_mut().insert(path.to_owned(), Rc::clone(&other));
    Ok(other)
}
