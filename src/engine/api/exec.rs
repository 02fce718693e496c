//! A command in a running container.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A command to run in a container, and how.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// Its words.
    pub command: Vec<String>,
    /// Who runs it; the container's own user if nobody is named.
    pub user: Option<String>,
    /// Whether it has all rights.
    pub privileged: bool,
    /// Where it runs; the container's own place if none is named.
    pub working_dir: Option<String>,
    /// `KEY=value`, beside the container's own environment.
    pub env: Vec<String>,
}

// Words and values may be secrets.
impl fmt::Debug for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.command.first();
        f.debug_struct("Exec").field("program", &program).finish_non_exhaustive()
    }
}

impl Exec {
    /// The words as the container itself would run them.
    pub fn of<T: Into<String>>(words: impl IntoIterator<Item = T>) -> Self {
        Self { command: words.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

/// A command that ended in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecResult {
    /// Its exit code.
    pub exit_code: i64,
    /// What it wrote, both streams, at most 4 KiB.
    pub output: String,
}
