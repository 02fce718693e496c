//! A whole project.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::extensions::Extensions;
use super::model::Model;
use super::network::Network;
use super::secret::FileObject;
use super::service::Service;
use super::volume::Volume;
use crate::compose::source::{Location, SourceFile};

/// What the files say after interpolation, merging and normalisation.
#[derive(Clone, Default)]
pub struct Project {
    /// Name of the project.
    pub name: String,
    /// Absolute path of the project directory.
    pub working_dir: PathBuf,
    /// Absolute paths of the compose files that were given or found, in order; not those they
    /// include or extend.
    pub config_files: Vec<PathBuf>,
    /// Absolute paths of the files of variables that were asked for; not a `.env` that was found.
    pub env_files: Vec<PathBuf>,
    /// Every file that was read, compose files and files of variables.
    pub files: Vec<Arc<SourceFile>>,
    /// Active services by name.
    pub services: BTreeMap<String, Service>,
    /// Services of inactive profiles by name.
    pub disabled_services: BTreeMap<String, Service>,
    /// Networks by key.
    pub networks: BTreeMap<String, Network>,
    /// Volumes by key.
    pub volumes: BTreeMap<String, Volume>,
    /// Secrets by key.
    pub secrets: BTreeMap<String, FileObject>,
    /// Configs by key.
    pub configs: BTreeMap<String, FileObject>,
    /// Language models by key.
    pub models: BTreeMap<String, Model>,
    /// Its `x-` keys.
    pub extensions: Extensions,
    /// Active profiles.
    pub profiles: Vec<String>,
    /// The variables of interpolation: the process's own and those of `.env`.
    pub environment: BTreeMap<String, String>,
    /// What Compose would warn about.
    pub warnings: Vec<Warning>,
}

// Variables and contents of files are secrets.
impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Project")
            .field("name", &self.name)
            .field("config_files", &self.config_files)
            .field("services", &self.services)
            .finish_non_exhaustive()
    }
}

/// Something that is probably not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What, as a fragment.
    pub message: String,
    /// Where.
    pub location: Option<Location>,
}
