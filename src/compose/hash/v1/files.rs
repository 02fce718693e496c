//! The files of a project as v1 finds, reads and merges them.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use super::value::{Dict, Py};
use super::{env_file, extends, interpolate, merge, service};
use crate::compose::disk::{Disk, absolute};
use crate::compose::document::parse;
use crate::compose::interpolate::interpolate;
use crate::compose::path::Path;
use crate::compose::{ComposeError, Dialect, LoadOptions};

const NAMES: [&str; 4] =
    ["docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"];
const OVERRIDE_NAMES: [&str; 4] = [
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
    "compose.override.yml",
    "compose.override.yaml",
];
const SECTIONS: [&str; 5] = ["services", "networks", "volumes", "secrets", "configs"];

/// A project as v1 understands it.
pub struct Project {
    /// Its name.
    pub(super) name: String,
    /// Its services, finished but for what the project adds.
    pub(super) services: BTreeMap<String, Dict>,
    pub(super) networks: Dict,
    pub(super) volumes: Dict,
    pub(super) secrets: Dict,
}

/// What is known while files are read.
pub(super) struct Scope<'a> {
    pub(super) disk: Disk<'a>,
    pub(super) dir: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
}

/// Reads the files of a project as Compose 1.29 does.
///
/// # Errors
/// v1 cannot read them: no file, no YAML, a broken variable, a service that cannot be extended.
pub fn load(options: &LoadOptions) -> Result<Project, ComposeError> {
    let disk = Disk::new(&options.cwd, &options.overlay);
    let base = match (&options.project_directory, options.files.first()) {
        (Some(dir), _) => absolute(&options.cwd, dir),
        (None, Some(file)) => parent(&absolute(&options.cwd, file)),
        (None, None) => options.cwd.clone(),
    };
    let env_file = match options.env_files.first() {
        Some(file) => Some(absolute(&options.cwd, file)),
        None => Some(base.join(".env")).filter(|file| disk.has(file)),
    };
    let mut environment = BTreeMap::new();
    if let Some(file) = env_file {
        let read = env_file::parse(&disk.read(&file)?.text, &options.env);
        environment.extend(read.into_iter().filter_map(|(name, value)| Some((name, value?))));
    }
    environment.extend(options.env.clone());
    let files = locate(options, &environment, &disk)?;
    let dir = match &options.project_directory {
        Some(dir) => absolute(&options.cwd, dir),
        None => files.first().map_or_else(|| options.cwd.clone(), |file| parent(file)),
    };
    let name = project_name(options, &environment, &dir);
    read_all(&Scope { disk, dir, environment }, &files, name)
}

fn parent(file: &FilePath) -> PathBuf {
    file.parent().unwrap_or(file).to_owned()
}

fn project_name(
    options: &LoadOptions,
    environment: &BTreeMap<String, String>,
    dir: &FilePath,
) -> String {
    let folder = dir.file_name().map(|name| name.to_string_lossy().into_owned());
    let given = options.project_name.clone();
    let variable = environment.get("COMPOSE_PROJECT_NAME").cloned().filter(|name| !name.is_empty());
    let name = given.or(variable).or(folder).unwrap_or_default().to_lowercase();
    let allowed = |c: &char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
    name.chars().filter(allowed).collect()
}

fn locate(
    options: &LoadOptions,
    environment: &BTreeMap<String, String>,
    disk: &Disk<'_>,
) -> Result<Vec<PathBuf>, ComposeError> {
    let given = |files: &mut dyn Iterator<Item = &str>| -> Vec<PathBuf> {
        files.map(|file| absolute(&options.cwd, file)).collect()
    };
    if !options.files.is_empty() {
        return Ok(given(&mut options.files.iter().map(String::as_str)));
    }
    if let Some(files) = environment.get("COMPOSE_FILE").filter(|files| !files.is_empty()) {
        let separator = environment.get("COMPOSE_PATH_SEPARATOR").map_or(":", String::as_str);
        return Ok(given(&mut files.split(separator)));
    }
    let start = options.project_directory.as_ref().map(|dir| absolute(&options.cwd, dir));
    for dir in start.as_ref().unwrap_or(&options.cwd).ancestors() {
        let find =
            |names: &[&str]| names.iter().map(|name| dir.join(name)).find(|path| disk.has(path));
        if let Some(file) = find(&NAMES) {
            return Ok(std::iter::once(file).chain(find(&OVERRIDE_NAMES)).collect());
        }
    }
    Err(ComposeError::new("there is no compose file in this folder or above it"))
}

/// One file with variables put in and types converted.
pub(super) fn read(scope: &Scope<'_>, path: &FilePath) -> Result<Dict, ComposeError> {
    let file = scope.disk.read(path)?;
    let documents = parse(&file, Dialect::V1)?;
    let [document] = &documents[..] else {
        return Err(ComposeError::new("v1 reads files of one document"));
    };
    let lookup = |name: &str| scope.environment.get(name).cloned();
    let mut root = Py::of(document).into_dict();
    for section in SECTIONS {
        let Some(node) = document.get(section) else { continue };
        let mut value = Py::of(&interpolate(node, Dialect::V1, &lookup)?.node);
        let top = Path::ROOT;
        interpolate::convert(&mut value, &top.child(section));
        root.insert(section.to_owned(), value);
    }
    Ok(root)
}

fn read_all(scope: &Scope<'_>, files: &[PathBuf], name: String) -> Result<Project, ComposeError> {
    let read: Vec<Dict> = files.iter().map(|file| read(scope, file)).collect::<Result<_, _>>()?;
    let section = |name: &str| -> Dict {
        let sections = read.iter().filter_map(|file| file.get(name).cloned());
        sections.flat_map(Py::into_dict).collect()
    };
    let main = files.first().map_or(&scope.dir, |file| file);
    let raw = section("services").into_keys().map(|service| {
        let mut versions = read.iter().filter_map(|file| {
            Some(file.get("services")?.as_dict()?.get(&service)?.clone().into_dict())
        });
        let first = versions.next().unwrap_or_default();
        let merged = versions.fold(first, |base, next| over(&base, &next));
        (service, merged)
    });
    let raw: BTreeMap<String, Dict> = raw.collect();
    let mut services = BTreeMap::new();
    for (name, own) in &raw {
        let merged = extends::resolve(scope, main, name, own, &raw, &mut Vec::new())?;
        let done = service::process(scope, &scope.dir, merged)?;
        services.insert(name.clone(), service::finish(scope, done)?);
    }
    let (networks, volumes) = (section("networks"), section("volumes"));
    Ok(Project {
        name,
        services,
        networks,
        volumes,
        secrets: service::secrets(scope, section("secrets")),
    })
}

/// A service of a later file over that of the earlier ones.
fn over(base: &Dict, over: &Dict) -> Dict {
    let extends = over.get("extends").or(base.get("extends")).cloned();
    let mut merged = merge::merge(base, over);
    merged.extend(extends.map(|extends| ("extends".to_owned(), extends)));
    merged
}
