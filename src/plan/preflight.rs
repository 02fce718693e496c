//! What stands in the way of an upgrade without downtime, and what deserves a word.

use super::dependents::shares;
use super::resources::{networks_of, volumes_of};
use super::steps::{Finding, Level};
use crate::compose::model::{Project, Service};
use crate::engine::Observed;
use crate::engine::api::Inspection;
use crate::engine::spec::final_name;
use crate::labels;

/// Whose containers they are may not be clear; an explicit project name makes it so.
#[derive(Debug, Clone, Copy)]
pub struct Preflight<'a> {
    /// The project as it will be.
    pub project: &'a Project,
    /// What the engine has.
    pub observed: &'a Observed,
    /// Whether the user named the project (`-p`), so that another folder is no mistake.
    pub project_is_named: bool,
    /// Whether new containers are asked something, so that time alone does not make them ready.
    pub is_asked: bool,
}

impl Preflight<'_> {
    /// What forbids to look any further: no container that could be compared or replaced.
    #[must_use]
    pub fn before_comparing(&self, service: &Service) -> Vec<Finding> {
        [self.containers(service), self.folder(service)].concat()
    }

    /// What is found about a service that gets new containers.
    #[must_use]
    pub fn before_creating(&self, service: &Service) -> Vec<Finding> {
        [self.external(service), self.healthcheck(service)].concat()
    }

    /// What is found about a service whose containers are replaced.
    #[must_use]
    pub fn before_replacing(&self, service: &Service) -> Vec<Finding> {
        [self.inactive(service), self.replicas(service)].concat()
    }

    /// There must be something to replace, and nothing left of an earlier run.
    fn containers(&self, service: &Service) -> Vec<Finding> {
        let (name, project) = (&service.name, &self.project.name);
        let all = self.observed.of(name);
        if self.observed.containers.is_empty() {
            let what = format!("project `{project}` has no containers on this engine");
            let hint = "start it with `docker compose up -d`, or name the project with `-p`";
            return vec![error(service, what).with_hint(hint)];
        }
        if !all.iter().any(|container| container.state().running) {
            let what = format!("no container of `{name}` is running");
            let hint = format!("start it with `docker compose up -d {name}`");
            return vec![error(service, what).with_hint(hint)];
        }
        all.iter().filter_map(|container| left_over(service, container)).collect()
    }

    /// The same project name in another folder is another project.
    fn folder(&self, service: &Service) -> Vec<Finding> {
        let own = self.project.working_dir.to_string_lossy();
        let foreign = self
            .observed
            .of(&service.name)
            .iter()
            .filter_map(|container| container.label(labels::WORKING_DIR))
            .find(|folder| *folder != own);
        let Some(folder) = foreign.filter(|_| !self.project_is_named) else { return Vec::new() };
        let what = format!(
            "the containers of project `{}` were made from `{folder}`, not from `{own}`",
            self.project.name
        );
        let hint = format!(
            "run composeup in `{folder}`; if this is the same project, name it with `-p {}`",
            self.project.name
        );
        vec![error(service, what).with_hint(hint)]
    }

    /// What Compose does not create must be there.
    fn external(&self, service: &Service) -> Vec<Finding> {
        let absent = |kind: &str, name: &str| {
            let what = format!("the external {kind} `{name}` does not exist on this engine");
            let hint = format!("create it with `docker {kind} create {name}`");
            error(service, what).with_hint(hint)
        };
        let networks = networks_of(self.project, service)
            .filter(|(_, one)| one.external && !self.observed.networks.contains_key(&one.name))
            .map(|(_, one)| absent("network", &one.name));
        let volumes = volumes_of(self.project, service)
            .filter(|(_, one)| one.external && !self.observed.volumes.contains_key(&one.name))
            .map(|(_, one)| absent("volume", &one.name));
        networks.chain(volumes).collect()
    }

    /// What runs in a namespace of the old container would be left in a dead one.
    fn inactive(&self, service: &Service) -> Vec<Finding> {
        let is_running = |name: &str| self.observed.of(name).iter().any(|one| one.state().running);
        let tenants = self.project.disabled_services.values().filter_map(|tenant| {
            let share = shares(tenant).into_iter().find(|share| share.with == service.name)?;
            is_running(&tenant.name).then_some((tenant, share.what))
        });
        let found = tenants.map(|(tenant, what)| {
            let name = &tenant.name;
            let message = format!(
                "`{name}` shares the {what} of `{}` and its profile is not active, so that it would not be replaced along",
                service.name
            );
            let profile = tenant.profiles.first().map(String::as_str).unwrap_or_default();
            let hint = format!(
                "activate it with `--profile {profile}`, or stop it with `docker compose stop {name}`"
            );
            error(service, message).with_hint(hint)
        });
        found.collect()
    }

    /// A number set by hand is kept, and Compose would not keep it.
    fn replicas(&self, service: &Service) -> Vec<Finding> {
        let found = self.observed.of(&service.name).len();
        if service.replicas().is_some() || found <= 1 {
            return Vec::new();
        }
        let what = format!(
            "`{}` has {found} replicas, and the file does not say how many: all {found} stay",
            service.name
        );
        vec![
            warning(service, what)
                .with_hint("write the number into the file: `deploy: {replicas: …}` or `scale`"),
        ]
    }

    /// Without a healthcheck, time alone says that the new version serves.
    fn healthcheck(&self, service: &Service) -> Vec<Finding> {
        if self.is_asked {
            return Vec::new();
        }
        let image = service.image.as_ref().and_then(|image| self.observed.images.get(image));
        let known = image.is_some();
        let by_image = image.is_some_and(|image| image.healthcheck().is_some());
        let disabled = service.healthcheck.as_ref().is_some_and(|check| check.disable);
        let by_file = service.healthcheck.as_ref().is_some_and(|check| !check.test.is_empty());
        if !disabled && (by_file || by_image || !known) {
            return Vec::new();
        }
        let what = format!(
            "`{}` has no healthcheck; a new container counts as ready once it has run for a while",
            service.name
        );
        let hint = format!("add `healthcheck:` to `{}`, or set `--ready-after`", service.name);
        vec![warning(service, what).with_hint(hint)]
    }
}

/// A container under the temporary name of a recreate, by Compose or by composeup.
fn left_over(service: &Service, container: &Inspection) -> Option<Finding> {
    let name = container.name();
    (final_name(&name) != name).then(|| {
        let what = format!("container `{name}` was left behind by a run that was cut off");
        let hint = match container.label(labels::RUN) {
            Some(_) => "`composeup abort` takes that run back".to_owned(),
            None => format!(
                "if the other container of `{}` serves, remove this one with `docker rm -f {name}`",
                service.name
            ),
        };
        error(service, what).with_hint(hint)
    })
}

fn error(service: &Service, what: String) -> Finding {
    Finding::new(Level::Error, Some(&service.name), what)
}

fn warning(service: &Service, what: String) -> Finding {
    Finding::new(Level::Warning, Some(&service.name), what)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::sample::{container, observed, project};

    fn web(key: &str) -> String {
        format!("services:\n  web:\n    image: web:1\n    {key}\n")
    }

    fn found(change: impl Fn(&mut Observed)) -> Vec<Finding> {
        let project = project(&web(
            "volumes: [data:/data]\nvolumes: {data: {external: true}}\nnetworks: {default: {external: true}}",
        ));
        let mut observed = observed(&project, &[container(&project, "web")]);
        change(&mut observed);
        let preflight = Preflight {
            project: &project,
            observed: &observed,
            project_is_named: false,
            is_asked: false,
        };
        let service = &project.services["web"];
        [
            preflight.before_comparing(service),
            preflight.before_creating(service),
            preflight.before_replacing(service),
        ]
        .concat()
    }

    fn messages(findings: &[Finding]) -> Vec<&str> {
        findings.iter().filter(|one| one.is_error()).map(|one| one.message.as_str()).collect()
    }

    #[test]
    fn there_must_be_a_running_container() {
        let none = found(|observed| observed.containers.clear());
        assert_eq!(messages(&none), ["project `shop` has no containers on this engine"]);
        let stopped = found(|observed| {
            let web = &mut observed.containers.get_mut("web").unwrap()[0];
            web.0["State"] = json!({ "Status": "exited", "Running": false });
        });
        assert_eq!(messages(&stopped), ["no container of `web` is running"]);
    }

    #[test]
    fn external_networks_and_volumes_must_be_there() {
        let missing = found(|observed| {
            observed.networks.clear();
            observed.volumes.clear();
        });
        let expected = [
            "the external network `default` does not exist on this engine",
            "the external volume `data` does not exist on this engine",
        ];
        assert_eq!(messages(&missing), expected);
    }

    #[test]
    fn what_runs_in_its_namespace_must_be_active() {
        let project = project(
            "services:\n  web: {image: web}\n  debug: {image: d, profiles: [dev], pid: 'service:web'}\n",
        );
        let of = |name: &str| {
            let mut container = container(&project, "web");
            container.0["Config"]["Labels"][labels::SERVICE] = name.into();
            container
        };
        let found = |containers: &[Inspection]| {
            let observed = observed(&project, containers);
            let preflight = Preflight {
                project: &project,
                observed: &observed,
                project_is_named: false,
                is_asked: false,
            };
            preflight.before_replacing(&project.services["web"])
        };
        assert_eq!(messages(&found(&[of("web")])), [""; 0]);
        let both = found(&[of("web"), of("debug")]);
        assert!(messages(&both)[0].starts_with("`debug` shares the process namespace of `web`"));
    }

    #[test]
    fn containers_made_from_another_folder_are_another_project() {
        let foreign = found(|observed| {
            let web = &mut observed.containers.get_mut("web").unwrap()[0];
            web.0["Config"]["Labels"][labels::WORKING_DIR] = "/home/eve/shop".into();
        });
        assert!(messages(&foreign)[0].contains("`/home/eve/shop`"), "{foreign:?}");
    }

    #[test]
    fn what_an_earlier_run_left_behind_is_looked_at_first() {
        let left = found(|observed| {
            let all = observed.containers.get_mut("web").unwrap();
            let mut second = all[0].clone();
            second.0["Name"] = "/0123456789ab_shop-web-1".into();
            all.push(second);
        });
        assert!(messages(&left)[0].contains("left behind"), "{left:?}");
    }

    #[test]
    fn a_missing_healthcheck_is_a_warning() {
        let findings = found(|_| {});
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].level, Level::Warning);
        let checked = found(|observed| {
            observed.images.get_mut("web:1").unwrap().0["Config"] =
                json!({ "Healthcheck": { "Test": ["CMD", "check"] } });
        });
        assert_eq!(checked, []);
    }
}
