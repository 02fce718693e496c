//! Relative paths to absolute ones.

use std::path::Path as FilePath;

use super::assemble::Scope;
use super::tree;
use crate::compose::ComposeError;
use crate::compose::disk;
use crate::compose::document::{Node, Value};
use crate::compose::path::Path;

/// How a path is made absolute.
#[derive(Clone, Copy)]
enum Rule {
    /// A path; an empty one stays empty.
    Path,
    /// A path; an empty one is the folder itself.
    Source,
    /// A path, or the address of a build context.
    Context,
    /// Something mounted.
    Mount,
    /// The options of a local volume that is a bind in truth.
    VolumeOptions,
}

const RULES: &[(&str, Rule)] = &[
    ("services.*.build.context", Rule::Context),
    ("services.*.build.additional_contexts.*", Rule::Context),
    ("services.*.env_file.*.path", Rule::Path),
    ("services.*.label_file.*", Rule::Path),
    ("services.*.extends.file", Rule::Path),
    ("services.*.develop.watch.*.path", Rule::Path),
    ("services.*.volumes.*", Rule::Mount),
    ("services.*.build.ssh.*", Rule::Source),
    ("configs.*.file", Rule::Source),
    ("secrets.*.file", Rule::Source),
    ("volumes.*", Rule::VolumeOptions),
];

/// What is no path even though a path could stand there.
const ADDRESSES: [&str; 7] =
    ["https://", "http://", "git://", "ssh://", "github.com/", "git@", "service:"];

/// Makes every path of `root` begin at the folder of `scope`.
///
/// # Errors
/// A bind without a source.
pub(super) fn resolve(scope: &Scope<'_>, root: &mut Node) -> Result<(), ComposeError> {
    resolve_from(scope, &scope.dir, root)
}

/// Makes every path of `root` begin at `dir`.
///
/// # Errors
/// A bind without a source.
pub(super) fn resolve_from(
    scope: &Scope<'_>,
    dir: &FilePath,
    root: &mut Node,
) -> Result<(), ComposeError> {
    let place = |text: &str| absolute(scope, dir, text);
    tree::walk(root, &Path::ROOT, &mut |node, path| {
        match path.find(RULES) {
            Some(Rule::Path) => replace_unless_empty(node, &place),
            Some(Rule::Source) => replace(node, &place),
            Some(Rule::Context) => {
                let is_address = node.as_str().is_some_and(|text| {
                    text.contains("://") || ADDRESSES.iter().any(|start| text.starts_with(start))
                });
                if !is_address {
                    replace_unless_empty(node, &place);
                }
            }
            Some(Rule::Mount) => mount(node, path, &place)?,
            Some(Rule::VolumeOptions) => volume_options(node, &place),
            None => {}
        }
        Ok(true)
    })
}

fn replace(node: &mut Node, place: &dyn Fn(&str) -> String) {
    if let Value::Str(text) = &node.value {
        node.value = Value::Str(place(text));
    }
}

fn replace_unless_empty(node: &mut Node, place: &dyn Fn(&str) -> String) {
    if node.as_str() != Some("") {
        replace(node, place);
    }
}

fn mount(
    node: &mut Node,
    path: &Path<'_>,
    place: &dyn Fn(&str) -> String,
) -> Result<(), ComposeError> {
    if node.get("type").and_then(Node::as_str) != Some("bind") {
        return Ok(());
    }
    let location = node.location.clone();
    let Some(source) = tree::get_mut(node, "source") else {
        return Err(ComposeError::at(location, format!("`{path}` is a bind without a `source`")));
    };
    replace(source, place);
    Ok(())
}

fn volume_options(node: &mut Node, place: &dyn Fn(&str) -> String) {
    let is_local = node.get("driver").and_then(Node::as_str) == Some("local");
    let Some(options) = tree::get_mut(node, "driver_opts").filter(|_| is_local) else { return };
    if options.get("o").and_then(Node::as_str) == Some("bind")
        && let Some(device) = tree::get_mut(options, "device")
    {
        replace(device, place);
    }
}

fn absolute(scope: &Scope<'_>, dir: &FilePath, text: &str) -> String {
    let is_windows =
        matches!(text.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic());
    if text.starts_with('/') || text.starts_with(r"\\") || is_windows {
        return text.to_owned();
    }
    let full = match (text.strip_prefix('~'), scope.home) {
        (Some(rest), Some(home)) => {
            disk::absolute(FilePath::new(home), rest.trim_start_matches('/'))
        }
        _ => disk::absolute(dir, text),
    };
    full.display().to_string()
}
