//! Values of keys that are not given, where Compose gives one.

use super::tree;
use crate::compose::ComposeError;
use crate::compose::document::{Map, Node, Value};
use crate::compose::model::decode::scalar_text;
use crate::compose::path::Path;
use crate::compose::source::Location;

type Rule = fn(&mut Map, &Location);

const RULES: &[(&str, Rule)] = &[
    ("services.*.build", build),
    ("services.*.secrets.*", secret),
    ("services.*.ports.*", port),
    ("services.*.deploy.resources.reservations.devices.*", devices),
    ("services.*.gpus.*", devices),
];

/// Fills in what is missing.
///
/// # Errors
/// A value is no mapping where one must be.
pub(super) fn set(root: &mut Node) -> Result<(), ComposeError> {
    tree::walk(root, &Path::ROOT, &mut |node, path| {
        if let Some(rule) = path.find(RULES) {
            let location = node.location.clone();
            rule(tree::mapping_mut(node, path)?, &location);
        }
        Ok(true)
    })
}

fn build(build: &mut Map, at: &Location) {
    tree::default(build, "context", Value::Str(".".to_owned()), at);
    if !build.contains_key("dockerfile_inline") {
        tree::default(build, "dockerfile", Value::Str("Dockerfile".to_owned()), at);
    }
}

fn secret(secret: &mut Map, at: &Location) {
    let source = secret.get("source").and_then(|entry| scalar_text(&entry.node));
    let target = format!("/run/secrets/{}", source.unwrap_or_default());
    tree::default(secret, "target", Value::Str(target), at);
}

fn port(port: &mut Map, at: &Location) {
    tree::default(port, "protocol", Value::Str("tcp".to_owned()), at);
    tree::default(port, "mode", Value::Str("ingress".to_owned()), at);
}

fn devices(request: &mut Map, at: &Location) {
    if !request.contains_key("device_ids") {
        tree::default(request, "count", Value::Str("all".to_owned()), at);
    }
}
