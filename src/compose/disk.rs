//! Files as they are read: from the overlay, else from disk, each one once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::ComposeError;
use super::source::SourceFile;

/// The files of one load.
pub(crate) struct Disk<'a> {
    cwd: &'a Path,
    overlay: &'a BTreeMap<PathBuf, String>,
    read: RefCell<BTreeMap<PathBuf, Arc<SourceFile>>>,
}

impl<'a> Disk<'a> {
    /// No file read yet; `overlay` stands in for files on disk.
    pub(crate) fn new(cwd: &'a Path, overlay: &'a BTreeMap<PathBuf, String>) -> Self {
        Self { cwd, overlay, read: RefCell::default() }
    }

    /// The file at an absolute path.
    ///
    /// # Errors
    /// It cannot be read, or is no text.
    pub(crate) fn read(&self, path: &Path) -> Result<Arc<SourceFile>, ComposeError> {
        if let Some(file) = self.read.borrow().get(path) {
            return Ok(Arc::clone(file));
        }
        let shown = match path.strip_prefix(self.cwd) {
            Ok(own) if own.as_os_str().is_empty() => ".".to_owned(),
            Ok(own) => own.display().to_string(),
            Err(_) => path.display().to_string(),
        };
        let text = match self.overlay.get(path) {
            Some(text) => text.clone(),
            None => fs::read_to_string(path).map_err(|error| unreadable(&shown, &error))?,
        };
        let file = Arc::new(SourceFile { path: path.to_owned(), shown, text });
        self.read.borrow_mut().insert(path.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    /// Whether there is a file at an absolute path.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.overlay.contains_key(path) || path.is_file()
    }

    /// Whether there is a file or folder at an absolute path.
    pub(crate) fn exists(&self, path: &Path) -> bool {
        self.overlay.contains_key(path) || path.exists()
    }

    /// Every file read so far, by path.
    pub(crate) fn files(&self) -> Vec<Arc<SourceFile>> {
        self.read.borrow().values().cloned().collect()
    }
}

fn unreadable(shown: &str, error: &io::Error) -> ComposeError {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file",
        io::ErrorKind::PermissionDenied => "permission denied",
        io::ErrorKind::IsADirectory => "it is a folder",
        io::ErrorKind::InvalidData => "it is not UTF-8 text",
        _ => return ComposeError::new(format!("cannot read `{shown}`: {error}")),
    };
    ComposeError::new(format!("cannot read `{shown}`: {why}"))
}

/// `path` under `base`, without `.` and `..`, as Go's `filepath.Join`; an absolute `path` as it is.
pub(crate) fn absolute(base: &Path, path: impl AsRef<Path>) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in base.join(path).components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean
}
