//! Puts the plan together: which services change and why, what stands in the way, which containers
//! come and go, and every step in order. Pure: the same values give the same plan.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::PlanError;
use super::arrange::arrange;
use super::diff;
use super::identity::Identity;
use super::order::by_dependency;
use super::preflight::Preflight;
use super::provenance::Provenance;
use super::readiness::{default_deadline, effective_check};
use super::resources::{self, networks_of, volumes_of};
use super::steps::{
    Cause, FileEdit, Finding, Level, OldContainer, Order, Plan, Pull, Readiness, Replacement,
    ServicePlan, Step,
};
use crate::compose::hash::v1;
use crate::compose::model::{Project, Service};
use crate::engine::api::{ContainerSpec, Image, Inspection};
use crate::engine::spec::{Peer, SpecError, SpecInput, container_spec};
use crate::engine::{Observed, Wanted};
use crate::labels;

/// When an image is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullPolicy {
    /// If the engine does not have it.
    Missing,
    /// Even if the engine has it: the tag may have moved.
    Always,
    /// Not at all.
    Never,
}

/// What the user wants beyond the files.
#[derive(Clone)]
pub struct PlanOptions<'a> {
    /// Id of the run.
    pub run: String,
    /// The services to look at.
    pub services: BTreeSet<String>,
    /// `--pull`; else the service's own `pull_policy`.
    pub pull: Option<PullPolicy>,
    /// `--timeout`; else derived from the healthcheck.
    pub timeout: Option<Duration>,
    /// `--ready-after`.
    pub ready_after: Duration,
    /// Whether the project was named by `-p`.
    pub project_is_named: bool,
    /// Reads a file beside the compose files, such as a seccomp profile.
    pub read_file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
}

/// The project as it is on disk and as it will be, and what the engine has.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// The files as they are: they prove which Compose made the containers.
    pub before: &'a Project,
    /// The files with the edits.
    pub after: &'a Project,
    /// The edits.
    pub edits: &'a [FileEdit],
    /// The same files as Compose v1 reads them, before and after, if it can read them.
    pub v1: Option<(&'a v1::Project, &'a v1::Project)>,
    /// The engine.
    pub observed: &'a Observed,
}

/// What to look at on the engine before planning.
///
/// # Errors
///
/// [`PlanError::UnknownService`].
pub fn wanted(project: &Project, services: &BTreeSet<String>) -> Result<Wanted, PlanError> {
    let mut wanted = Wanted { project: project.name.clone(), ..Wanted::default() };
    for service in by_dependency(project, services)? {
        wanted.images.extend(service.image.clone());
        wanted.networks.extend(networks_of(project, service).map(|(_, one)| one.name.clone()));
        wanted.volumes.extend(volumes_of(project, service).map(|(_, one)| one.name.clone()));
    }
    Ok(wanted)
}

/// Plans the rollout.
///
/// # Errors
///
/// [`PlanError`] if a service is unknown or something stands in the way.
pub fn plan(situation: &Situation, options: &PlanOptions) -> Result<Plan, PlanError> {
    let mut plan = empty_plan(situation, options);
    let (peers, network_ids) = (peers(situation.observed), network_ids(situation));
    for service in by_dependency(situation.after, &options.services)? {
        let planner =
            Planner { situation, options, service, peers: &peers, network_ids: &network_ids };
        planner.add_to(&mut plan)?;
    }
    plan.findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    if plan.findings.iter().any(Finding::is_error) {
        return Err(PlanError::Refused { findings: plan.findings });
    }
    plan.steps = arrange(&plan.services, plan.resources.len());
    // What runs is already as the edited files say: only they are left.
    if plan.steps.is_empty() && !plan.edits.is_empty() {
        plan.steps.push(Step::Commit);
    }
    Ok(plan)
}

fn empty_plan(situation: &Situation, options: &PlanOptions) -> Plan {
    Plan {
        run: options.run.clone(),
        project: situation.after.name.clone(),
        files: shown_files(situation.after),
        endpoint: situation.observed.engine.endpoint.clone(),
        services: Vec::new(),
        up_to_date: Vec::new(),
        edits: situation.edits.to_vec(),
        findings: Vec::new(),
        pulls: Vec::new(),
        resources: Vec::new(),
        steps: Vec::new(),
    }
}

/// The compose files, as messages show them.
pub(super) fn shown_files(project: &Project) -> Vec<String> {
    project.config_files.iter().map(|path| shown(project, path)).collect()
}

/// The path as the file itself was shown when it was read.
fn shown(project: &Project, path: &Path) -> String {
    let file = project.files.iter().find(|file| file.path == path);
    file.map_or_else(|| path.display().to_string(), |file| file.shown.clone())
}

/// Plans one service.
pub(super) struct Planner<'a> {
    pub(super) situation: &'a Situation<'a>,
    pub(super) options: &'a PlanOptions<'a>,
    pub(super) service: &'a Service,
    pub(super) peers: &'a BTreeMap<String, Vec<Peer>>,
    pub(super) network_ids: &'a BTreeMap<String, String>,
}

impl Planner<'_> {
    fn add_to(&self, plan: &mut Plan) -> Result<(), PlanError> {
        let preflight = self.preflight();
        let forbidden = preflight.before_comparing(self.service);
        if !forbidden.is_empty() {
            plan.findings.extend(forbidden);
            return Ok(());
        }
        let pull = self.pull();
        let identity = Identity::of(self.situation, self.service, self.peers);
        let Some(service) = self.service_plan(&identity, pull.is_some())? else {
            plan.up_to_date.push(self.service.name.clone());
            return Ok(());
        };
        plan.findings.extend(preflight.before_changing(self.service));
        plan.findings.extend(self.image_findings(pull.is_some()));
        plan.findings.extend(self.provenance(&identity, &service.replacements[0]));
        plan.pulls.extend(pull);
        for resource in resources::missing(self.situation, self.service, &identity.style) {
            if !plan.resources.contains(&resource) {
                plan.resources.push(resource);
            }
        }
        plan.services.push(service);
        Ok(())
    }

    /// The service's replacements, or `None` if all its containers are as they should be.
    fn service_plan(
        &self,
        identity: &Identity,
        is_pulled: bool,
    ) -> Result<Option<ServicePlan>, PlanError> {
        let containers = self.containers();
        let pairs: Vec<Replacement> = containers
            .iter()
            .map(|old| self.replacement(old, identity))
            .collect::<Result<_, SpecError>>()?;
        let changed: Vec<Vec<Cause>> = containers
            .iter()
            .zip(&pairs)
            .filter(|(old, _)| is_pulled || !self.is_up_to_date(old, identity))
            .map(|(old, pair)| self.causes(old, &pair.new.body, is_pulled))
            .collect();
        let (Some(first), Some(causes)) = (containers.first(), changed.into_iter().next()) else {
            return Ok(None);
        };
        let check = effective_check(&pairs[0].new.body, self.image());
        Ok(Some(ServicePlan {
            service: self.service.name.clone(),
            from_image: first.image(),
            to_image: self.image_name(),
            causes,
            order: Order::StartFirst,
            readiness: Readiness {
                timeout: self.options.timeout.unwrap_or_else(|| default_deadline(check.as_ref())),
                ready_after: self.options.ready_after,
            },
            replacements: pairs,
        }))
    }

    fn causes(&self, old: &Inspection, body: &Value, is_pulled: bool) -> Vec<Cause> {
        let old_image = self.situation.observed.images.get(&old.image_id());
        let causes = diff::causes(old, old_image, diff::Wanted { body, image: self.image() });
        match (causes.is_empty(), is_pulled) {
            (false, _) => causes,
            (true, true) => vec![Cause("image will be pulled".into())],
            (true, false) => vec![Cause("configuration changed".into())],
        }
    }

    /// Compose's own rule: the hash of the configuration and the id of the image.
    fn is_up_to_date(&self, old: &Inspection, identity: &Identity) -> bool {
        let same_image = self.image().is_some_and(|image| image.id() == old.image_id());
        same_image && old.label(labels::CONFIG_HASH) == Some(&identity.config_hash)
    }

    pub(super) fn replacement(
        &self,
        old: &Inspection,
        identity: &Identity,
    ) -> Result<Replacement, SpecError> {
        let number = old.number().unwrap_or(1);
        let project = &self.situation.after.name;
        let final_name = identity.style.container_name(project, &self.service.name, number);
        let create_as = format!("{}_{final_name}", old.id().short());
        let v1 = self.situation.v1.filter(|_| identity.style.release().is_v1());
        let v1 = v1.and_then(|(_, after)| after.service(&self.service.name, None));
        let mut new = container_spec(&SpecInput {
            project: self.situation.after,
            service: self.service,
            number,
            name: &final_name,
            create_as: &create_as,
            style: &identity.style,
            config_hash: &identity.config_hash,
            engine: &self.situation.observed.engine,
            image: self.image(),
            old: Some(old),
            peers: self.peers,
            network_ids: self.network_ids,
            v1: v1.as_ref(),
            read_file: self.options.read_file,
        })?;
        sign(&mut new, &self.options.run, old);
        let running = old.state().running;
        let old = OldContainer { id: old.id(), name: old.name(), running };
        Ok(Replacement { replica: number, old, new, final_name })
    }

    pub(super) fn preflight(&self) -> Preflight<'_> {
        Preflight {
            project: self.situation.after,
            observed: self.situation.observed,
            project_is_named: self.options.project_is_named,
        }
    }

    /// What is said of the Compose that made the first container.
    pub(super) fn provenance(&self, identity: &Identity, first: &Replacement) -> Option<Finding> {
        let old = self.containers().first()?;
        let old_image = self.situation.observed.images.get(&old.image_id());
        let wanted = diff::Wanted { body: &first.new.body, image: self.image() };
        let provenance = Provenance {
            service: &self.service.name,
            proof: identity.proof,
            version: old.label(labels::VERSION),
            is_edited: !diff::beside_the_image(old, old_image, wanted).is_empty(),
        };
        provenance.finding()
    }

    pub(super) fn containers(&self) -> &[Inspection] {
        self.situation.observed.of(&self.service.name)
    }

    fn image_name(&self) -> String {
        self.service.image.clone().unwrap_or_default()
    }

    fn image(&self) -> Option<&Image> {
        self.situation.observed.images.get(self.service.image.as_ref()?)
    }

    /// The pull the service needs, by the flag, else by its own `pull_policy`.
    pub(super) fn pull(&self) -> Option<Pull> {
        let by_file = match self.service.pull_policy.as_deref() {
            Some("always") => PullPolicy::Always,
            Some("never" | "build") => PullPolicy::Never,
            _ => PullPolicy::Missing,
        };
        let wanted = match self.options.pull.unwrap_or(by_file) {
            PullPolicy::Always => true,
            PullPolicy::Missing => self.image().is_none(),
            PullPolicy::Never => false,
        };
        (wanted && self.service.image.is_some()).then(|| Pull {
            service: self.service.name.clone(),
            image: self.image_name(),
            platform: self.service.platform.clone(),
        })
    }

    pub(super) fn image_findings(&self, is_pulled: bool) -> Vec<Finding> {
        let name = &self.service.name;
        let error = |what: String, hint: &str| {
            vec![Finding::new(Level::Error, Some(name), what).with_hint(hint)]
        };
        match &self.service.image {
            None => error(
                format!("`{name}` has no `image`; it is only built"),
                "give it an `image:` with a tag beside `build:`, and build that tag first",
            ),
            Some(image) if !is_pulled && self.image().is_none() => error(
                format!("image `{image}` is not on the engine, and nothing may be pulled"),
                "load or build the image first, or leave out `--pull never`",
            ),
            Some(_) => Vec::new(),
        }
    }
}

/// Ids of the networks there are, by their key in the project.
pub(super) fn network_ids(situation: &Situation) -> BTreeMap<String, String> {
    let networks = situation.after.networks.iter();
    networks
        .filter_map(|(key, network)| {
            Some((key.clone(), situation.observed.networks.get(&network.name)?.id()))
        })
        .collect()
}

/// Signs a new container, so that it can be found and told from every other one.
fn sign(new: &mut ContainerSpec, run: &str, old: &Inspection) {
    let marks = [(labels::RUN, run.to_owned()), (labels::REPLACES, old.id().0)];
    if let Some(body) = new.body.as_object_mut() {
        let own = body.entry("Labels").or_insert_with(|| Value::Object(serde_json::Map::new()));
        if let Some(own) = own.as_object_mut() {
            own.extend(marks.map(|(key, value)| (key.to_owned(), value.into())));
        }
    }
}

/// The containers there are, as others may refer to them.
#[must_use]
pub fn peers(observed: &Observed) -> BTreeMap<String, Vec<Peer>> {
    let peer = |one: &Inspection| Peer { id: one.id(), name: one.name() };
    let all = observed.containers.iter();
    all.map(|(service, containers)| (service.clone(), containers.iter().map(peer).collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample;
    use crate::plan::steps::Step;

    const FILE: &str = "
services:
  app: {image: 'app:1', depends_on: [worker]}
  worker: {image: 'worker:1', environment: {TOKEN: hush}}
";

    fn options(services: &[&str]) -> PlanOptions<'static> {
        PlanOptions {
            run: sample::RUN.into(),
            services: services.iter().map(|name| (*name).to_owned()).collect(),
            pull: None,
            timeout: None,
            ready_after: Duration::from_secs(10),
            project_is_named: false,
            read_file: &|_| Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Plans with containers made from [`FILE`] and the project as `after` says.
    fn plan_for(
        after: &str,
        services: &[&str],
        change: impl Fn(&mut Observed),
    ) -> Result<Plan, PlanError> {
        let (before, after) = (sample::project(FILE), sample::project(after));
        let containers = [sample::container(&before, "app"), sample::container(&before, "worker")];
        let mut observed = sample::observed(&after, &containers);
        change(&mut observed);
        let situation =
            Situation { before: &before, after: &after, edits: &[], v1: None, observed: &observed };
        plan(&situation, &options(services))
    }

    #[test]
    fn what_runs_as_the_file_says_is_up_to_date() {
        let plan = plan_for(FILE, &["app", "worker"], |_| {}).unwrap();
        assert!(plan.is_empty());
        assert_eq!(plan.up_to_date, ["worker", "app"]);
    }

    #[test]
    fn a_new_tag_replaces_the_container_under_its_number_and_name() {
        let plan = plan_for(&FILE.replace("app:1", "app:2"), &["app"], |_| {}).unwrap();
        let app = &plan.services[0];
        assert_eq!((app.from_image.as_str(), app.to_image.as_str()), ("app:1", "app:2"));
        assert_eq!(app.causes[0].0, "image changed (app:1 → app:2)");
        let pair = &app.replacements[0];
        assert_eq!(pair.final_name, "shop-app-1");
        assert_eq!(pair.new.name, format!("{}_shop-app-1", pair.old.id.short()));
        let label = |key: &str| pair.new.body["Labels"][key].as_str();
        assert_eq!(label(labels::CONTAINER_NUMBER), Some("1"));
        assert_eq!(label(labels::RUN), Some(sample::RUN));
        assert_eq!(label(labels::REPLACES), Some(pair.old.id.0.as_str()));
        assert_eq!(plan.steps.iter().filter(|step| **step == Step::Commit).count(), 1);
    }

    #[test]
    fn the_new_hash_is_the_one_compose_computes_for_the_new_file() {
        let text = FILE.replace("app:1", "app:2");
        let plan = plan_for(&text, &["app"], |_| {}).unwrap();
        let made_by_compose = sample::container(&sample::project(&text), "app");
        let hash =
            plan.services[0].replacements[0].new.body["Labels"][labels::CONFIG_HASH].as_str();
        assert_eq!(hash, made_by_compose.label(labels::CONFIG_HASH));
    }

    #[test]
    fn a_changed_variable_is_named_and_its_value_is_not() {
        let plan = plan_for(&FILE.replace("hush", "whisper"), &["worker"], |_| {}).unwrap();
        assert_eq!(plan.services[0].causes, [Cause("environment changed: TOKEN".into())]);
        let told = format!("{plan:?}");
        assert!(!told.contains("hush") && !told.contains("whisper"), "{told}");
    }

    #[test]
    fn services_come_in_the_order_of_their_dependencies() {
        let text = FILE.replace(":1", ":2");
        let plan = plan_for(&text, &["app", "worker"], |_| {}).unwrap();
        let names: Vec<&str> = plan.services.iter().map(|one| one.service.as_str()).collect();
        assert_eq!(names, ["worker", "app"]);
    }

    #[test]
    fn an_image_the_engine_does_not_have_is_pulled_first() {
        let text = FILE.replace("app:1", "app:2");
        let plan = plan_for(&text, &["app"], |observed| observed.images.clear()).unwrap();
        assert_eq!(plan.pulls[0].image, "app:2");
    }

    #[test]
    fn a_new_network_and_a_new_volume_are_made_first_with_composes_labels() {
        let text =
            FILE.replace("'app:1'", "'app:1', volumes: ['data:/data']") + "volumes: {data: {}}\n";
        let plan = plan_for(&text, &["app"], |observed| {
            observed.networks.clear();
            observed.volumes.clear();
        });
        let plan = plan.unwrap();
        let names: Vec<&str> = plan.resources.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["shop_default", "shop_data"]);
        assert_eq!(plan.steps[..2], [Step::Provide(0), Step::Provide(1)]);
        assert_eq!(plan.resources[1].body["Labels"][labels::VOLUME], "data");
    }

    #[test]
    fn another_image_under_the_same_tag_is_a_change() {
        let plan = plan_for(FILE, &["app"], |observed| {
            let moved = Image(serde_json::json!({ "Id": "sha256:moved" }));
            observed.images.insert("app:1".into(), moved);
        });
        assert_eq!(plan.unwrap().services.len(), 1);
    }

    #[test]
    fn what_stands_in_the_way_of_one_service_refuses_the_whole_plan() {
        let text =
            FILE.replace("'app:1'", "'app:2', container_name: app").replace("worker:1", "worker:2");
        let refused = plan_for(&text, &["app", "worker"], |_| {});
        assert!(matches!(refused, Err(PlanError::Refused { .. })));
    }

    #[test]
    fn a_release_that_the_files_do_not_prove_is_said_and_weighs_less_after_an_edit() {
        let level = |after: &str, service: &str| {
            let plan = plan_for(after, &[service], |observed| {
                let old = &mut observed.containers.get_mut(service).unwrap()[0];
                old.0["Config"]["Labels"][labels::CONFIG_HASH] = "0".into();
            });
            let findings = plan.unwrap().findings;
            let assumed =
                findings.iter().find(|finding| finding.message.contains("Compose 2.40.3"));
            assumed.unwrap().level
        };
        assert_eq!(level(&FILE.replace("app:1", "app:2"), "app"), Level::Warning);
        assert_eq!(level(&FILE.replace("hush", "whisper"), "worker"), Level::Note);
    }

    #[test]
    fn what_needs_no_change_stands_in_nobodys_way() {
        let text = FILE.replace("'app:1'", "'app:1', container_name: app");
        let project = sample::project(&text);
        let observed = sample::observed(&project, &[sample::container(&project, "app")]);
        let situation = Situation {
            before: &project,
            after: &project,
            edits: &[],
            v1: None,
            observed: &observed,
        };
        assert!(plan(&situation, &options(&["app"])).unwrap().is_empty());
    }
}
