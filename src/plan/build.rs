//! Puts the plan together: which services change and why, what stands in the way, which containers
//! come and go, and every step in order. Pure: the same values give the same plan.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::time::Duration;

use super::PlanError;
use super::arrange::arrange;
use super::dependents::with_dependents;
use super::late::{bring_last, late_shares};
use super::order::{by_dependency, needs};
use super::policy::PolicyFlags;
use super::question::Question;
use super::resources::{networks_of, volumes_of};
use super::service::Planner;
use super::steps::{FileEdit, Finding, Pin, Plan, Planned, Step};
use super::strategy::OrderChoice;
use super::wishes::Wishes;
use crate::compose::hash::v1;
use crate::compose::model::Project;
use crate::engine::api::Inspection;
use crate::engine::spec::Peer;
use crate::engine::{Observed, Wanted};

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

/// How the user wants replicas to follow each other; what is not said is as the files say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rolling {
    /// `--order`.
    pub order: Option<OrderChoice>,
    /// `--parallelism` and its kin.
    pub policy: PolicyFlags,
    /// `--keep-going`.
    pub keep_going: bool,
    /// `--detour`: whether requests are led where they can be.
    pub detour: bool,
    /// `--drain-timeout`.
    pub drain_timeout: Option<Duration>,
    /// Services of which only the number of replicas changes, with the number.
    pub scale: BTreeMap<String, u32>,
}

/// What flags say of the answers of new containers; they win over the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadyFlags {
    /// `--ready`.
    pub question: Option<Question>,
    /// `--successes`.
    pub successes: Option<u32>,
    /// `--settle`.
    pub settle: Option<Duration>,
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
    /// What the image of a service is to mean again, by the name of the service.
    pub pins: BTreeMap<String, Pin>,
    /// `--timeout`; else derived from the healthcheck.
    pub timeout: Option<Duration>,
    /// `--ready-after`.
    pub ready_after: Duration,
    /// `--ready` and its kin.
    pub ready: ReadyFlags,
    /// What the file wishes, by the name of the service.
    pub wishes: BTreeMap<String, Wishes>,
    /// How replicas follow each other.
    pub rolling: Rolling,
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
    for service in by_dependency(project, &with_dependents(project, services))? {
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
    let (present, network_ids) = (peers(situation.observed), network_ids(situation));
    let mut future = present.clone();
    let services = with_dependents(situation.after, &options.services);
    for service in by_dependency(situation.after, &services)? {
        let late = late_shares(service, &future, &plan);
        let planner = Planner {
            situation,
            options,
            service,
            present: &present,
            future: &future,
            late: &late,
            network_ids: &network_ids,
        };
        if planner.add_to(&mut plan)? {
            bring_last(&mut future, &plan);
        }
    }
    link_services(situation.after, &mut plan);
    plan.findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    if plan.findings.iter().any(Finding::is_error) {
        return Err(PlanError::Refused { findings: plan.findings });
    }
    plan.steps = arrange(&plan.services, plan.resources.len());
    // What runs is already as the edited files say: only they are left.
    if plan.steps.is_empty() && !plan.edits.is_empty() {
        plan.steps.push(Planned { step: Step::Commit, after: Vec::new() });
    }
    Ok(plan)
}

fn empty_plan(situation: &Situation, options: &PlanOptions) -> Plan {
    Plan {
        run: options.run.clone(),
        project: situation.after.name.clone(),
        files: shown_files(situation.after),
        endpoint: situation.observed.engine.endpoint.clone(),
        edits: situation.edits.to_vec(),
        keep_going: options.rolling.keep_going,
        ..Plan::default()
    }
}

/// Which services of the plan wait for which.
fn link_services(project: &Project, plan: &mut Plan) {
    let names: Vec<String> = plan.services.iter().map(|one| one.service.clone()).collect();
    for service in &mut plan.services {
        let needed = needs(project, &service.service);
        let needed = names.iter().enumerate().filter(|(_, name)| needed.contains(name.as_str()));
        service.depends_on = needed.map(|(index, _)| index).collect();
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

/// Ids of the networks there are, by their key in the project.
pub(super) fn network_ids(situation: &Situation) -> BTreeMap<String, String> {
    let networks = situation.after.networks.iter();
    networks
        .filter_map(|(key, network)| {
            Some((key.clone(), situation.observed.networks.get(&network.name)?.id()))
        })
        .collect()
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
    use crate::engine::api::Image;
    use crate::labels;
    use crate::plan::sample;
    use crate::plan::steps::{Cause, Level, Order};

    const FILE: &str = "
services:
  app: {image: 'app:1', depends_on: [worker]}
  worker: {image: 'worker:1', environment: {TOKEN: hush}}
";

    /// Plans with containers made from [`FILE`] and the project as `after` says.
    fn plan_for(
        after: &str,
        services: &[&str],
        change: impl Fn(&mut Observed),
    ) -> Result<Plan, PlanError> {
        plan_with(after, &sample::options(services), change)
    }

    fn plan_with(
        after: &str,
        options: &PlanOptions,
        change: impl Fn(&mut Observed),
    ) -> Result<Plan, PlanError> {
        let (before, after) = (sample::project(FILE), sample::project(after));
        let containers = [sample::container(&before, "app"), sample::container(&before, "worker")];
        let mut observed = sample::observed(&after, &containers);
        change(&mut observed);
        let situation = sample::situation(&before, &after, &observed);
        plan(&situation, options)
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
        let (old, new) = (pair.old.as_ref().unwrap(), pair.new.as_ref().unwrap());
        assert_eq!(pair.final_name, "shop-app-1");
        assert_eq!(new.name, format!("{}_shop-app-1", old.id.short()));
        let label = |key: &str| new.body["Labels"][key].as_str();
        assert_eq!(label(labels::CONTAINER_NUMBER), Some("1"));
        assert_eq!(label(labels::RUN), Some(sample::RUN));
        assert_eq!(label(labels::REPLACES), Some(old.id.0.as_str()));
        assert!(plan.position(&Step::Commit).is_some());
    }

    #[test]
    fn the_new_hash_is_the_one_compose_computes_for_the_new_file() {
        let text = FILE.replace("app:1", "app:2");
        let plan = plan_for(&text, &["app"], |_| {}).unwrap();
        let made_by_compose = sample::container(&sample::project(&text), "app");
        let new = plan.services[0].replacements[0].new.as_ref().unwrap();
        let hash = new.body["Labels"][labels::CONFIG_HASH].as_str();
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
    fn an_image_that_is_to_be_what_it_was_is_fetched_if_its_tag_has_moved() {
        let moved = |observed: &mut Observed| {
            let image = |id: &str| Image(serde_json::json!({ "Id": id }));
            observed.images.insert("app:1".into(), image("sha256:newer"));
            observed.images.insert("sha256:older".into(), image("sha256:older"));
        };
        let plan = |id: &str, digest: Option<&str>| {
            let mut options = sample::options(&["app"]);
            let pin = Pin { id: id.into(), digest: digest.map(str::to_owned) };
            options.pins = BTreeMap::from([("app".to_owned(), pin)]);
            plan_with(FILE, &options, moved)
        };
        let pulls = |id: &str, digest| plan(id, digest).unwrap().pulls;
        assert_eq!(pulls("sha256:newer", None), []);
        assert_eq!(pulls("sha256:older", None)[0].pin.as_ref().unwrap().id, "sha256:older");
        assert_eq!(pulls("sha256:gone", Some("app@sha256:1")).len(), 1);
        let gone = plan("sha256:gone", None);
        let Err(PlanError::Refused { findings }) = gone else { panic!("{gone:?}") };
        assert!(findings[0].message.contains("`app:1` was is not on the engine"), "{findings:?}");
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
        assert_eq!(plan.steps[0].step, Step::Provide(0));
        assert_eq!(plan.steps[1].step, Step::Provide(1));
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
            FILE.replace("'app:1'", "'app:2', networks: [front]").replace("worker:1", "worker:2")
                + "networks: {front: {external: true}}\n";
        let refused = plan_for(&text, &["app", "worker"], |observed| {
            observed.networks.remove("front");
        });
        assert!(matches!(refused, Err(PlanError::Refused { .. })), "{refused:?}");
    }

    #[test]
    fn what_cannot_run_twice_stops_first_and_says_why_and_for_how_long() {
        let text = FILE.replace("'app:1'", "'app:2', container_name: app");
        let plan = plan_for(&text, &["app"], |_| {}).unwrap();
        let app = &plan.services[0];
        assert_eq!(app.order, Order::StopFirst);
        assert!(app.order_cause.as_ref().unwrap().contains("container_name: app"));
        assert_eq!(app.downtime, Some(Duration::from_secs(20)));
        assert_eq!(app.replacements[0].final_name, "app");
    }

    #[test]
    fn a_number_in_the_file_is_where_the_run_ends() {
        let text = FILE.replace("'app:1'", "'app:2', scale: 3");
        let plan = plan_for(&text, &["app"], |_| {}).unwrap();
        let pairs = &plan.services[0].replacements;
        let names: Vec<&str> = pairs.iter().map(|pair| pair.final_name.as_str()).collect();
        assert_eq!(names, ["shop-app-1", "shop-app-2", "shop-app-3"]);
        assert!(pairs[0].old.is_some() && pairs[1].old.is_none() && pairs[2].old.is_none());
        assert_eq!(pairs[1].new.as_ref().unwrap().name, "shop-app-2");
    }

    #[test]
    fn scaling_changes_the_number_alone_even_where_the_file_says_more() {
        let project = sample::project(&FILE.replace("app:1", "app:2"));
        let before = sample::project(FILE);
        let observed = sample::observed(&project, &[sample::container(&before, "app")]);
        let situation = sample::situation(&before, &project, &observed);
        let scale = BTreeMap::from([("app".to_owned(), 2)]);
        let rolling = Rolling { scale, ..Rolling::default() };
        let plan = plan(&situation, &PlanOptions { rolling, ..sample::options(&["app"]) }).unwrap();
        let pairs = &plan.services[0].replacements;
        assert_eq!(pairs.len(), 1);
        assert_eq!((pairs[0].replica, pairs[0].old.is_some()), (2, false));
    }

    #[test]
    fn a_service_waits_for_those_of_the_plan_that_it_depends_on_also_through_others() {
        let plan = plan_for(&FILE.replace(":1", ":2"), &["app", "worker"], |_| {}).unwrap();
        assert_eq!(
            (plan.services[0].service.as_str(), plan.services[1].depends_on.clone()),
            ("worker", vec![0])
        );
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
        let situation = sample::situation(&project, &project, &observed);
        assert!(plan(&situation, &sample::options(&["app"])).unwrap().is_empty());
    }
}
