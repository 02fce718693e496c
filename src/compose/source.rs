//! Where a value stands in the user's files.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// One file of the project as it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Absolute path.
    pub path: PathBuf,
    /// The path as messages show it: as the user gave it, or relative to the working directory.
    pub shown: String,
    /// The whole text, byte for byte (a byte order mark included).
    pub text: String,
}

/// A range of bytes in a source file.
#[derive(Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: Arc<SourceFile>,
    /// First byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Location {
    /// Line of the first byte, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// Column of the first byte in characters, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        let line_start = self.before().rfind('\n').map_or(0, |at| at + 1);
        let head = &self.before()[line_start..];
        head.trim_start_matches('\u{feff}').chars().count() + 1
    }

    /// The text in the range.
    #[must_use]
    pub fn text(&self) -> &str {
        self.file.text.get(self.start..self.end).unwrap_or_default()
    }

    /// The place of byte `at` of `text`, the value that stands here; the whole range if quotes,
    /// escapes or line breaks make the file's bytes differ from the value.
    #[must_use]
    pub fn inner(&self, text: &str, at: usize) -> Self {
        let mut inner = self.clone();
        if let Some(offset) = self.text().find(text.trim_end()) {
            inner.start += offset + at;
        }
        inner
    }

    fn before(&self) -> &str {
        self.file.text.get(..self.start).unwrap_or(&self.file.text)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.shown, self.line(), self.column())
    }
}

// The derived form would print the whole file, and with it its secrets.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}
