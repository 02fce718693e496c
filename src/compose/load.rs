//! Finds and reads the files of a project; the only file of this folder that touches the disk.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What decides which project is loaded: flags, environment and place.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Absolute path of the working directory.
    pub cwd: PathBuf,
    /// `-f`, in order; empty means: search as Compose does.
    pub files: Vec<String>,
    /// `--project-directory`.
    pub project_directory: Option<PathBuf>,
    /// `-p`.
    pub project_name: Option<String>,
    /// `--env-file`, in order.
    pub env_files: Vec<PathBuf>,
    /// `--profile`.
    pub profiles: Vec<String>,
    /// The environment of the process.
    pub env: BTreeMap<String, String>,
    /// Texts that stand in for files on disk, by absolute path: the way an edit is tried before it
    /// is written.
    pub overlay: BTreeMap<PathBuf, String>,
}
