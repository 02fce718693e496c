//! The whole loop on an engine in memory, with a fault at every place. What must hold:
//!
//! - At every instant each service has at least as many serving containers as it has replicas.
//! - No container that is not the service's is touched.
//! - Before the commit point a failure ends with exactly the old containers, all serving, under
//!   their own names, and the files unwritten.
//! - After the commit point the run ends with the new containers serving and the files written.
//! - A lost answer is settled by looking: if the effect happened, it counts.
//! - Where the way back fails too, the run says so, and what it leaves behind.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;

use super::cancel::Cancel;
use super::outcome::{Outcome, RolloutReport, Signal};
use super::run::Rollout;
use crate::compose::edit::FileEdit;
use crate::engine::Engine;
use crate::engine::api::ContainerSpec;
use crate::engine::fake::{Behaviour, Container, Fake, Fault, How, Verb};
use crate::labels;
use crate::plan::steps::{Resource, ResourceKind, Step};
use crate::plan::{Plan, sample};
use crate::report::{Event, EventKind};

const BEFORE: &str = "image: app:1 # old\n";
const AFTER: &str = "image: app:2 # old\n";

/// A project that runs its old version, and the plan to replace it.
struct Scene {
    fake: Fake,
    plan: Plan,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

/// How a scene ended.
struct End {
    report: RolloutReport,
    events: Vec<Event>,
}

impl Scene {
    async fn new(replicas: &[usize]) -> Self {
        let fake = Fake::new();
        let check = json!({"Test": ["CMD", "check"], "Interval": 30_000_000_000_u64});
        fake.add_image("app:1", json!({ "Healthcheck": check }));
        fake.add_image("app:2", json!({ "Healthcheck": check }));
        let mut plan = sample::plan(replicas);
        for service in &mut plan.services {
            for pair in &mut service.replacements {
                let name = pair.final_name.clone();
                let old = spec(&name, "app:1", &service.service, None);
                pair.old.id = fake.create(&old).await.unwrap();
                fake.start(&pair.old.id).await.unwrap();
                let temporary = format!("{}_{name}", pair.old.id.short());
                pair.new = spec(&temporary, "app:2", &service.service, Some(&plan.run));
            }
        }
        let bystander = fake.create(&spec("bystander", "app:1", "other", None)).await.unwrap();
        fake.start(&bystander).await.unwrap();
        tokio::time::advance(Duration::from_secs(31)).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("compose.yaml");
        fs::write(&file, BEFORE).unwrap();
        plan.edits = vec![FileEdit {
            path: file.clone(),
            shown: "compose.yaml".into(),
            changes: Vec::new(),
            before: BEFORE.into(),
            after: AFTER.into(),
        }];
        fake.script("app:2", Behaviour::ServesAfter(Duration::from_secs(2)));
        Self { fake, plan, file, _folder: folder }
    }

    /// Runs the plan; every instant is held against the promise.
    async fn run(&self) -> End {
        self.run_with(&Cancel::manual().1).await
    }

    async fn run_with(&self, cancel: &Cancel) -> End {
        let lowest = self.watch();
        let mut events: Vec<Event> = Vec::new();
        let rollout = Rollout::begin(&self.plan, &self.fake, &mut events, cancel);
        let report = rollout.execute(&self.plan).await;
        drop(rollout);
        for (service, (promised, seen)) in lowest.iter().enumerate() {
            assert!(seen.get() >= *promised, "service {service}: {} serve", seen.get());
        }
        self.fake.revive();
        End { report, events }
    }

    /// The lowest number of serving containers of each service that was ever seen.
    fn watch(&self) -> Vec<(usize, Rc<Cell<usize>>)> {
        let watched = self.plan.services.iter().map(|service| {
            let lowest = Rc::new(Cell::new(usize::MAX));
            let (seen, name) = (lowest.clone(), service.service.clone());
            self.fake.observe(move |world| seen.set(seen.get().min(world.serving(&name))));
            (service.replacements.len(), lowest)
        });
        watched.collect()
    }

    fn assert_all_old(&self) {
        let names: Vec<&str> = self.old_names();
        self.assert_serving(&names, "app:1");
        assert_eq!(fs::read_to_string(&self.file).unwrap(), BEFORE);
    }

    fn assert_all_new(&self) {
        self.assert_serving(&self.old_names(), "app:2");
        assert_eq!(fs::read_to_string(&self.file).unwrap(), AFTER);
    }

    fn old_names(&self) -> Vec<&str> {
        let services = self.plan.services.iter();
        services.flat_map(|of| &of.replacements).map(|pair| pair.final_name.as_str()).collect()
    }

    /// Exactly these containers (and the bystander) exist, and all serve with this image.
    fn assert_serving(&self, names: &[&str], image: &str) {
        self.fake.look(|world| {
            let mut found: Vec<&str> = world.containers().iter().map(Container::name).collect();
            found.retain(|name| *name != "bystander");
            found.sort_unstable();
            assert_eq!(found, names);
            for name in names {
                let container = world.container(name).unwrap();
                assert!(container.is_serving(), "{name} serves");
                assert_eq!(container.inspect().image(), image, "{name}");
            }
            assert!(world.container("bystander").unwrap().is_serving());
        });
    }
}

fn spec(name: &str, image: &str, service: &str, run: Option<&str>) -> ContainerSpec {
    let mut body = json!({ "Image": image, "Labels": { labels::SERVICE: service } });
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

#[tokio::test(start_paused = true)]
async fn without_a_fault_the_new_version_serves_under_the_old_names() {
    for replicas in [&[1][..], &[3], &[2, 1, 2]] {
        let scene = Scene::new(replicas).await;
        let end = scene.run().await;
        assert_eq!(end.report.outcome, Outcome::Completed);
        assert_eq!(end.report.warnings, Vec::<String>::new());
        scene.assert_all_new();
    }
}

#[tokio::test(start_paused = true)]
async fn a_container_that_boots_in_two_seconds_is_ready_long_before_the_engine_says_so() {
    let scene = Scene::new(&[1]).await;
    let end = scene.run().await;
    assert!(end.report.took < Duration::from_secs(3), "took {:?}", end.report.took);
}

#[tokio::test(start_paused = true)]
async fn a_container_that_is_not_ready_in_time_is_told_with_the_end_of_its_health_command() {
    let scene = Scene::new(&[1]).await;
    scene.fake.script("app:2", Behaviour::NeverServes);
    let failure = scene.run().await.report.failure.unwrap();
    let why = failure.causes.last().unwrap();
    assert!(why.ends_with("its healthcheck exited with 1"), "{why}");
    assert!(failure.hints[0].starts_with("raise `--timeout`"), "{:?}", failure.hints);
    scene.assert_all_old();
}

/// Every call that changes the engine fails once, in every way, before and after its effect.
#[tokio::test(start_paused = true)]
async fn one_fault_anywhere_ends_all_old_or_all_new() {
    for replicas in [&[1][..], &[3], &[2, 1]] {
        let calls = calls_of(replicas).await;
        for nth in 1..=calls {
            for how in [How::Dropped, How::Timeout, How::Refused] {
                for after in [false, true] {
                    let scene = Scene::new(replicas).await;
                    let fault = Fault::write(how).nth(nth);
                    scene.fake.fail(if after { fault.after_effect() } else { fault });
                    let end = scene.run().await;
                    check_end(&scene, &end, &format!("{replicas:?} {nth} {how:?} {after}"));
                }
            }
        }
    }
}

/// How many calls change the engine when nothing fails.
async fn calls_of(replicas: &[usize]) -> usize {
    let scene = Scene::new(replicas).await;
    let before = scene.fake.calls().len();
    scene.run().await;
    scene.fake.calls()[before..].iter().filter(|call| call.verb.writes()).count()
}

fn check_end(scene: &Scene, end: &End, case: &str) {
    match end.report.outcome {
        Outcome::Completed if end.report.warnings.is_empty() => scene.assert_all_new(),
        // A removal or a renaming after the commit failed: the new ones serve all the same.
        Outcome::Completed => {
            assert_eq!(fs::read_to_string(&scene.file).unwrap(), AFTER, "{case}");
        }
        Outcome::RolledBack => {
            assert!(end.report.failure.is_some(), "{case}");
            scene.assert_all_old();
        }
        other => panic!("{case}: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_version_that_never_serves_is_taken_back() {
    let broken = [
        Behaviour::NeverServes,
        Behaviour::UnhealthyAfter(Duration::from_secs(5)),
        Behaviour::ExitsAfter(Duration::from_secs(1), 3),
        Behaviour::RestartsEvery(Duration::from_secs(1), 1),
        Behaviour::OutOfMemoryAfter(Duration::from_secs(1)),
        Behaviour::CannotStart,
    ];
    for behaviour in broken {
        let scene = Scene::new(&[2]).await;
        scene.fake.script("app:2", behaviour);
        let end = scene.run().await;
        assert_eq!(end.report.outcome, Outcome::RolledBack, "{behaviour:?}");
        scene.assert_all_old();
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_replica_may_fail_too_and_the_first_old_one_serves_again() {
    let scene = Scene::new(&[2]).await;
    let second = scene.plan.services[0].replacements[1].new.name.clone();
    scene.fake.script(&second, Behaviour::ExitsAfter(Duration::from_millis(100), 1));
    let end = scene.run().await;
    assert_eq!(end.report.outcome, Outcome::RolledBack);
    scene.assert_all_old();
}

#[tokio::test(start_paused = true)]
async fn a_file_that_changed_meanwhile_takes_everything_back() {
    let scene = Scene::new(&[1]).await;
    fs::write(&scene.file, "image: app:1 # somebody was here\n").unwrap();
    let end = scene.run().await;
    assert_eq!(end.report.outcome, Outcome::RolledBack);
    let causes = end.report.failure.unwrap().causes;
    assert!(causes.iter().any(|cause| cause.contains("changed since it was read")), "{causes:?}");
    scene.assert_serving(&scene.old_names(), "app:1");
}

#[tokio::test(start_paused = true)]
async fn a_missing_network_is_made_and_stays_when_the_rest_is_taken_back() {
    let mut scene = Scene::new(&[1]).await;
    let body = json!({ "Name": "shop_new", "Labels": {} });
    let (kind, name) = (ResourceKind::Network, "shop_new".to_owned());
    scene.plan.resources = vec![Resource { kind, name, body }];
    scene.plan.steps.insert(0, Step::Provide(0));
    scene.fake.script("app:2", Behaviour::ExitsAfter(Duration::from_secs(1), 1));
    let end = scene.run().await;
    assert_eq!(end.report.outcome, Outcome::RolledBack);
    scene.assert_all_old();
    assert!(scene.fake.network("shop_new").await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_fails_is_said_with_what_is_left() {
    let scene = Scene::new(&[1]).await;
    scene.fake.script("app:2", Behaviour::ExitsAfter(Duration::from_secs(1), 1));
    scene.fake.fail(Fault::on(Verb::Remove, How::Refused).times(100));
    let end = scene.run().await;
    assert_eq!(end.report.outcome, Outcome::Stuck);
    let new = &scene.plan.services[0].replacements[0].new.name;
    assert_eq!(end.report.left, [format!("{new}  new")]);
}

/// Ctrl-C as soon as the n-th step starts, for every step.
#[tokio::test(start_paused = true)]
async fn somebody_who_asks_to_stop_gets_the_old_state_back_up_to_the_commit() {
    let steps = Scene::new(&[2]).await.plan.steps.len();
    for nth in 0..steps {
        let scene = Scene::new(&[2]).await;
        let (canceller, cancel) = Cancel::manual();
        let before = scene.fake.calls().len();
        // The fake tells of every change: ask once so many changes were made.
        let (asked, fake) = (Cell::new(false), scene.fake.clone());
        scene.fake.observe(move |_| {
            let changes = fake.calls().split_off(before);
            let changes = changes.iter().filter(|call| call.verb.writes()).count();
            if changes > nth && !asked.replace(true) {
                canceller.request(Signal::Interrupt);
            }
        });
        let end = scene.run_with(&cancel).await;
        match end.report.outcome {
            Outcome::Interrupted(Signal::Interrupt) => scene.assert_all_old(),
            Outcome::Completed => scene.assert_all_new(),
            other => panic!("step {nth}: {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_step_that_starts_also_ends_in_the_events() {
    let scene = Scene::new(&[2]).await;
    let end = scene.run().await;
    let count = |is: fn(&EventKind) -> bool| end.events.iter().filter(|one| is(&one.kind)).count();
    assert_eq!(count(|kind| matches!(kind, EventKind::StepStarted(_))), scene.plan.steps.len());
    assert_eq!(
        count(|kind| matches!(kind, EventKind::StepFinished { .. })),
        scene.plan.steps.len()
    );
    let numbers: Vec<u64> = end.events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert!(matches!(end.events.last().unwrap().kind, EventKind::RolloutFinished { .. }));
}
