//! One file of a project: read, variables put in, types converted, checked.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::extends::Bases;
use super::format::{Format, SECTIONS, check_entries, filled};
use super::modern::modern;
use super::schema::check;
use super::value::{Dict, Py};
use super::{interpolate, shapes};
use crate::compose::disk::Disk;
use crate::compose::document::{Entry, Node, Value, parse};
use crate::compose::path::Path;
use crate::compose::source::{Location, SourceFile};
use crate::compose::{ComposeError, Dialect};

/// What is known while files are read.
pub(super) struct Scope<'a> {
    pub(super) disk: Disk<'a>,
    /// The working directory.
    pub(super) cwd: &'a FilePath,
    /// The project directory.
    pub(super) dir: PathBuf,
    /// The variables of interpolation.
    pub(super) environment: BTreeMap<String, String>,
    /// The variables of the process.
    pub(super) outside: &'a BTreeMap<String, String>,
    /// Files by path.
    pub(super) read: RefCell<BTreeMap<PathBuf, Rc<File>>>,
    /// Services that others extend, resolved.
    pub(super) bases: Bases,
}

/// A file as v1 works with it.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) format: Format,
    /// The file with everything in its final type.
    root: Node,
}

impl Scope<'_> {
    /// The file at an absolute path.
    ///
    /// # Errors
    /// v1 cannot read it, or refuses it.
    pub(super) fn file(&self, path: &FilePath) -> Result<Rc<File>, ComposeError> {
        if let Some(file) = self.read.borrow().get(path) {
            return Ok(Rc::clone(file));
        }
        let file = Rc::new(self.read_file(path)?);
        self.read.borrow_mut().insert(path.to_owned(), Rc::clone(&file));
        Ok(file)
    }

    fn read_file(&self, path: &FilePath) -> Result<File, ComposeError> {
        let (format, root) = read(&self.disk.read(path)?, &self.environment)?;
        Ok(File { path: path.to_owned(), format, root })
    }
}

/// The file as a document for the stages of v2.
///
/// # Errors
/// v1 refuses it.
pub(crate) fn document(
    source: &Arc<SourceFile>,
    environment: &BTreeMap<String, String>,
) -> Result<Node, ComposeError> {
    let (format, root) = read(source, environment)?;
    Ok(modern(format, root))
}

/// The one document of a file, with variables put in, types converted, and checked.
fn read(
    source: &Arc<SourceFile>,
    environment: &BTreeMap<String, String>,
) -> Result<(Format, Node), ComposeError> {
    let documents = parse(source, Dialect::V1)?;
    if let Some(second) = documents.get(1) {
        let message = "Compose 1.29 reads files of one document";
        return Err(ComposeError::at(second.location.clone(), message));
    }
    let Some(document) = documents.first() else {
        let start = Location { file: Arc::clone(source), start: 0, end: 0 };
        return Err(ComposeError::at(start, "the compose file is empty"));
    };
    let format = Format::of(document)?;
    let mut root = document.clone();
    for name in SECTIONS {
        let Some(section) = format.section(document, name) else { continue };
        check_entries(section, name)?;
        let lookup = |name: &str| environment.get(name).cloned();
        let section = interpolate::section(&filled(section), name, format, &lookup)?;
        match (format, &mut root.value) {
            (Format::Legacy, value) => *value = section.value,
            (Format::Sections, Value::Map(map)) => {
                let key = map.get(name).map_or(root.location.clone(), |old| old.key.clone());
                map.insert(name.to_owned(), Entry { key, node: section });
            }
            _ => {}
        }
    }
    match format {
        Format::Sections => check(&root, &Path::ROOT, &shapes::FILE)?,
        Format::Legacy => check(&root, &Path::ROOT, &shapes::LEGACY_FILE)?,
    }
    Ok((format, root))
}

impl File {
    /// The entries of a section.
    pub(super) fn section(&self, name: &str) -> Dict {
        self.format.section(&self.root, name).map_or(Py::None, Py::of).into_dict()
    }

    /// A service as it is written.
    pub(super) fn service(&self, name: &str) -> Option<Dict> {
        Some(Py::of(self.format.section(&self.root, "services")?.get(name)?).into_dict())
    }

    /// Where `key` of an entry of a section stands, else where the entry does.
    pub(super) fn place(&self, section: &str, name: &str, key: &str) -> Option<Location> {
        let section = self.format.section(&self.root, section)?;
        let entry = section.as_map()?.get(name)?;
        let own = entry.node.as_map().and_then(|map| map.get(key));
        Some(own.map_or(&entry.key, |own| &own.key).clone())
    }
}
