//! What can be wrong with the user's files.

use super::source::Location;

/// One problem in the project's files, with the place and the way out.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ComposeError {
    /// What is wrong: a lower-case fragment without a final period.
    pub message: String,
    /// Where, if it is at one place in a file.
    pub location: Option<Location>,
    /// What to do, each one a sentence.
    pub help: Vec<String>,
}

impl ComposeError {
    /// A problem at no particular place.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), location: None, help: Vec::new() }
    }

    /// A problem at `location`.
    #[must_use]
    pub fn at(location: Location, message: impl Into<String>) -> Self {
        Self { message: message.into(), location: Some(location), help: Vec::new() }
    }

    /// The same problem with one more way out.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// What the user can do.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        self.help.clone()
    }
}
