//! The files of a project to the project.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use super::ComposeError;
use super::disk::Disk;
use super::hash::{Generation, v1};
use super::locate::{Located, locate};
use super::model::Project;
use super::project_name::project_name;
use super::stages::assemble::{Scope, assemble};
use super::stages::dependencies::dependencies_of;
use super::stages::normalize::normalize;
use super::stages::validate::{container_names, validate};
use super::stages::{canonical, environment, project};

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
    /// Services that the user names: their profiles are active, as for Compose. What is no service
    /// does no harm.
    pub named: Vec<String>,
    /// The environment of the process.
    pub env: BTreeMap<String, String>,
    /// The releases whose rules decide what a file may hold.
    pub generation: Generation,
    /// Loads as `config --hash` and `config --services` do: no `env_file` is read, and two
    /// services may claim one container name.
    pub without_env_files: bool,
    /// Texts that stand in for files on disk, by absolute path: the way an edit is tried before it
    /// is written.
    pub overlay: BTreeMap<PathBuf, String>,
}

/// Finds, reads and resolves the files of a project as Compose does.
///
/// # Errors
/// The first problem in the files, with its place.
pub fn load(options: &LoadOptions) -> Result<Project, ComposeError> {
    let disk = Disk::new(&options.cwd, &options.overlay);
    let (located, name) = find(options, &disk)?;
    let mut variables = located.variables.clone();
    variables.insert("COMPOSE_PROJECT_NAME".to_owned(), name.clone());

    let warnings = RefCell::default();
    let home = options.env.get("HOME").map(String::as_str);
    let scope =
        Scope::new(&disk, variables, located.dir.clone(), home, options.generation, &warnings);
    for message in &located.warnings {
        scope.warn(message.clone(), None);
    }
    let mut root = assemble(&scope, &located.files)?;
    canonical::complete(&mut root)?;
    normalize(&mut root, &name, &scope.environment)?;
    let mut project = project::decode(&root)?;
    project::apply_profiles(&mut project, &profiles(options, &scope));
    validate(&project, options.generation)?;
    project::activate(&mut project, &options.named);
    dependencies_of(&project, &options.named)?;
    project::scale_deployments(&mut project);
    if !options.without_env_files {
        container_names(&project)?;
    }
    // v1 reads such files by a grammar of its own, and makes its containers of what it read.
    let without_env_files = options.without_env_files || options.generation == Generation::V1;
    environment::resolve(&scope, &mut project, without_env_files)?;

    project.name = name;
    project.working_dir = located.dir;
    project.config_files = located.files;
    project.env_files = located.env_files;
    project.files = disk.files();
    project.environment = scope.environment;
    project.warnings = warnings.into_inner();
    Ok(project)
}

/// The files with what is known before they are read, and the name of the project.
fn find(options: &LoadOptions, disk: &Disk<'_>) -> Result<(Located, String), ComposeError> {
    if options.generation == Generation::V1 {
        return v1::find(options, disk);
    }
    let located = locate(options, disk)?;
    let name = project_name(options, &located, disk)?;
    Ok((located, name))
}

/// The flags, else `COMPOSE_PROFILES`.
fn profiles(options: &LoadOptions, scope: &Scope<'_>) -> Vec<String> {
    if !options.profiles.is_empty() {
        return options.profiles.clone();
    }
    let listed = scope.environment.get("COMPOSE_PROFILES").map(String::as_str).unwrap_or_default();
    listed.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
