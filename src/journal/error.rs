//! What can go wrong with a journal.

/// A record could not be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal `{path}` cannot be written: {reason}")]
pub struct JournalError {
    /// The file.
    pub path: String,
    /// The operating system's words.
    pub reason: String,
}
