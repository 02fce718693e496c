//! `include`: the resources of other files, read with their own variables and paths.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use super::assemble::{Scope, assemble};
use super::tree;
use crate::compose::ComposeError;
use crate::compose::disk::absolute;
use crate::compose::document::{Map, Node, Value, is_same};
use crate::compose::model::decode::{Decode, Fields, mismatch};
use crate::compose::path::Path;
use crate::compose::variables;

/// What can be included.
const SECTIONS: [&str; 6] = ["services", "volumes", "networks", "secrets", "configs", "models"];

/// Replaces `include` in `document` by what it includes.
///
/// # Errors
/// An included file has a problem, includes itself, or has a resource that differs from one of
/// the same name here.
pub(super) fn apply(
    scope: &Scope<'_>,
    file: &FilePath,
    document: &mut Node,
) -> Result<(), ComposeError> {
    let root = Path::ROOT;
    let Some(include) = tree::mapping_mut(document, &root)?.shift_remove("include") else {
        return Ok(());
    };
    let path = root.child("include");
    if include.node.is_null() {
        return Ok(());
    }
    let items = include.node.as_seq().ok_or_else(|| mismatch(&include.node, &path, "a list"))?;
    for item in items {
        let wanted = Include::read(item, &path.child("[]"))?;
        if let Some(main) = wanted.path.first() {
            let imported = load(scope, file, item, &wanted, main)?;
            import(document, &imported, item)?;
        }
    }
    Ok(())
}

/// One item of `include`.
#[derive(Default)]
struct Include {
    path: Vec<String>,
    project_directory: Option<String>,
    env_file: Vec<String>,
}

impl Include {
    fn read(item: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        if let Value::Str(file) = &item.value {
            return Ok(Self { path: vec![file.clone()], ..Self::default() });
        }
        let fields = Fields::of(item, path)?;
        let files = |key: &str| match item.get(key) {
            Some(Node { value: Value::Str(file), .. }) => Ok(vec![file.clone()]),
            Some(node) if !node.is_null() => Vec::<String>::decode(node, &path.child(key)),
            _ => Ok(Vec::new()),
        };
        let (files, env_file) = (files("path")?, files("env_file")?);
        Ok(Self { path: files, project_directory: fields.get("project_directory")?, env_file })
    }
}

fn load(
    scope: &Scope<'_>,
    file: &FilePath,
    item: &Node,
    include: &Include,
    main: &str,
) -> Result<Node, ComposeError> {
    let located = |mut error: ComposeError| {
        error.location.get_or_insert_with(|| item.location.clone());
        error
    };
    let files: Vec<PathBuf> = include.path.iter().map(|path| absolute(&scope.dir, path)).collect();
    let main = absolute(&scope.dir, main);
    let mut trail = scope.trail.clone();
    trail.push(file.to_owned());
    if trail.contains(&main) {
        let message = format!("`{}` includes itself in a circle", file.display());
        return Err(ComposeError::at(item.location.clone(), message));
    }
    let dir = match &include.project_directory {
        Some(dir) => absolute(&scope.dir, dir),
        None => main.parent().unwrap_or(&main).to_owned(),
    };
    let environment = environment(scope, include, &dir).map_err(located)?;
    let mut inner =
        Scope::new(scope.disk, environment, dir, scope.home, scope.generation, scope.warnings);
    inner.trail = trail;
    assemble(&inner, &files).map_err(located)
}

/// The variables of this project, and those of the include where this project has none.
fn environment(
    scope: &Scope<'_>,
    include: &Include,
    dir: &FilePath,
) -> Result<BTreeMap<String, String>, ComposeError> {
    let mut files: Vec<PathBuf> =
        include.env_file.iter().map(|path| absolute(&scope.dir, path)).collect();
    if files.is_empty() {
        files.extend(Some(dir.join(".env")).filter(|file| scope.disk.has(file)));
    }
    let mut environment = scope.environment.clone();
    variables::extend(&mut environment, scope.disk, &files)?;
    Ok(environment)
}

fn import(document: &mut Node, imported: &Node, item: &Node) -> Result<(), ComposeError> {
    for section in SECTIONS {
        let Some(Value::Map(resources)) = imported.get(section).map(|node| &node.value) else {
            continue;
        };
        let root = tree::mapping_mut(document, &Path::ROOT)?;
        tree::default(root, section, Value::Map(Map::new()), &item.location);
        let Some(own) = root.get_mut(section) else { continue };
        let own = tree::mapping_mut(&mut own.node, &Path::ROOT.child(section))?;
        for (name, entry) in resources {
            match own.get(name) {
                None => {
                    own.insert(name.clone(), entry.clone());
                }
                Some(known) if is_same(&known.node, &entry.node) => {}
                Some(known) => {
                    let message = format!(
                        "`{section}.{name}` differs from the one that is included at line {}",
                        item.location.line()
                    );
                    return Err(ComposeError::at(known.key.clone(), message)
                        .with_help("give one of them another name"));
                }
            }
        }
    }
    Ok(())
}
