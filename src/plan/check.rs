//! What a look at a project tells, without any wish to change it: which Compose made the containers
//! of each service, how that is known, and what stands in the way of an upgrade.

use super::build::{PlanOptions, Situation, network_ids, shown_files};
use super::identity::Identity;
use super::order::by_dependency;
use super::replicas::Change;
use super::service::Planner;
use super::steps::{Finding, Level};
use super::{PlanError, peers};
use crate::compose::hash::Proof;
use crate::engine::spec::SpecError;
use crate::labels;

/// What was found about a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Name of the project.
    pub project: String,
    /// The compose files, as messages show them.
    pub files: Vec<String>,
    /// The engine's address, as messages show it.
    pub endpoint: String,
    /// The services that were looked at.
    pub services: Vec<ServiceCheck>,
    /// What stands out beyond single services.
    pub findings: Vec<Finding>,
}

/// What was found about one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCheck {
    /// Name of the service.
    pub service: String,
    /// The release of Compose that is followed, as the label of its container names it.
    pub version: Option<String>,
    /// How the generation of that Compose is known.
    pub proof: Proof,
    /// Number of its containers.
    pub containers: usize,
    /// Number of its containers with the config hash that Compose gives the files.
    pub equal: usize,
    /// What an upgrade of it would be told.
    pub findings: Vec<Finding>,
}

impl Check {
    /// Everything that was found, of the services and beyond them.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.services.iter().flat_map(|service| &service.findings).chain(&self.findings)
    }

    /// The weight of the heaviest finding.
    #[must_use]
    pub fn worst(&self) -> Option<Level> {
        self.all_findings().map(|finding| finding.level).max()
    }
}

/// Looks at the services of `options`; if it names none, at all that have containers.
///
/// # Errors
///
/// [`PlanError::UnknownService`].
pub fn check(situation: &Situation, options: &PlanOptions) -> Result<Check, PlanError> {
    let named = &options.services;
    let all = || situation.after.services.keys().cloned().collect();
    let services =
        by_dependency(situation.after, &if named.is_empty() { all() } else { named.clone() })?;
    let has_containers = |name: &String| !situation.observed.of(name).is_empty();
    let (peers, network_ids) = (peers(situation.observed), network_ids(situation));
    let mut check = Check {
        project: situation.after.name.clone(),
        files: shown_files(situation.after),
        endpoint: situation.observed.engine.endpoint.clone(),
        services: Vec::new(),
        findings: Vec::new(),
    };
    for service in services {
        if !named.is_empty() || has_containers(&service.name) {
            let planner = Planner {
                situation,
                options,
                service,
                present: &peers,
                future: &peers,
                late: &[],
                network_ids: &network_ids,
            };
            check.services.push(planner.check());
        }
    }
    if check.services.is_empty() {
        let what = format!("project `{}` has no containers on this engine", check.project);
        let hint = "start it with `docker compose up -d`, or name the project with `-p`";
        check.findings.push(Finding::new(Level::Error, None, what).with_hint(hint));
    }
    Ok(check)
}

impl Planner<'_> {
    fn check(&self) -> ServiceCheck {
        let containers = self.containers();
        let identity = self.identity();
        let hash = Some(identity.config_hash.as_str());
        let equal = containers.iter().filter(|one| one.label(labels::CONFIG_HASH) == hash).count();
        let followed = identity.followed.and_then(|index| containers.get(index));
        let version = followed.and_then(|one| one.label(labels::VERSION));
        ServiceCheck {
            service: self.service.name.clone(),
            version: version.map(str::to_owned),
            proof: identity.proof,
            containers: containers.len(),
            equal,
            findings: self.findings_of_a_change(&identity),
        }
    }

    /// What an upgrade would be told, whether or not there is something to upgrade to.
    fn findings_of_a_change(&self, identity: &Identity) -> Vec<Finding> {
        let preflight = self.preflight();
        let mut findings = preflight.before_comparing(self.service);
        let Some(first) = self.containers().first().filter(|_| findings.is_empty()) else {
            return findings;
        };
        findings.extend(preflight.before_creating(self.service));
        findings.extend(preflight.before_replacing(self.service));
        findings.extend(self.image_findings(self.pull().is_some()));
        let number = first.number().unwrap_or(1);
        let change = Change { number, old: Some(first), is_wanted: true };
        findings.extend(self.strategy(&[change]).findings);
        match self.spec(&change, identity, &self.final_name(number, identity)) {
            Ok(new) => findings.extend(self.provenance(identity, &new)),
            Err(error) => findings.push(self.refusal(&error)),
        }
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        findings
    }

    /// A service that cannot be made into a container, as a finding.
    fn refusal(&self, error: &SpecError) -> Finding {
        let finding = Finding::new(Level::Error, Some(&self.service.name), error.to_string());
        let finding = finding.with_place(error.location());
        match error.hints().into_iter().next() {
            Some(hint) => finding.with_hint(hint),
            None => finding,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compose::hash::Generation;
    use crate::engine::api::Inspection;
    use crate::plan::sample;

    const FILE: &str = "
services:
  web: {image: 'web:1', healthcheck: {test: [CMD, check]}}
  worker:
    image: worker:1
    container_name: worker
    deploy: {update_config: {order: start-first}}
  idle: {image: 'idle:1'}
";

    fn look(change: impl Fn(&mut Vec<Inspection>), services: &[&str]) -> Check {
        let project = sample::project(FILE);
        let mut containers =
            vec![sample::container(&project, "web"), sample::container(&project, "worker")];
        change(&mut containers);
        let observed = sample::observed(&project, &containers);
        let situation = sample::situation(&project, &project, &observed);
        check(&situation, &sample::options(services)).unwrap()
    }

    #[test]
    fn without_a_name_every_service_with_containers_is_looked_at() {
        let check = look(|_| {}, &[]);
        let names: Vec<&str> = check.services.iter().map(|one| one.service.as_str()).collect();
        assert_eq!(names, ["web", "worker"]);
        let web = &check.services[0];
        assert_eq!(web.proof, Proof::Files(Generation::V2_36));
        assert_eq!((web.version.as_deref(), web.containers, web.equal), (Some("2.40.3"), 1, 1));
        assert_eq!(web.findings, []);
    }

    #[test]
    fn what_would_refuse_an_upgrade_is_found_though_nothing_changes() {
        let check = look(|_| {}, &["worker"]);
        let findings = &check.services[0].findings;
        let fixed = findings.iter().find(|one| one.message.contains("`container_name: worker`"));
        assert_eq!(fixed.unwrap().level, Level::Error);
    }

    #[test]
    fn a_hash_of_unknown_origin_is_found() {
        let foreign = |containers: &mut Vec<Inspection>| {
            let config = &mut containers[0].0["Config"];
            config["Healthcheck"] = json!({ "Test": ["CMD", "check"] });
            config["Labels"][labels::CONFIG_HASH] = "0".into();
        };
        let check = look(foreign, &["web"]);
        assert_eq!(check.services[0].equal, 0);
        assert_eq!(check.services[0].proof, Proof::VersionLabel(Generation::V2_36));
        assert_eq!(check.worst(), Some(Level::Warning));
    }

    #[test]
    fn a_service_without_containers_is_found_wanting_only_if_it_is_named() {
        assert_eq!(look(|_| {}, &["idle"]).worst(), Some(Level::Error));
        let nothing = look(Vec::clear, &[]);
        assert!(nothing.services.is_empty() && nothing.worst() == Some(Level::Error));
    }
}
