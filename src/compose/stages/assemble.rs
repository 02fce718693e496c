//! Several files to one tree, document by document, in the order of Compose.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path as FilePath, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::extends::Extendable;
use super::reset::Removals;
use super::{absolute, canonical, check, defaults, extends, include, merge, schema, tree, unicity};
use crate::compose::disk::Disk;
use crate::compose::document::{Map, Node, Value, parse};
use crate::compose::hash::{Generation, v1};
use crate::compose::interpolate::interpolate;
use crate::compose::model::Warning;
use crate::compose::model::decode::{mapping, mismatch};
use crate::compose::path::Path;
use crate::compose::source::{Location, SourceFile};
use crate::compose::{ComposeError, Dialect};

/// What is known while the files of a project, or of one of its includes, are read.
pub(crate) struct Scope<'a> {
    /// Where files come from.
    pub(crate) disk: &'a Disk<'a>,
    /// The variables of interpolation.
    pub(crate) environment: BTreeMap<String, String>,
    /// Absolute path that relative ones begin at.
    pub(crate) dir: PathBuf,
    /// The releases whose rules decide what a file may hold.
    pub(crate) generation: Generation,
    /// The home folder, for `~`.
    pub(crate) home: Option<&'a str>,
    /// Files that led here by `include`.
    pub(crate) trail: Vec<PathBuf>,
    /// What Compose would warn about.
    pub(crate) warnings: &'a RefCell<Vec<Warning>>,
    /// Files that others extend, by path.
    pub(crate) extendable: RefCell<HashMap<PathBuf, Rc<Extendable>>>,
}

impl<'a> Scope<'a> {
    /// The scope of a folder with its variables.
    pub(crate) fn new(
        disk: &'a Disk<'a>,
        environment: BTreeMap<String, String>,
        dir: PathBuf,
        home: Option<&'a str>,
        generation: Generation,
        warnings: &'a RefCell<Vec<Warning>>,
    ) -> Self {
        let extendable = RefCell::default();
        Self { disk, environment, dir, generation, home, trail: Vec::new(), warnings, extendable }
    }

    /// The documents of a file with the values of variables in them.
    ///
    /// # Errors
    /// The file cannot be read, is not YAML, or has a broken or required variable.
    pub(super) fn documents(&self, path: &FilePath) -> Result<Vec<Node>, ComposeError> {
        let file = self.disk.read(path)?;
        if self.generation == Generation::V1 {
            return Ok(vec![v1::document(&file, &self.environment)?]);
        }
        let documents = parse(&file, Dialect::V2)?;
        documents.iter().map(|document| self.interpolated(document)).collect()
    }

    fn interpolated(&self, document: &Node) -> Result<Node, ComposeError> {
        mapping(document, &Path::ROOT)?;
        let lookup = |name: &str| self.environment.get(name).cloned();
        let result = interpolate(document, Dialect::V2, &lookup)?;
        for (name, location) in result.unset {
            self.warn(format!("variable `{name}` is not set and became empty"), Some(location));
        }
        Ok(result.node)
    }

    /// Remembers a warning, each text once.
    pub(crate) fn warn(&self, message: String, location: Option<Location>) {
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.iter().any(|warning| warning.message == message) {
            warnings.push(Warning { message, location });
        }
    }
}

/// The tree of several files: canonical, with defaults and absolute paths.
///
/// # Errors
/// The first problem in the files.
pub(crate) fn assemble(scope: &Scope<'_>, files: &[PathBuf]) -> Result<Node, ComposeError> {
    let mut root: Option<Node> = None;
    for path in files {
        let file = scope.disk.read(path)?;
        for document in scope.documents(path)? {
            root = Some(add(scope, &file, root, document)?);
        }
    }
    let empty = || ComposeError::new("the compose file is empty");
    let mut root = root.filter(|root| root.as_map().is_some_and(|map| !map.is_empty()));
    let root = root.take().ok_or_else(empty)?;
    finish(scope, root)
}

/// One more document on top of what the ones before gave.
fn add(
    scope: &Scope<'_>,
    file: &Arc<SourceFile>,
    root: Option<Node>,
    mut document: Node,
) -> Result<Node, ComposeError> {
    let removals = Removals::extract(&mut document);
    extends::apply(scope, file, &mut document, &removals)?;
    let place = Location { file: Arc::clone(file), start: 0, end: 0 };
    let mut root = root.unwrap_or_else(|| Node::new(Value::Map(Map::new()), place));
    removals.apply(&mut root, &[]);
    include::apply(scope, &file.path, &mut document)?;
    let mut root = merge::merge(root, document, &Path::ROOT)?;
    unicity::enforce(&mut root)?;
    if scope.generation != Generation::V1 {
        schema::check(&root, scope.generation)?;
    }
    // Compose warns that it means nothing any more; nobody who upgrades can act on that.
    tree::mapping_mut(&mut root, &Path::ROOT)?.shift_remove("version");
    canonical::canonical(&mut root)?;
    drop_empty_servers(&mut root);
    unicity::enforce(&mut root)?;
    Ok(root)
}

/// Compose drops empty entries of `dns`.
pub(super) fn drop_empty_servers(root: &mut Node) {
    let Some(services) = tree::get_mut(root, "services").and_then(tree::entries_mut) else {
        return;
    };
    for entry in services.values_mut() {
        if let Some(Node { value: Value::Seq(items), .. }) = tree::get_mut(&mut entry.node, "dns") {
            items.retain(|item| item.as_str() != Some("") && !item.is_null());
        }
    }
}

fn finish(scope: &Scope<'_>, mut root: Node) -> Result<Node, ComposeError> {
    defaults::set(&mut root)?;
    if scope.generation != Generation::V1 {
        check::check(&root, scope.generation)?;
    }
    absolute::resolve(scope, &mut root)?;
    resolve_listed_variables(scope, &mut root);
    Ok(root)
}

/// Names alone in a list of variables get their values here, so that an include has its own.
fn resolve_listed_variables(scope: &Scope<'_>, root: &mut Node) {
    let Some(services) = tree::get_mut(root, "services").and_then(tree::entries_mut) else {
        return;
    };
    for entry in services.values_mut() {
        let Some(Node { value: Value::Seq(items), .. }) =
            tree::get_mut(&mut entry.node, "environment")
        else {
            continue;
        };
        for item in items {
            if let Some(value) = item.as_str().and_then(|name| scope.environment.get(name)) {
                let text = format!("{}={value}", item.as_str().unwrap_or_default());
                item.value = Value::Str(text);
            }
        }
    }
}

/// The services of a document, if it has any.
///
/// # Errors
/// They are no mapping.
pub(super) fn services(document: &Node) -> Result<Option<&Map>, ComposeError> {
    let Some(services) = document.get("services") else { return Ok(None) };
    match &services.value {
        Value::Map(map) => Ok(Some(map)),
        _ => Err(mismatch(services, &Path::ROOT.child("services"), "a mapping")),
    }
}
