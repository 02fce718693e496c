//! What services depend on: there, active, and not in a circle.

use std::collections::HashSet;

use super::validate::refuse_item;
use crate::compose::ComposeError;
use crate::compose::model::{Project, Service};
use crate::text::did_you_mean;

/// What the services `named` depend on, also through others, must be active.
///
/// # Errors
/// It is not.
pub(crate) fn dependencies_of(project: &Project, named: &[String]) -> Result<(), ComposeError> {
    let mut open: Vec<&str> = named.iter().map(String::as_str).collect();
    let mut seen = HashSet::new();
    while let Some(name) = open.pop() {
        if let Some(service) = project.services.get(name).filter(|_| seen.insert(name)) {
            dependencies(project, service)?;
            open.extend(service.depends_on.keys().map(String::as_str));
        }
    }
    Ok(())
}

/// What `service` depends on must be there, and active if it is needed.
///
/// # Errors
/// It is not.
pub(super) fn dependencies(project: &Project, service: &Service) -> Result<(), ComposeError> {
    for (name, dependency) in &service.depends_on {
        let is_disabled = project.disabled_services.contains_key(name);
        if project.services.contains_key(name) || is_disabled && !dependency.required {
            continue;
        }
        let message = if is_disabled {
            format!("service `{}` depends on `{name}`, whose profile is not active", service.name)
        } else {
            format!("service `{}` depends on `{name}`, which does not exist", service.name)
        };
        let error = refuse_item(service, "depends_on", name, message);
        let names = project.services.keys().map(String::as_str);
        return Err(match did_you_mean(name, names).filter(|_| !is_disabled) {
            Some(similar) => error.with_help(format!("did you mean `{similar}`?")),
            None => error,
        });
    }
    Ok(())
}

/// Services must not depend on each other in a circle.
///
/// # Errors
/// They do.
pub(super) fn no_circle(project: &Project) -> Result<(), ComposeError> {
    let mut done = HashSet::new();
    for start in project.services.keys() {
        if done.contains(start.as_str()) {
            continue;
        }
        // Each entry: a service that is being visited, and how many of its dependencies are done.
        let mut trail: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((name, at)) = trail.pop() {
            let Some(service) = project.services.get(name) else { continue };
            let Some(next) = service.depends_on.keys().nth(at) else {
                done.insert(name);
                continue;
            };
            trail.push((name, at + 1));
            if let Some(from) = trail.iter().position(|(visited, _)| visited == next) {
                let mut circle: Vec<&str> = trail[from..].iter().map(|(name, _)| *name).collect();
                circle.push(next);
                let message = format!("services depend on each other: `{}`", circle.join("` -> `"));
                return Err(refuse_item(service, "depends_on", next, message));
            }
            if !done.contains(next.as_str()) {
                trail.push((next, 0));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::compose::model::Project;
    use crate::compose::{ComposeError, LoadOptions, load};

    const FILE: &str = "
services:
  web: {image: a}
  debug: {image: a, profiles: [dev], depends_on: [web]}
  trace: {image: a, profiles: [dev]}
  import: {image: a, profiles: [batch], depends_on: [queue]}
  export: {image: a, profiles: [batch], depends_on: {queue: {condition: service_started, required: false}}}
  queue: {image: a, profiles: [work]}
";

    fn naming(names: &[&str]) -> Result<Project, ComposeError> {
        load(&LoadOptions {
            cwd: "/project".into(),
            files: vec!["compose.yaml".into()],
            overlay: [("/project/compose.yaml".into(), FILE.to_owned())].into(),
            named: names.iter().map(|name| (*name).to_owned()).collect(),
            ..LoadOptions::default()
        })
    }

    fn active(names: &[&str]) -> Vec<String> {
        naming(names).unwrap().services.into_keys().collect()
    }

    #[test]
    fn a_service_that_is_named_activates_its_profiles() {
        assert_eq!(active(&[]), ["web"]);
        assert_eq!(active(&["web", "1.2"]), ["web"]);
        assert_eq!(active(&["debug"]), ["debug", "trace", "web"]);
        assert_eq!(active(&["export"]), ["export", "import", "web"]);
        assert_eq!(active(&["import", "queue"]), ["export", "import", "queue", "web"]);
    }

    #[test]
    fn what_it_needs_must_be_active() {
        let error = naming(&["import"]).unwrap_err();
        let expected = "service `import` depends on `queue`, whose profile is not active";
        assert_eq!(error.message, expected);
        assert_eq!(error.location.unwrap().line(), 6);
    }
}
