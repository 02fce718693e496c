//! Which files make the project: flags, `COMPOSE_FILE`, or the default names in a folder.

use std::path::{Path, PathBuf};

use super::ComposeError;
use super::disk::{Disk, absolute};
use super::load::LoadOptions;
use super::variables::{self, Variables};

const NAMES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDE_NAMES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// The files of a project and what is known before they are read.
pub(crate) struct Located {
    /// Absolute paths of the compose files.
    pub(crate) files: Vec<PathBuf>,
    /// The project directory.
    pub(crate) dir: PathBuf,
    /// The variables of interpolation.
    pub(crate) variables: Variables,
    /// Files of variables that were asked for.
    pub(crate) env_files: Vec<PathBuf>,
    /// What Compose would warn about.
    pub(crate) warnings: Vec<String>,
}

/// Finds the files and reads the variables.
///
/// # Errors
/// There are no files, or a file of variables has a problem.
pub(crate) fn locate(options: &LoadOptions, disk: &Disk<'_>) -> Result<Located, ComposeError> {
    let env_files = env_files(options);
    let mut variables = options.env.clone();
    let mut files: Vec<PathBuf> =
        options.files.iter().map(|file| given(options, file)).collect::<Result<_, _>>()?;
    let dir = directory(options, &files);
    read_variables(&mut variables, options, disk, &env_files, &dir)?;
    if files.is_empty() {
        files = named_by_variable(options, &variables)?;
    }
    let mut warnings = Vec::new();
    if files.is_empty() {
        files = search(&directory(options, &files), disk, &mut warnings)?;
    }
    let dir = directory(options, &files);
    read_variables(&mut variables, options, disk, &env_files, &dir)?;
    Ok(Located { files, dir, variables, env_files, warnings })
}

fn given(options: &LoadOptions, file: &str) -> Result<PathBuf, ComposeError> {
    if file == "-" {
        return Err(ComposeError::new("a compose file from standard input cannot be upgraded")
            .with_help("save it and pass its path with `-f`"));
    }
    Ok(absolute(&options.cwd, file))
}

/// The project directory: the flag, else that of the first file, else the working directory.
fn directory(options: &LoadOptions, files: &[PathBuf]) -> PathBuf {
    match (&options.project_directory, files.first().and_then(|file| file.parent())) {
        (Some(dir), _) => absolute(&options.cwd, dir),
        (None, Some(parent)) => parent.to_owned(),
        (None, None) => options.cwd.clone(),
    }
}

fn env_files(options: &LoadOptions) -> Vec<PathBuf> {
    let listed = options.env.get("COMPOSE_ENV_FILES").filter(|_| options.env_files.is_empty());
    let listed =
        listed.into_iter().flat_map(|files| files.split(',')).filter(|file| !file.is_empty());
    options
        .env_files
        .iter()
        .cloned()
        .chain(listed.map(PathBuf::from))
        .map(|file| absolute(&options.cwd, file))
        .collect()
}

/// The files that were asked for, else the `.env` of `dir`.
fn read_variables(
    variables: &mut Variables,
    options: &LoadOptions,
    disk: &Disk<'_>,
    asked: &[PathBuf],
    dir: &Path,
) -> Result<(), ComposeError> {
    if !asked.is_empty() {
        return variables::extend(variables, disk, asked);
    }
    let is_disabled =
        options.env.get("COMPOSE_DISABLE_ENV_FILE").is_some_and(|value| is_true(value));
    let default = dir.join(".env");
    if is_disabled || !disk.has(&default) {
        return Ok(());
    }
    variables::extend(variables, disk, &[default])
}

fn is_true(value: &str) -> bool {
    matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

fn named_by_variable(
    options: &LoadOptions,
    variables: &Variables,
) -> Result<Vec<PathBuf>, ComposeError> {
    let Some(files) = variables.get("COMPOSE_FILE").filter(|files| !files.is_empty()) else {
        return Ok(Vec::new());
    };
    let separator = variables.get("COMPOSE_PATH_SEPARATOR").map_or(":", String::as_str);
    let separator = if separator.is_empty() { ":" } else { separator };
    files.split(separator).map(|file| given(options, file)).collect()
}

/// The first default name in `start` or a folder above it, and the override beside it.
fn search(
    start: &Path,
    disk: &Disk<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<PathBuf>, ComposeError> {
    for dir in start.ancestors() {
        if let Some(file) = first_of(&NAMES, dir, disk, warnings) {
            let over = first_of(&OVERRIDE_NAMES, dir, disk, warnings);
            return Ok(std::iter::once(file).chain(over).collect());
        }
    }
    Err(ComposeError::new("there is no compose file in this folder or above it")
        .with_help("run the command in the folder of the stack, or pass its file with `-f`"))
}

fn first_of(
    names: &[&str],
    dir: &Path,
    disk: &Disk<'_>,
    warnings: &mut Vec<String>,
) -> Option<PathBuf> {
    let found: Vec<&str> = names.iter().copied().filter(|name| disk.has(&dir.join(name))).collect();
    let first = found.first()?;
    if found.len() > 1 {
        warnings.push(format!("of the files `{}` only `{first}` is used", found.join("`, `")));
    }
    Some(dir.join(first))
}
