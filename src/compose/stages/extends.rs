//! `extends`: a service on top of another one, of the same file or of another.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path as FilePath, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::assemble::{Scope, drop_empty_servers, services};
use super::reset::Removals;
use super::{absolute, canonical, merge, tree, unicity};
use crate::compose::ComposeError;
use crate::compose::disk;
use crate::compose::document::{Entry, Map, Node, Value};
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
    let extendable = Rc::new(Extendable {
        path: file.path.clone(),
        dir: scope.dir.clone(),
        services: own.clone(),
        removals: removals.clone(),
        resolved: RefCell::default(),
    });
    let Some(own) = tree::get_mut(document, "services") else { return Ok(()) };
    let own = tree::mapping_mut(own, &path)?;
    for name in names {
        if let Some(entry) = own.get_mut(&name) {
            entry.node = resolve(scope, &extendable, &name)?;
        }
    }
    Ok(())
}

/// A service on the way down to the one that extends nothing.
struct Step {
    file: Rc<Extendable>,
    name: String,
}

/// The service `name` of `file` on top of everything it extends.
fn resolve(scope: &Scope<'_>, file: &Rc<Extendable>, name: &str) -> Result<Node, ComposeError> {
    let mut steps = Vec::new();
    let mut seen = HashSet::new();
    let mut next = Step { file: Rc::clone(file), name: name.to_owned() };
    // Each may extend the next, and files can be made to nest deeper than any stack.
    let mut service = loop {
        if let Some(known) = next.file.resolved.borrow().get(&next.name) {
            break known.clone();
        }
        let Some(base) = next.file.base(scope, &next.name)? else {
            break next.file.service(&next.name)?.node.clone();
        };
        if !seen.insert((next.file.path.clone(), next.name.clone())) {
            return Err(next.file.circle(&next.name));
        }
        steps.push(next);
        next = base;
    };
    while let Some(step) = steps.pop() {
        service = step.file.extended(&step.name, service)?;
        step.file.resolved.borrow_mut().insert(step.name, service.clone());
    }
    Ok(service)
}

impl Extendable {
    fn service(&self, name: &str) -> Result<&Entry, ComposeError> {
        let missing = || ComposeError::new(format!("there is no service `{name}`"));
        self.services.get(name).ok_or_else(missing)
    }

    fn circle(&self, name: &str) -> ComposeError {
        let message = format!("service `{name}` extends itself in a circle");
        match self.services.get(name) {
            Some(entry) => ComposeError::at(entry.key.clone(), message),
            None => ComposeError::new(message),
        }
    }

    /// The service `name` on top of `base`.
    fn extended(&self, name: &str, mut base: Node) -> Result<Node, ComposeError> {
        let service = self.service(name)?.node.clone();
        if base.is_null() {
            return Ok(service);
        }
        let services = Path::ROOT.child("services");
        let path = services.child(name);
        self.removals.apply(&mut base, &["services", name]);
        let mut service = merge::merge(base, service, &path)?;
        tree::mapping_mut(&mut service, &path)?.shift_remove("extends");
        Ok(service)
    }

    /// Which service the service `name` extends, if it does.
    fn base(self: &Rc<Self>, scope: &Scope<'_>, name: &str) -> Result<Option<Step>, ComposeError> {
        let service = &self.service(name)?.node;
        if service.is_null() {
            return Ok(None);
        }
        let services = Path::ROOT.child("services");
        let path = services.child(name);
        let Some(extends) = mapping(service, &path)?.get("extends") else { return Ok(None) };
        let (extends, path) = (&extends.node, &path.child("extends"));
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
        let name = tree::expect_text(wanted, &path.child("service"))?.to_owned();
        let file = match file {
            None => Rc::clone(self),
            Some(file) => {
                let shown = tree::expect_text(file, &path.child("file"))?;
                other_file(scope, &disk::absolute(&self.dir, shown))
                    .map_err(|error| located(error, file))?
            }
        };
        file.require(wanted, &name)?;
        Ok(Some(Step { file, name }))
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
    let Some(services) = services(&root)?.cloned() else {
        let message = "the extended file has no `services`";
        return Err(ComposeError::at(root.location, message));
    };
    let other =
        Extendable { path: path.to_owned(), dir, services, removals, resolved: RefCell::default() };
    let other = Rc::new(other);
    scope.extendable.borrow_mut().insert(path.to_owned(), Rc::clone(&other));
    Ok(other)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crate::compose::{LoadOptions, load};

    #[test]
    fn thousands_of_services_may_each_extend_the_next() {
        const SERVICES: usize = 5000;
        let mut text = "services:\n  last: {image: a}\n  s0: {extends: last}\n".to_owned();
        for next in 1..SERVICES {
            writeln!(text, "  s{next}: {{extends: s{}}}", next - 1).unwrap();
        }
        let options = LoadOptions {
            cwd: "/project".into(),
            files: vec!["compose.yaml".into()],
            overlay: [("/project/compose.yaml".into(), text)].into(),
            ..LoadOptions::default()
        };
        let project = load(&options).unwrap();
        assert_eq!(project.services[&format!("s{}", SERVICES - 1)].image.as_deref(), Some("a"));
    }
}
