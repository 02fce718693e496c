//! The order of services: what others depend on comes first.

use std::collections::BTreeSet;

use super::PlanError;
use crate::compose::model::{Project, Service};

/// The named services, each after those it depends on, else in the order of their names.
///
/// # Errors
///
/// [`PlanError::UnknownService`] for a name the project does not have.
pub fn by_dependency<'a>(
    project: &'a Project,
    names: &BTreeSet<String>,
) -> Result<Vec<&'a Service>, PlanError> {
    let mut ordered = Vec::new();
    let mut seen = BTreeSet::new();
    for name in names {
        let service = project.services.get(name).ok_or_else(|| unknown_service(project, name))?;
        visit(project, service, &mut seen, &mut ordered);
    }
    ordered.retain(|service| names.contains(&service.name));
    Ok(ordered)
}

/// Adds a service after everything it depends on, which may be a chain longer than any stack.
fn visit<'a>(
    project: &'a Project,
    service: &'a Service,
    seen: &mut BTreeSet<&'a str>,
    ordered: &mut Vec<&'a Service>,
) {
    let needed = |service: &'a Service| service.depends_on.keys();
    let mut trail = Vec::new();
    if seen.insert(&service.name) {
        trail.push((service, needed(service)));
    }
    while let Some((service, open)) = trail.last_mut() {
        match open.next().map(|name| project.services.get(name)) {
            Some(Some(next)) if seen.insert(&next.name) => trail.push((next, needed(next))),
            Some(_) => {}
            None => {
                ordered.push(service);
                trail.pop();
            }
        }
    }
}

/// Everything a service depends on, also through others.
#[must_use]
pub fn needs<'a>(project: &'a Project, service: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![service];
    while let Some(service) = open.pop().and_then(|name| project.services.get(name)) {
        for name in service.depends_on.keys() {
            if found.insert(name.as_str()) {
                open.push(name);
            }
        }
    }
    found
}

/// The error for a name that no active service has.
#[must_use]
pub fn unknown_service(project: &Project, service: &str) -> PlanError {
    PlanError::UnknownService {
        project: project.name.clone(),
        service: service.to_owned(),
        known: project.services.keys().cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample::project;

    fn order(project: &Project, names: &[&str]) -> Vec<String> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let ordered = by_dependency(project, &names).unwrap();
        ordered.iter().map(|service| service.name.clone()).collect()
    }

    #[test]
    fn what_others_need_comes_first_also_through_one_that_is_not_named() {
        let project = project(
            "services:
               app: {image: app, depends_on: [queue]}
               queue: {image: queue, depends_on: [vault]}
               vault: {image: vault}",
        );
        assert_eq!(order(&project, &["app", "queue", "vault"]), ["vault", "queue", "app"]);
        assert_eq!(order(&project, &["app", "vault"]), ["vault", "app"]);
    }

    #[test]
    fn thousands_may_each_depend_on_the_next() {
        let needing = |n: usize| format!("  s{n}: {{image: a, depends_on: [s{}]}}\n", n + 1);
        let services: String = (0..5000).map(needing).collect();
        let project = project(&format!("services:\n{services}  s5000: {{image: a}}\n"));
        assert_eq!(order(&project, &["s0", "s5000"]), ["s5000", "s0"]);
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        let names = BTreeSet::from(["nope".to_owned()]);
        assert!(by_dependency(&project("services: {a: {image: a}}"), &names).is_err());
    }
}
