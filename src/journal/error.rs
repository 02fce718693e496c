//! What can go wrong with a journal.

/// A journal cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// A record could not be kept.
    #[error("the journal `{path}` cannot be written: {reason}")]
    Write {
        /// The file.
        path: String,
        /// The operating system's words.
        reason: String,
    },
    /// A file cannot be read.
    #[error("the journal `{path}` cannot be read: {reason}")]
    Read {
        /// The file.
        path: String,
        /// The operating system's words, or what is wrong in it and in which line.
        reason: String,
    },
    /// A later release wrote it, in a way that this one does not know.
    #[error("the journal `{path}` was written by a newer composeup (format {format})")]
    Newer {
        /// The file.
        path: String,
        /// The format it says.
        format: u32,
    },
}

impl JournalError {
    /// What the user can do.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::Write { .. } => {
                "make room or give write permission there, or set `COMPOSEUP_STATE_DIR`".into()
            }
            Self::Read { .. } => {
                "set `COMPOSEUP_STATE_DIR` to a folder of your own; a file that is beyond repair may be \
                 moved away, since `composeup abort` works without it"
                    .into()
            }
            Self::Newer { .. } => "use that release, or a newer one".into(),
        }]
    }
}
