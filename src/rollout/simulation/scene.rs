//! A project on an engine in memory, a plan to change it, and what is held against every instant.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::json;

use super::signpost::Signpost;
use crate::compose::edit::LineChange;
use crate::engine::Engine;
use crate::engine::api::{ContainerId, ContainerSpec, RestartPolicy};
use crate::engine::fake::{Behaviour, Container, Fake, World};
use crate::journal::outcome::{RolloutReport, Signal};
use crate::journal::{Journal, JournalError, KeptPlan, Record};
use crate::labels;
use crate::plan::arrange::arrange;
use crate::plan::late::placeholder;
use crate::plan::steps::{FileEdit, Order, ReplacementId, ServicePlan};
use crate::plan::{Plan, sample};
use crate::probe::Probe;
use crate::report::Event;
use crate::rollout::recover::{Recovered, recover};
use crate::rollout::{Cancel, Rollout};

/// No run takes so long.
const FOR_EVER: Duration = Duration::from_mins(30);
/// Where everybody is who has a network of their own.
const NETWORK: &str = "shop_default";
const BEFORE: &str = "image: app:1 # old\n";
const AFTER: &str = "image: app:2 # old\n";

/// A project that runs its old version, and the plan to change it.
pub(super) struct Scene {
    pub(super) fake: Fake,
    pub(super) plan: Plan,
    pub(super) journal: Rc<RefCell<Paper>>,
    pub(super) events: Vec<Event>,
    /// Requests that are sent during the next run.
    pub(super) probe: Option<Probe>,
    /// What the commands of services that are switched point.
    pub(super) signpost: Signpost,
    file: PathBuf,
    bystander: ContainerId,
    broken: Rc<RefCell<Vec<ReplacementId>>>,
    _folder: tempfile::TempDir,
}

/// A journal that survives its process, and may run out of paper.
#[derive(Debug, Default)]
pub(super) struct Paper {
    pub(super) records: Vec<Record>,
    /// How many more records can be kept; without a number all of them.
    pub(super) room: Option<usize>,
    /// After how many records the process dies.
    pub(super) cut: Option<usize>,
}

struct Pen {
    paper: Rc<RefCell<Paper>>,
    fake: Fake,
}

impl Journal for Pen {
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let paper = &mut *self.paper.borrow_mut();
        if paper.cut.is_some_and(|cut| cut <= paper.records.len()) {
            // The dead remember nothing.
            let (path, reason) = ("run.jsonl".into(), "killed".into());
            return Err(JournalError::Write { path, reason });
        }
        match &mut paper.room {
            Some(0) => {
                let (path, reason) = ("run.jsonl".into(), "no space left on device".into());
                return Err(JournalError::Write { path, reason });
            }
            Some(room) => *room -= 1,
            None => {}
        }
        paper.records.push(record.clone());
        if paper.cut == Some(paper.records.len()) {
            self.fake.kill();
        }
        Ok(())
    }
}

impl Scene {
    /// Services with so many replicas, one after the other, which no one else changes.
    pub(super) async fn new(replicas: &[usize]) -> Self {
        Self::with(sample::plan(replicas)).await
    }

    /// The world of a plan: its old containers serve. The steps are arranged anew.
    pub(super) async fn with(mut plan: Plan) -> Self {
        let fake = Fake::new();
        let check = json!({"Test": ["CMD", "check"], "Interval": 30_000_000_000_u64});
        fake.add_image("app:1", json!({ "Healthcheck": check }));
        fake.add_image("app:2", json!({ "Healthcheck": check }));
        fake.create_network(&json!({ "Name": NETWORK })).await.unwrap();
        let all: Vec<ReplacementId> = plan.replacements().collect();
        for of in all {
            furnish(&fake, &mut plan, of).await;
        }
        plan.steps = arrange(&plan.services, plan.resources.len());
        let bystander = fake.create(&spec("bystander", "app:1", "other", None)).await.unwrap();
        fake.start(&bystander).await.unwrap();
        tokio::time::advance(Duration::from_secs(31)).await;
        fake.look(|_| {});
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("compose.yaml");
        fs::write(&file, BEFORE).unwrap();
        let names = plan.services.iter().map(|service| service.service.clone()).collect();
        plan.edits = vec![edit(&file, names)];
        fake.script("app:2", Behaviour::ServesAfter(Duration::from_secs(2)));
        let (journal, broken) = (Rc::default(), Rc::default());
        let signpost = Signpost::of(&plan, &fake);
        let scene = Self {
            fake,
            plan,
            journal,
            events: Vec::new(),
            probe: None,
            signpost,
            file,
            bystander,
            broken,
            _folder: folder,
        };
        scene.watch();
        scene
    }

    /// What the new container of a replica does. If it breaks after it was ready, that is its fault.
    pub(super) fn script(&self, of: ReplacementId, behaviour: Behaviour) {
        let Some(new) = &self.plan.replacement(of).new else { return };
        self.fake.script(&new.name, behaviour);
        if matches!(behaviour, Behaviour::ServesThenExits(_)) {
            self.broken.borrow_mut().push(of);
        }
    }

    /// Runs the plan from where the journal stands.
    pub(super) async fn run(&mut self) -> RolloutReport {
        self.run_or_die().await.expect("nobody kills it")
    }

    /// Runs until the end or until the process is killed; then there is no report.
    pub(super) async fn run_or_die(&mut self) -> Option<RolloutReport> {
        let (fake, cancel) = (self.fake.clone(), Cancel::manual().1);
        let report = tokio::select! {
            biased;
            () = fake.killed() => None,
            report = self.run_with(&cancel) => Some(report),
        };
        let paper = &mut *self.journal.borrow_mut();
        let cut = paper.cut.take().filter(|cut| *cut <= paper.records.len());
        // It may have come to an end before it was noticed that it is dead.
        report.filter(|_| cut.is_none() || self.fake.killed().now_or_never().is_none())
    }

    pub(super) async fn run_with(&mut self, cancel: &Cancel) -> RolloutReport {
        let records = self.journal.borrow().records.clone();
        let mut pen = Pen { paper: Rc::clone(&self.journal), fake: self.fake.clone() };
        let rollout = Rollout::begin(&self.plan, &records, &self.fake, &mut self.events, cancel);
        let rollout = rollout.on(self.signpost.clone());
        if let Some(probe) = self.probe.take() {
            rollout.watch(probe);
        }
        let run = rollout.execute(&self.plan, &records, &mut pen);
        tokio::time::timeout(FOR_EVER, run).await.expect("the run comes to an end")
    }

    /// What `composeup resume` does.
    pub(super) async fn resume(&mut self) -> Option<RolloutReport> {
        self.go_on(Recovered::go_on);
        self.run_or_die().await
    }

    /// What `composeup resume` does if somebody asks to stop at once.
    pub(super) async fn resume_and_stop(&mut self) -> RolloutReport {
        self.go_on(Recovered::go_on);
        let (canceller, cancel) = Cancel::manual();
        canceller.request(Signal::Interrupt);
        self.run_with(&cancel).await
    }

    /// What `composeup abort` does.
    pub(super) async fn abort(&mut self) -> Option<RolloutReport> {
        self.go_on(Recovered::go_back);
        self.run_or_die().await
    }

    /// Goes on from the records and from what the files say.
    fn go_on(&self, way: impl Fn(&Recovered) -> Result<Vec<Record>, String>) {
        let records = &mut self.journal.borrow_mut().records;
        let kept = KeptPlan::of(&self.plan);
        let recovered = recover(kept, records, |path| fs::read_to_string(path));
        records.extend(way(&recovered).unwrap());
    }

    /// Holds the promises against every change of the world.
    fn watch(&self) {
        let plan = self.plan.clone();
        let bystander = self.bystander.clone();
        let broken = Rc::clone(&self.broken);
        let signpost = self.signpost.clone();
        self.fake.observe(move |world| {
            for (index, service) in plan.services.iter().enumerate() {
                let all = (0..service.replacements.len())
                    .map(|at| ReplacementId { service: index, index: at });
                let faults = all.filter(|of| is_broken(&plan, &broken.borrow(), *of)).count();
                let promised = promised(&plan, service).saturating_sub(faults);
                let serving = world.serving(&service.service);
                assert!(serving >= promised, "{}: {serving} of {promised}", service.service);
                assert_alone(service, world);
            }
            signpost.assert_serves(world, |id| {
                let mut all = plan.replacements();
                let is_it = |one: &Container, of: ReplacementId| {
                    let pair = plan.replacement(of);
                    let is_new = one.label(labels::RUN) == Some(&plan.run);
                    is_new && [pair.name(), pair.final_name.as_str()].contains(&one.name())
                };
                let broken = broken.borrow();
                world.container(&id.0).is_some_and(|one| {
                    all.any(|of| is_it(one, of) && is_broken(&plan, &broken, of))
                })
            });
            assert!(world.container(&bystander.0).unwrap().is_serving(), "the bystander serves");
        });
    }

    /// Every replica is old and serves, nothing new is there, the file is as it was.
    pub(super) fn assert_all_old(&self) {
        self.signpost.assert_file_holds();
        assert_eq!(fs::read_to_string(&self.file).unwrap(), BEFORE);
        self.assert_containers(|_| false);
    }

    /// Every replica is new and serves under its own name, and the file says so.
    pub(super) fn assert_all_new(&self) {
        self.signpost.assert_file_holds();
        assert_eq!(fs::read_to_string(&self.file).unwrap(), AFTER);
        self.assert_containers(|_| true);
    }

    /// Whether the files are written.
    pub(super) fn is_written(&self) -> bool {
        fs::read_to_string(&self.file).unwrap() == AFTER
    }

    /// How many records the journal holds.
    pub(super) fn records(&self) -> usize {
        self.journal.borrow().records.len()
    }

    /// As if the files had not been written.
    pub(super) fn put_file_back(&self) {
        fs::write(&self.file, BEFORE).unwrap();
    }

    /// Somebody else changes the file.
    pub(super) fn spoil_file(&self) {
        fs::write(&self.file, "image: app:1 # somebody was here\n").unwrap();
    }

    /// Exactly the containers of the plan exist, each replica old or new, all serving.
    pub(super) fn assert_containers(&self, is_new: impl Fn(ReplacementId) -> bool) {
        let mut expected: Vec<(String, &str)> = Vec::new();
        let mut may_break: Vec<&str> = Vec::new();
        for of in self.plan.replacements() {
            let pair = self.plan.replacement(of);
            let is_new = is_new(of);
            if is_new && is_broken(&self.plan, &self.broken.borrow(), of) {
                may_break.push(&pair.final_name);
            }
            match (is_new, &pair.old, &pair.new) {
                (true, _, Some(_)) => expected.push((pair.final_name.clone(), "app:2")),
                (false, Some(_), _) => expected.push((pair.final_name.clone(), "app:1")),
                _ => {}
            }
        }
        expected.sort();
        self.fake.look(|world| {
            let of_plan = |one: &&Container| one.id() != &self.bystander;
            let mut found: Vec<(String, String)> = Vec::new();
            for container in world.containers().iter().filter(of_plan) {
                let is_excused = may_break.contains(&container.name());
                assert!(container.is_serving() || is_excused, "{} serves", container.name());
                let is_old = container.label(labels::RUN).is_none();
                let is_as_before = container.restart_policy() == always();
                assert!(!is_old || is_as_before, "{} is as it was", container.name());
                found.push((container.name().to_owned(), container.inspect().image()));
            }
            found.sort();
            let found: Vec<(String, &str)> =
                found.iter().map(|(name, image)| (name.clone(), image.as_str())).collect();
            assert_eq!(found, expected);
        });
    }

    /// Which replicas have their new container, by looking.
    pub(super) fn is_new(&self, of: ReplacementId) -> bool {
        let pair = self.plan.replacement(of);
        self.fake.look(|world| match (&pair.old, &pair.new) {
            (Some(old), None) => world.container(&old.id.0).is_none(),
            (_, Some(_)) => world
                .container(&pair.final_name)
                .is_some_and(|one| one.label(labels::RUN) == Some(&self.plan.run)),
            (None, None) => false,
        })
    }
}

/// Whether a new container breaks by itself after it was ready, or the one it lives in does.
fn is_broken(plan: &Plan, broken: &[ReplacementId], of: ReplacementId) -> bool {
    let hosts = &plan.replacement(of).shares;
    broken.contains(&of) || hosts.iter().any(|host| is_broken(plan, broken, *host))
}

/// How many containers of a service must serve at any time.
fn promised(plan: &Plan, service: &ServicePlan) -> usize {
    let before = service.replacements.iter().filter(|pair| pair.old.is_some()).count();
    let after = service.new_replicas();
    if has_stopping_host(plan, service) {
        return 0;
    }
    let down = match service.order {
        Order::StartFirst => 0,
        Order::StopFirst => service.policy.parallelism + service.way_back.parallelism,
    };
    before.min(after).saturating_sub(down)
}

/// Whoever lives in a container that stops goes down with it.
fn has_stopping_host(plan: &Plan, service: &ServicePlan) -> bool {
    let mut hosts = service.replacements.iter().flat_map(|pair| &pair.shares);
    hosts.any(|host| {
        let host = plan.service(*host);
        host.order == Order::StopFirst || has_stopping_host(plan, host)
    })
}

/// What cannot run twice does not.
fn assert_alone(service: &ServicePlan, world: &World) {
    if service.order == Order::StartFirst {
        return;
    }
    for pair in &service.replacements {
        let (Some(old), Some(new)) = (&pair.old, &pair.new) else { continue };
        let runs = |name: &str| world.container(name).is_some_and(Container::is_running);
        assert!(!(runs(&old.id.0) && runs(&new.name)), "{} runs twice", pair.final_name);
        let comes_back = |one: &Container| one.restart_policy().outlives_a_stop();
        let comes_back = world.container(&old.id.0).is_some_and(comes_back);
        assert!(!(comes_back && runs(&new.name)), "{} may run twice", pair.final_name);
    }
}

/// Makes the old container of a replica, and the specification of the new one.
async fn furnish(fake: &Fake, plan: &mut Plan, of: ReplacementId) {
    let (run, service) = (plan.run.clone(), plan.service(of).service.clone());
    let host = plan.replacement(of).shares.first().copied();
    let old_host = host.and_then(|host| plan.replacement(host).old.as_ref());
    let old_host = old_host.map(|old| old.id.clone());
    let new_host = host.map(|host| placeholder(&run, host));
    let is_stop_first = plan.service(of).order == Order::StopFirst;
    let pair = &mut plan.services[of.service].replacements[of.index];
    let mut name = pair.final_name.clone();
    if let Some(old) = &mut pair.old {
        let mut spec = guest(spec(&pair.final_name, "app:1", &service, None), old_host.as_ref());
        spec.body["HostConfig"]["RestartPolicy"] = always().body();
        old.restart = is_stop_first.then(always);
        old.id = fake.create(&spec).await.unwrap();
        fake.start(&old.id).await.unwrap();
        name = format!("{}_{name}", old.id.short());
    }
    if let Some(new) = &mut pair.new {
        *new = guest(spec(&name, "app:2", &service, Some(&run)), new_host.as_ref());
        pair.hash_text = host.map(|_| serde_json::from_value("text".into()).unwrap());
    }
}

/// The policy of every old container.
fn always() -> RestartPolicy {
    RestartPolicy::parse("always")
}

/// The same, in the network of another container.
fn guest(mut spec: ContainerSpec, host: Option<&ContainerId>) -> ContainerSpec {
    if let Some(host) = host {
        spec.body["NetworkingConfig"] = json!({});
        spec.body["HostConfig"]["NetworkMode"] = format!("container:{host}").into();
    }
    spec
}

fn edit(file: &std::path::Path, services: Vec<String>) -> FileEdit {
    let change =
        LineChange { line: 1, start: 7, from: "app:1".into(), to: "app:2".into(), services };
    FileEdit {
        path: file.to_owned(),
        shown: "compose.yaml".into(),
        changes: vec![change],
        before: BEFORE.into(),
        after: AFTER.into(),
    }
}

fn spec(name: &str, image: &str, service: &str, run: Option<&str>) -> ContainerSpec {
    let mut body = json!({
        "Image": image,
        "Labels": { labels::SERVICE: service },
        "NetworkingConfig": { "EndpointsConfig": { NETWORK: {} } },
    });
    if let Some(run) = run {
        body["Labels"][labels::RUN] = run.into();
    }
    ContainerSpec {
        name: name.into(),
        platform: None,
        body,
        connect: Vec::new(),
        files: Vec::new(),
    }
}

/// Counts the calls that change the engine, from now on.
pub(super) fn count_writes(fake: &Fake) -> impl Fn() -> usize + use<> {
    let (fake, before) = (fake.clone(), fake.calls().len());
    move || fake.calls()[before..].iter().filter(|call| call.verb.writes()).count()
}

/// A number that the observers of a fake can set.
pub(super) fn flag() -> Rc<Cell<bool>> {
    Rc::new(Cell::new(false))
}
