//! Changes the one scalar that holds an image tag and keeps every other byte.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One change of one file: the exact bytes before and after.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEdit {
    /// Absolute path.
    pub path: PathBuf,
    /// The path as messages show it.
    pub shown: String,
    /// What changes, line by line.
    pub changes: Vec<LineChange>,
    /// The whole text the edit was made from; the file must still hold it at the commit.
    pub before: String,
    /// The whole text to write.
    pub after: String,
}

// Whole files hold the user's secrets.
impl std::fmt::Debug for FileEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileEdit")
            .field("shown", &self.shown)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

/// One changed scalar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineChange {
    /// Line, counted from 1.
    pub line: usize,
    /// The text that is replaced.
    pub from: String,
    /// The text it is replaced by.
    pub to: String,
}
