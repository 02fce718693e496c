//! The order services start in, which must be one.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::value::{Dict, Py};
use crate::compose::ComposeError;

/// Services that wait for each other, the first one again at the end.
pub(super) struct Circle {
    pub(super) services: Vec<String>,
}

impl From<Circle> for ComposeError {
    fn from(circle: Circle) -> Self {
        Self::new(format!("services wait for each other: `{}`", circle.services.join("` → `")))
    }
}

/// Refuses services that wait for each other.
///
/// # Errors
/// A circle.
pub(super) fn check(services: &IndexMap<String, Dict>) -> Result<(), Circle> {
    let mut done = BTreeSet::new();
    services.keys().try_for_each(|name| visit(services, name, &mut Vec::new(), &mut done))
}

fn visit<'a>(
    services: &'a IndexMap<String, Dict>,
    name: &'a str,
    way: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Result<(), Circle> {
    if let Some(start) = way.iter().position(|one| *one == name) {
        let circle = [&way[start..], &[name]].concat();
        return Err(Circle { services: circle.into_iter().map(str::to_owned).collect() });
    }
    if done.contains(name) {
        return Ok(());
    }
    way.push(name);
    for needed in services.get(name).map(needed).unwrap_or_default() {
        if let Some((needed, _)) = services.get_key_value(&needed) {
            visit(services, needed, way, done)?;
        }
    }
    way.pop();
    done.insert(name);
    Ok(())
}

/// The services that must be there before this one.
fn needed(service: &Dict) -> Vec<String> {
    let items = |key: &str| service.get(key).cloned().unwrap_or(Py::None).into_items();
    let links = items("links").into_iter().map(|link| {
        let link = link.text();
        link.split(':').next().unwrap_or_default().to_owned()
    });
    let volumes = items("volumes_from").into_iter().filter_map(|source| match source {
        Py::List(parts) => parts.first().map(Py::text),
        _ => None,
    });
    let modes = ["network_mode", "pid", "ipc"].into_iter().filter_map(|key| {
        let mode = service.get(key).and_then(Py::as_str)?;
        mode.strip_prefix("service:").map(str::to_owned)
    });
    let dependencies = service.get("depends_on").and_then(Py::as_dict);
    let dependencies = dependencies.into_iter().flat_map(|all| all.keys().cloned());
    links.chain(volumes).chain(modes).chain(dependencies).collect()
}
