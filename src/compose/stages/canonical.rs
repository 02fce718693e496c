//! Short forms to long ones.

use crate::compose::ComposeError;
use crate::compose::document::{Node, Value};
use crate::compose::model::decode::{Decode, mismatch, scalar_text};
use crate::compose::path::Path;

use super::{hosts, mounts, ports, shell, tree};

type Rule = fn(&mut Node, &Path<'_>) -> Result<(), ComposeError>;

/// Short forms that end with the document they stand in: what is merged over them meets the long
/// one.
const EARLY: &[(&str, Rule)] = &[
    ("services.*.build", build),
    ("services.*.build.secrets.*", file_reference),
    ("services.*.build.provenance", text),
    ("services.*.build.sbom", text),
    ("services.*.build.additional_contexts", assignments),
    ("services.*.build.ssh", ssh_keys),
    ("services.*.depends_on", dependencies),
    ("services.*.develop.watch.*.ignore", one_or_more),
    ("services.*.develop.watch.*.include", one_or_more),
    ("services.*.devices.*", device),
    ("services.*.dns", one_or_more),
    ("services.*.env_file", env_files),
    ("services.*.extends", extends),
    ("services.*.gpus", gpus),
    ("services.*.label_file", one_or_more),
    ("services.*.networks", keys_of_list),
    ("services.*.models", keys_of_list),
    ("services.*.ports", ports::canonical),
    ("services.*.ports.*.target", number),
    ("services.*.secrets.*", file_reference),
    ("services.*.configs.*", file_reference),
    ("services.*.volumes.*", mount),
    ("networks.*", external),
    ("volumes.*", external),
    ("secrets.*", external),
    ("configs.*", external),
];

/// Short forms that stay until everything is merged.
const LATE: &[(&str, Rule)] = &[
    ("services.*.build.extra_hosts", hosts::canonical),
    ("services.*.build.ssh", ssh_lines),
    ("services.*.command", command),
    ("services.*.entrypoint", command),
    ("services.*.post_start.*.command", command),
    ("services.*.pre_stop.*.command", command),
    ("services.*.develop.watch.*.exec.command", command),
    ("services.*.healthcheck.test", health_test),
    ("services.*.dns_search", one_or_more),
    ("services.*.expose", texts),
    ("services.*.extra_hosts", hosts::canonical),
    ("services.*.group_add", texts),
    ("services.*.ports.*.published", text),
    ("services.*.provider.options.*", option_values),
    ("services.*.tmpfs", one_or_more),
    (
        "services.*.deploy.resources.reservations.generic_resources.*.discrete_resource_spec.value",
        number,
    ),
];

/// Makes the short forms of a document long.
///
/// # Errors
/// The first value that has neither form.
pub(crate) fn canonical(root: &mut Node) -> Result<(), ComposeError> {
    apply(EARLY, root)
}

/// Makes the remaining short forms long.
///
/// # Errors
/// The first value that has neither form.
pub(crate) fn complete(root: &mut Node) -> Result<(), ComposeError> {
    apply(LATE, root)
}

fn apply(rules: &[(&str, Rule)], root: &mut Node) -> Result<(), ComposeError> {
    tree::walk(root, &Path::ROOT, &mut |node, path| {
        if let Some(rule) = path.find(rules) {
            rule(node, path)?;
        }
        Ok(true)
    })
}

/// `build: ./context`.
pub(super) fn build(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    under(node, path, "context")
}

/// `secrets: [name]`.
fn file_reference(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    under(node, path, "source")
}

/// `extends: service`.
fn extends(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    under(node, path, "service")
}

/// A text as the mapping that has it under `key`.
fn under(node: &mut Node, path: &Path<'_>, key: &str) -> Result<(), ComposeError> {
    match &node.value {
        Value::Str(text) => {
            let value = Value::Str(text.clone());
            *node = tree::record(&node.location, [(key, value)]);
            Ok(())
        }
        Value::Map(_) => Ok(()),
        _ => Err(mismatch(node, path, "a text or a mapping")),
    }
}

/// A number or a boolean as text.
fn text(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let text = scalar_text(node).ok_or_else(|| mismatch(node, path, "a text or a number"))?;
    if !node.is_null() {
        node.value = Value::Str(text);
    }
    Ok(())
}

fn number(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    if let Value::Str(text) = &node.value {
        let number = text.parse().map_err(|_| mismatch(node, path, "an integer"))?;
        node.value = Value::Int(number);
    }
    Ok(())
}

fn texts(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let Value::Seq(items) = &mut node.value else { return Err(mismatch(node, path, "a list")) };
    items.iter_mut().try_for_each(|item| text(item, &path.child("[]")))
}

fn one_or_more(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    match &node.value {
        Value::Str(_) => {
            let item = node.clone();
            node.value = Value::Seq(vec![item]);
            Ok(())
        }
        Value::Seq(_) | Value::Null => Ok(()),
        _ => Err(mismatch(node, path, "a text or a list")),
    }
}

fn option_values(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    if !matches!(node.value, Value::Seq(_)) {
        text(node, path)?;
    }
    one_or_more(node, path)?;
    texts(node, path)
}

fn command(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    match &node.value {
        Value::Str(line) => {
            let words = shell::split(line).ok_or_else(|| {
                let message =
                    format!("`{path}` is no command line: a quote or bracket is not closed");
                ComposeError::at(node.location.clone(), message)
                    .with_help("close it, or write the command as a list")
            })?;
            let words = words.into_iter().map(|word| tree::text(word, &node.location));
            node.value = Value::Seq(words.collect());
            Ok(())
        }
        Value::Seq(_) | Value::Null => Ok(()),
        _ => Err(mismatch(node, path, "a text or a list")),
    }
}

fn health_test(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    match &node.value {
        Value::Str(_) => {
            let shell = tree::text("CMD-SHELL", &node.location);
            node.value = Value::Seq(vec![shell, node.clone()]);
            Ok(())
        }
        Value::Seq(_) | Value::Null => Ok(()),
        _ => Err(mismatch(node, path, "a text or a list")),
    }
}

/// `networks: [a, b]`: a mapping with nothing under each key.
pub(super) fn keys_of_list(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    list_to_map(node, path, |key| Node::new(Value::Null, key.location.clone()))
}

/// `depends_on: [a, b]`: a mapping with the default condition under each key.
pub(super) fn listed_dependencies(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    list_to_map(node, path, |key| {
        let condition = Value::Str(STARTED.to_owned());
        tree::record(&key.location, [("condition", condition), ("required", Value::Bool(true))])
    })
}

/// The condition of a dependency that says none.
pub(super) const STARTED: &str = "service_started";

fn dependencies(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    listed_dependencies(node, path)?;
    for (name, entry) in tree::mapping_mut(node, path)? {
        let location = entry.node.location.clone();
        let fields = tree::mapping_mut(&mut entry.node, &path.child(name))?;
        tree::default(fields, "condition", Value::Str(STARTED.to_owned()), &location);
        tree::default(fields, "required", Value::Bool(true), &location);
    }
    Ok(())
}

fn list_to_map(
    node: &mut Node,
    path: &Path<'_>,
    value: impl Fn(&Node) -> Node,
) -> Result<(), ComposeError> {
    match &node.value {
        Value::Seq(items) => {
            let entries = items.iter().map(|item| {
                let key = tree::expect_text(item, &path.child("[]"))?;
                Ok((key.to_owned(), tree::entry(value(item))))
            });
            node.value = Value::Map(entries.collect::<Result<_, ComposeError>>()?);
            Ok(())
        }
        Value::Map(_) => Ok(()),
        _ => Err(mismatch(node, path, "a list or a mapping")),
    }
}

fn device(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let Value::Str(spec) = &node.value else {
        return tree::mapping_mut(node, path).map(|_| ());
    };
    let parts: Vec<&str> = spec.split(':').collect();
    let (source, target, permissions) = match parts[..] {
        [source] => (source, source, "rwm"),
        [source, target] => (source, target, "rwm"),
        [source, target, permissions] => (source, target, permissions),
        _ => return Err(mismatch(node, path, "a device: `SOURCE[:TARGET[:PERMISSIONS]]`")),
    };
    let target = if target.is_empty() { source } else { target };
    let fields = [("source", source), ("target", target), ("permissions", permissions)];
    *node = tree::record(
        &node.location,
        fields.map(|(key, value)| (key, Value::Str(value.to_owned()))),
    );
    Ok(())
}

fn env_files(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    one_or_more(node, path)?;
    let Value::Seq(items) = &mut node.value else { return Ok(()) };
    for item in items {
        if let Value::Str(file) = &item.value {
            let file = Value::Str(file.clone());
            *item = tree::record(&item.location, [("path", file)]);
        }
        let location = item.location.clone();
        let fields = tree::mapping_mut(item, &path.child("[]"))?;
        tree::default(fields, "required", Value::Bool(true), &location);
    }
    Ok(())
}

/// `gpus: all`.
fn gpus(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    match &node.value {
        Value::Str(_) => {
            let all = tree::record(&node.location, [("count", Value::Str("all".to_owned()))]);
            node.value = Value::Seq(vec![all]);
            Ok(())
        }
        Value::Seq(_) => Ok(()),
        _ => Err(mismatch(node, path, "`all` or a list")),
    }
}

fn mount(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    if let Value::Str(_) = node.value {
        *node = mounts::parse(node, path)?.into_long(&node.location);
        return Ok(());
    }
    tree::mapping_mut(node, path).map(|_| ())
}

/// `key=value` texts as a mapping.
fn assignments(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let Value::Seq(items) = &node.value else {
        return tree::mapping_mut(node, path).map(|_| ());
    };
    let entries = items.iter().map(|item| {
        let text = tree::expect_text(item, &path.child("[]"))?;
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| mismatch(item, &path.child("[]"), "of the form `key=value`"))?;
        Ok((key.to_owned(), tree::entry(tree::text(value, &item.location))))
    });
    node.value = Value::Map(entries.collect::<Result<_, ComposeError>>()?);
    Ok(())
}

/// SSH keys: a mapping of ids to paths, null for the agent's own.
fn ssh_keys(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let Value::Seq(items) = &node.value else {
        return tree::mapping_mut(node, path).map(|_| ());
    };
    let entries = items.iter().map(|item| {
        let text = tree::expect_text(item, &path.child("[]"))?;
        match text.split_once('=') {
            Some((id, key)) => Ok((id.to_owned(), tree::entry(tree::text(key, &item.location)))),
            None if text == "default" => {
                let agent = Node::new(Value::Null, item.location.clone());
                Ok((text.to_owned(), tree::entry(agent)))
            }
            None => Err(mismatch(item, &path.child("[]"), "`default` or of the form `id=path`")),
        }
    });
    node.value = Value::Map(entries.collect::<Result<_, ComposeError>>()?);
    Ok(())
}

/// SSH keys as Compose prints them: `id`, or `id: path`.
fn ssh_lines(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let keys = tree::mapping_mut(node, path)?.iter().map(|(id, entry)| {
        let key = scalar_text(&entry.node).filter(|key| !key.is_empty());
        let line = key.map_or_else(|| id.clone(), |key| format!("{id}: {key}"));
        tree::text(line, &entry.node.location)
    });
    node.value = Value::Seq(keys.collect());
    Ok(())
}

/// `external: {name: x}`, the form of the second file format.
fn external(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    if node.is_null() {
        return Ok(());
    }
    let fields = tree::mapping_mut(node, path)?;
    let Some(external) = fields.get_mut("external") else { return Ok(()) };
    if external.node.as_map().is_none() {
        external.node.value = Value::Bool(bool::decode(&external.node, &path.child("external"))?);
        return Ok(());
    }
    let location = external.node.location.clone();
    let form = std::mem::replace(&mut external.node, Node::new(Value::Bool(true), location));
    let Some(given) = form.get("name") else { return Ok(()) };
    match fields.get("name") {
        Some(name) if name.node.value != given.value => {
            let message = format!("`{path}` has two names");
            Err(ComposeError::at(given.location.clone(), message)
                .with_help("use `name` and `external: true`"))
        }
        _ => {
            fields.insert("name".to_owned(), tree::entry(given.clone()));
            Ok(())
        }
    }
}
