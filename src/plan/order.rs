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

fn visit<'a>(
    project: &'a Project,
    service: &'a Service,
    seen: &mut BTreeSet<&'a str>,
    ordered: &mut Vec<&'a Service>,
) {
    if !seen.insert(&service.name) {
        return;
    }
    for needed in service.depends_on.keys().filter_map(|name| project.services.get(name)) {
        visit(project, needed, seen, ordered);
    }
    ordered.push(service);
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
    fn an_unknown_name_is_an_error() {
        let names = BTreeSet::from(["nope".to_owned()]);
        assert!(by_dependency(&project("services: {a: {image: a}}"), &names).is_err());
    }
}
