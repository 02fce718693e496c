//! What stands in the way of an upgrade without downtime, and what deserves a word.

use super::resources::{networks_of, volumes_of};
use super::steps::{Finding, Level};
use super::writers::second_writer;
use crate::compose::model::{Port, Project, Service, ServiceNetwork};
use crate::engine::Observed;
use crate::engine::api::Inspection;
use crate::engine::spec::final_name;
use crate::labels;
use crate::text;

/// Whose containers they are may not be clear; an explicit project name makes it so.
#[derive(Debug, Clone, Copy)]
pub struct Preflight<'a> {
    /// The project as it will be.
    pub project: &'a Project,
    /// What the engine has.
    pub observed: &'a Observed,
    /// Whether the user named the project (`-p`), so that another folder is no mistake.
    pub project_is_named: bool,
}

impl Preflight<'_> {
    /// What forbids to look any further: no container that could be compared or replaced.
    #[must_use]
    pub fn before_comparing(&self, service: &Service) -> Vec<Finding> {
        [self.containers(service), self.folder(service)].concat()
    }

    /// What is found about a service that is to change.
    #[must_use]
    pub fn before_changing(&self, service: &Service) -> Vec<Finding> {
        [
            side_by_side(service),
            second_writer(service, self.observed.of(&service.name)).into_iter().collect(),
            self.external(service),
            self.replicas(service),
            self.healthcheck(service),
        ]
        .concat()
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

    fn replicas(&self, service: &Service) -> Vec<Finding> {
        let (wanted, found) = (service.replicas() as usize, self.observed.of(&service.name).len());
        if wanted == found || found == 0 {
            return Vec::new();
        }
        let what = format!(
            "the file asks for {} of `{}` and there are {found}; those {found} are replaced",
            text::count(wanted, "replica"),
            service.name
        );
        vec![
            warning(service, what)
                .with_hint("`docker compose up -d` brings the number in line afterwards"),
        ]
    }

    /// Without a healthcheck, time alone says that the new version serves.
    fn healthcheck(&self, service: &Service) -> Vec<Finding> {
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

/// Two containers of the service must be able to run at the same time.
fn side_by_side(service: &Service) -> Vec<Finding> {
    let alone = |key: &str, what: String, hint: &str| {
        error(service, what).with_hint(hint).with_place(service.location_of(key))
    };
    let name = &service.name;
    let mut findings = Vec::new();
    if let Some(fixed) = &service.container_name {
        let what = format!(
            "`{name}` has the fixed `container_name: {fixed}`, so that no second container can run beside the first"
        );
        let hint = "remove `container_name` from the file and run `docker compose up -d` once";
        findings.push(alone("container_name", what, hint));
    }
    if let Some(mode) =
        service.network_mode.as_deref().filter(|mode| *mode != "none" && *mode != "bridge")
    {
        let what = format!(
            "`{name}` uses `network_mode: {mode}`, where two containers would use the same ports"
        );
        findings.push(alone("network_mode", what, "put the service on a network of its own"));
    }
    for port in service.ports.iter().filter(|port| is_fixed(port, service.replicas() + 1)) {
        let published = port.published.as_deref().unwrap_or_default();
        let what = format!(
            "`{name}` publishes the fixed host port {published}, which only one container can have"
        );
        let hint = "let the proxy publish the port and reach the service by its network, or give a range with room for one more";
        findings.push(alone("ports", what, hint));
    }
    let has_address = service.mac_address.is_some()
        || service.networks.values().flatten().any(has_static_address);
    if has_address {
        let what = format!("`{name}` has a static address, which only one container can have");
        findings.push(alone(
            "networks",
            what,
            "remove the address; other containers reach the service by its name",
        ));
    }
    findings
}

fn has_static_address(network: &ServiceNetwork) -> bool {
    network.ipv4_address.is_some()
        || network.ipv6_address.is_some()
        || network.mac_address.is_some()
        || !network.link_local_ips.is_empty()
}

/// Whether the host port leaves no room for `containers` at a time.
fn is_fixed(port: &Port, containers: u32) -> bool {
    let Some(published) = port.published.as_deref().filter(|text| !text.is_empty() && *text != "0")
    else {
        return false;
    };
    let room = match published.split_once('-') {
        Some((first, last)) => match (first.parse::<u32>(), last.parse::<u32>()) {
            (Ok(first), Ok(last)) => last.saturating_sub(first) + 1,
            _ => 1,
        },
        None => 1,
    };
    room < containers
}

/// A container under the temporary name of a recreate, by Compose or by composeup.
fn left_over(service: &Service, container: &Inspection) -> Option<Finding> {
    let name = container.name();
    (final_name(&name) != name).then(|| {
        let what = format!("container `{name}` was left behind by a run that was cut off");
        let hint = format!(
            "if the other container of `{}` serves, remove this one with `docker rm -f {name}`",
            service.name
        );
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

    fn errors(yaml: &str) -> Vec<String> {
        let project = project(yaml);
        let observed = observed(&project, &[container(&project, "web")]);
        let preflight =
            Preflight { project: &project, observed: &observed, project_is_named: false };
        let service = &project.services["web"];
        let found =
            [preflight.before_comparing(service), preflight.before_changing(service)].concat();
        found.into_iter().filter(Finding::is_error).map(|finding| finding.message).collect()
    }

    fn web(key: &str) -> String {
        format!("services:\n  web:\n    image: web:1\n    {key}\n")
    }

    #[test]
    fn what_only_one_container_can_have_is_refused() {
        let alone = [
            "container_name: web",
            "network_mode: host",
            "ports: ['8080:80']",
            "ports: ['127.0.0.1:8080:80/udp']",
            "ports: [{target: 80, published: 8080}]",
            "networks: {default: {ipv4_address: 10.1.2.3}}",
            "mac_address: 02:42:ac:11:65:43",
        ];
        for key in alone {
            assert_eq!(errors(&web(key)).len(), 1, "{key}");
        }
    }

    #[test]
    fn what_two_containers_can_share_is_fine() {
        let shared =
            ["restart: always", "ports: ['80']", "ports: ['8080-8081:80']", "expose: ['80']"];
        for key in shared {
            assert_eq!(errors(&web(key)), Vec::<String>::new(), "{key}");
        }
    }

    #[test]
    fn a_range_of_ports_needs_room_for_one_more_container_than_there_are_replicas() {
        assert_eq!(errors(&web("ports: ['8080-8081:80']\n    scale: 2")).len(), 1);
        assert_eq!(errors(&web("ports: ['8080-8082:80']\n    scale: 2")), Vec::<String>::new());
    }

    fn found(change: impl Fn(&mut Observed)) -> Vec<Finding> {
        let project = project(&web(
            "volumes: [data:/data]\nvolumes: {data: {external: true}}\nnetworks: {default: {external: true}}",
        ));
        let mut observed = observed(&project, &[container(&project, "web")]);
        change(&mut observed);
        let preflight =
            Preflight { project: &project, observed: &observed, project_is_named: false };
        let service = &project.services["web"];
        [preflight.before_comparing(service), preflight.before_changing(service)].concat()
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
