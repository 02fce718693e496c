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
    services.keys().try_for_each(|name| visit(services, name, &mut done))
}

/// Goes from a service to all that it waits for, which may be a chain longer than any stack.
fn visit<'a>(
    services: &'a IndexMap<String, Dict>,
    name: &'a str,
    done: &mut BTreeSet<&'a str>,
) -> Result<(), Circle> {
    let open = |name: &str| services.get(name).map(needed).unwrap_or_default().into_iter();
    let mut way = Vec::new();
    let mut next = Some(name).filter(|name| !done.contains(name));
    loop {
        if let Some(name) = next.take() {
            way.push((name, open(name)));
        }
        let Some((name, open)) = way.last_mut() else { return Ok(()) };
        let Some(needed) = open.next() else {
            done.insert(*name);
            way.pop();
            continue;
        };
        let Some((needed, _)) = services.get_key_value(&needed) else { continue };
        if let Some(start) = way.iter().position(|(one, _)| *one == needed) {
            let circle = way[start..].iter().map(|(one, _)| *one).chain([needed.as_str()]);
            return Err(Circle { services: circle.map(str::to_owned).collect() });
        }
        next = Some(needed.as_str()).filter(|needed| !done.contains(needed));
    }
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

#[cfg(test)]
mod tests {
    use super::super::load;
    use crate::compose::LoadOptions;

    fn options(services: &str) -> LoadOptions {
        let text = format!("version: '2.4'\nservices:\n{services}");
        LoadOptions {
            cwd: "/project".into(),
            files: vec!["docker-compose.yml".into()],
            overlay: [("/project/docker-compose.yml".into(), text)].into(),
            ..LoadOptions::default()
        }
    }

    #[test]
    fn thousands_of_services_may_each_wait_for_the_next() {
        let waiting = |n: usize| format!("  s{n}: {{image: a, depends_on: [s{}]}}\n", n + 1);
        let services: String = (0..4000).map(waiting).collect();
        assert!(load(&options(&format!("{services}  s4000: {{image: a}}\n"))).is_ok());
    }

    #[test]
    fn a_chain_of_extends_ends_where_pythons_stack_does() {
        let chain = |length: usize| {
            let extending = |n: usize| format!("  s{n}: {{extends: {{service: s{}}}}}\n", n + 1);
            let services: String = (0..length).map(extending).collect();
            load(&options(&format!("{services}  s{length}: {{image: a}}\n")))
        };
        assert!(chain(491).is_ok());
        let error = chain(492).map(drop).unwrap_err();
        assert!(error.message.contains("more than 491 services"), "{error}");
    }
}
