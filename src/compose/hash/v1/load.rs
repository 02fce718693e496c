//! A whole project as v1 finds it, reads it and puts it together.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::rc::Rc;

use indexmap::IndexMap;

use super::files::{File, Scope};
use super::format::Format;
use super::project::Project;
use super::value::{Dict, Py};
use super::{checks, env_file, extends, finish, merge, objects, order, service};
use crate::compose::disk::{Disk, absolute};
use crate::compose::locate::Located;
use crate::compose::{ComposeError, LoadOptions};

const NAMES: [&str; 4] =
    ["docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"];
const OVERRIDE_NAMES: [&str; 4] = [
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
    "compose.override.yml",
    "compose.override.yaml",
];

/// Reads the files of a project as Compose 1.29 does.
///
/// # Errors
/// v1 refuses them: no file, no YAML, a broken variable, a key or value it does not take, a
/// service that cannot be extended.
pub fn load(options: &LoadOptions) -> Result<Project, ComposeError> {
    let disk = Disk::new(&options.cwd, &options.overlay);
    let (Located { files, dir, variables: environment, .. }, name) = find(options, &disk)?;
    let profiles = profiles(options, &environment);
    let (read, bases) = (RefCell::default(), RefCell::default());
    let (cwd, outside) = (options.cwd.as_path(), &options.env);
    let scope = Scope { disk, cwd, dir, environment, outside, read, bases };
    let files = files.iter().map(|path| scope.file(path)).collect::<Result<Vec<_>, _>>()?;
    project(&scope, &files, name, profiles)
}

/// The files of a project with what is known before they are read, and its name.
///
/// # Errors
/// There are no files, two where one is expected, or a file of variables cannot be read.
pub(crate) fn find(
    options: &LoadOptions,
    disk: &Disk<'_>,
) -> Result<(Located, String), ComposeError> {
    let variables = environment(options, disk)?;
    let files = locate(options, &variables, disk)?;
    let dir = match &options.project_directory {
        Some(dir) => absolute(&options.cwd, dir),
        None => files.first().map_or_else(|| options.cwd.clone(), |file| parent(file)),
    };
    let name = project_name(options, &variables, &dir);
    let env_files = options.env_files.iter().map(|file| absolute(&options.cwd, file)).collect();
    Ok((Located { files, dir, variables, env_files, warnings: Vec::new() }, name))
}

/// The variables of interpolation: those of the process, and under them those of `.env`.
fn environment(
    options: &LoadOptions,
    disk: &Disk<'_>,
) -> Result<BTreeMap<String, String>, ComposeError> {
    let file = match options.env_files.first() {
        Some(file) => Some(absolute(&options.cwd, file)),
        None => Some(early_directory(options).join(".env")).filter(|file| disk.has(file)),
    };
    let mut environment = BTreeMap::new();
    if let Some(file) = file {
        let read = env_file::parse(&disk.read(&file)?.text, &options.env);
        environment.extend(read.into_iter().filter_map(|(name, value)| Some((name, value?))));
    }
    environment.extend(options.env.clone());
    Ok(environment)
}

/// The project directory as far as it is known before any file is read.
fn early_directory(options: &LoadOptions) -> PathBuf {
    let named = options.env.get("COMPOSE_FILE").filter(|files| !files.is_empty());
    let first = match options.files.first() {
        Some(file) => Some(file.clone()),
        None => named.and_then(|files| split(files, &options.env).next().map(str::to_owned)),
    };
    match (&options.project_directory, first) {
        (Some(dir), _) => absolute(&options.cwd, dir),
        (None, Some(file)) => parent(&absolute(&options.cwd, file)),
        (None, None) => options.cwd.clone(),
    }
}

/// The paths in `COMPOSE_FILE`.
fn split<'a>(
    files: &'a str,
    environment: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = &'a str> {
    let separator = environment.get("COMPOSE_PATH_SEPARATOR").map_or(":", String::as_str);
    files.split(separator)
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
    let given = options.project_name.clone().filter(|name| !name.is_empty());
    let variable = environment.get("COMPOSE_PROJECT_NAME").cloned().filter(|name| !name.is_empty());
    let name = given.or(variable).or(folder).unwrap_or_else(|| "default".to_owned());
    let allowed = |c: &char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
    name.to_lowercase().chars().filter(allowed).collect()
}

fn profiles(options: &LoadOptions, environment: &BTreeMap<String, String>) -> Vec<String> {
    let named = environment.get("COMPOSE_PROFILES").filter(|profiles| !profiles.is_empty());
    match (options.profiles.is_empty(), named) {
        (true, Some(profiles)) => profiles.split(',').map(str::to_owned).collect(),
        _ => options.profiles.clone(),
    }
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
        return Ok(given(&mut split(files, environment)));
    }
    let project = options.project_directory.as_ref().map(|dir| absolute(&options.cwd, dir));
    let starts = [Some(options.cwd.clone()), project].into_iter().flatten();
    for start in starts {
        for dir in start.ancestors() {
            let find = |names: &[&str]| -> Vec<PathBuf> {
                names.iter().map(|name| dir.join(name)).filter(|path| disk.has(path)).collect()
            };
            if let Some(file) = find(&NAMES).into_iter().next() {
                return with_override(file, find(&OVERRIDE_NAMES));
            }
        }
    }
    Err(ComposeError::new("there is no compose file in this folder or above it"))
}

fn with_override(file: PathBuf, overrides: Vec<PathBuf>) -> Result<Vec<PathBuf>, ComposeError> {
    if let [first, second, ..] = &overrides[..] {
        let message = format!(
            "there are two override files, `{}` and `{}`",
            first.display(),
            second.display()
        );
        return Err(ComposeError::new(message).with_help("keep one of them"));
    }
    Ok([file].into_iter().chain(overrides).collect())
}

/// Puts the files together.
fn project(
    scope: &Scope<'_>,
    files: &[Rc<File>],
    name: String,
    profiles: Vec<String>,
) -> Result<Project, ComposeError> {
    let Some(main) = files.first() else { return Err(ComposeError::new("there is no file")) };
    if let Some(other) = files.iter().find(|file| file.format != main.format) {
        return Err(mixed(main, other));
    }
    let merged = merged_services(main.format, files)?;
    let names: Vec<String> = merged.keys().cloned().collect();
    let mut services = IndexMap::new();
    for (name, own) in merged {
        let at = |key: &str| files.iter().rev().find_map(|file| file.place("services", &name, key));
        let build = || {
            let extended = extends::resolve(scope, main, &name, &own)?;
            let done = service::normalized(scope, &scope.dir, extended)?;
            let subject = checks::Subject { name: &name, service: &done, names: &names, at: &at };
            checks::check(scope, main.format, &subject)?;
            finish::finished(scope, main.format, &names, done)
        };
        let finished = build().map_err(|error| placed(error, at("")))?;
        services.insert(name, finished);
    }
    order::check(&services).map_err(|circle| {
        let first = circle.services.first();
        let at =
            first.and_then(|name| files.iter().find_map(|file| file.place("services", name, "")));
        placed(circle.into(), at)
    })?;
    let section = |kind| objects::section(scope, files, kind);
    let project = Project {
        name,
        format: main.format,
        services,
        networks: section(objects::Kind::Network)?,
        volumes: section(objects::Kind::Volume)?,
        secrets: section(objects::Kind::Secret)?,
        profiles,
    };
    section(objects::Kind::Config)?;
    for name in project.services.keys() {
        let at = || files.iter().rev().find_map(|file| file.place("services", name, ""));
        project.check(name).map_err(|error| placed(error, at()))?;
    }
    Ok(project)
}

pub(super) fn mixed(main: &File, other: &File) -> ComposeError {
    let (old, new) = match main.format {
        Format::Legacy => (main, other),
        Format::Sections => (other, main),
    };
    ComposeError::new(format!(
        "`{}` has services at its top and `{}` has them under `services:`; Compose 1.29 does not mix the two",
        old.path.display(),
        new.path.display()
    ))
}

fn placed(
    mut error: ComposeError,
    place: Option<crate::compose::source::Location>,
) -> ComposeError {
    error.location = error.location.or(place);
    error
}

/// Services of one file as they are, of several merged, also where only one has the service.
fn merged_services(
    format: Format,
    all: &[Rc<File>],
) -> Result<IndexMap<String, Dict>, ComposeError> {
    let services = |file: &Rc<File>| -> IndexMap<String, Dict> {
        let section = file.section("services").into_iter();
        section.map(|(name, service)| (name, service.into_dict())).collect()
    };
    let none = Dict::new();
    let mut files = all.iter().map(services);
    let first = files.next().unwrap_or_default();
    files.try_fold(first, |low, high| {
        let names = low.keys().chain(high.keys().filter(|name| !low.contains_key(*name)));
        let merged = names.map(|name| {
            let (low, high) = (low.get(name).unwrap_or(&none), high.get(name).unwrap_or(&none));
            let merged = over(format, low, high).map_err(|error| {
                placed(error, all.iter().rev().find_map(|file| file.place("services", name, "")))
            })?;
            Ok((name.clone(), merged))
        });
        merged.collect()
    })
}

/// A service of a later file over that of the earlier ones.
fn over(format: Format, low: &Dict, high: &Dict) -> Result<Dict, ComposeError> {
    let extends = high.get("extends").or(low.get("extends")).cloned();
    let mut merged = merge::merge(format, low, high)?;
    merged.extend(extends.map(|extends: Py| ("extends".to_owned(), extends)));
    Ok(merged)
}
