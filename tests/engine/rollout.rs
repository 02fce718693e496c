//! A whole rollout through the Docker backend, with trouble at every request on the wire: it ends
//! with the old container or with the new one, and at no instant without either.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use composeup::engine::Engine as _;
use composeup::engine::api::{ContainerId, ContainerSpec};
use composeup::engine::docker::{Address, Deadlines, Docker};
use composeup::engine::fake::{Behaviour, Container};
use composeup::labels;
use composeup::plan::Plan;
use composeup::plan::arrange::arrange;
use composeup::plan::policy::{Policy, PolicyFlags};
use composeup::plan::steps::{Cause, OldContainer, Order, Readiness, Replacement, ServicePlan};
use composeup::report::Event;
use composeup::rollout::{Cancel, Outcome, Rollout, RolloutReport};
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use crate::support::daemon::{Daemon, Fault, Trouble};

const SOON: Duration = Duration::from_millis(1500);
/// Nothing is wrong with the connection itself, however busy the machine is.
const CONNECT: Duration = Duration::from_secs(10);
const DEADLINES: Deadlines = Deadlines { connect: CONNECT, read: SOON, write: SOON, silence: SOON };
const RUN: &str = "20261121-080000-0000";

/// A daemon with one old container, and the plan to replace it.
struct Scene {
    daemon: Daemon,
    docker: Docker,
    plan: Plan,
    lowest: Arc<AtomicUsize>,
}

impl Scene {
    async fn new() -> Self {
        let daemon = Daemon::start();
        let lowest = Arc::new(AtomicUsize::new(usize::MAX));
        let seen = Arc::clone(&lowest);
        let old = daemon.with(async move |fake| {
            let check = json!({ "Test": ["CMD", "ok"], "Timeout": 400_000_000 });
            for tag in ["app:1", "app:2"] {
                fake.add_image(tag, json!({ "Healthcheck": check }));
            }
            let old = fake.create(&spec("shop-web-1", "app:1", None)).await.unwrap();
            fake.start(&old).await.unwrap();
            fake.look(|world| assert_eq!(world.serving("web"), 1));
            fake.script("app:2", Behaviour::ServesAfter(Duration::from_millis(20)));
            fake.observe(move |world| {
                seen.fetch_min(world.serving("web"), Ordering::Relaxed);
            });
            old
        });
        let address = Address::parse(&daemon.host()).unwrap();
        let docker = Docker::connect(address, DEADLINES).await.unwrap();
        Self { daemon, docker, plan: plan(old), lowest }
    }

    async fn run(&self) -> RolloutReport {
        let mut events: Vec<Event> = Vec::new();
        let cancel = Cancel::manual().1;
        let rollout = Rollout::begin(&self.plan, &[], &self.docker, &mut events, &cancel);
        rollout.execute(&self.plan, &[], &mut Vec::new()).await
    }

    /// Name, image and whether it serves, of every container.
    fn containers(&self) -> Vec<(String, String, bool)> {
        self.daemon.with(async |fake| {
            fake.look(|world| {
                let all = world.containers().iter();
                let seen =
                    |one: &Container| (one.name().into(), one.inspect().image(), one.is_serving());
                all.map(seen).collect()
            })
        })
    }
}

fn spec(name: &str, image: &str, run: Option<&str>) -> ContainerSpec {
    let labels = json!({ labels::SERVICE: "web", labels::RUN: run.unwrap_or_default() });
    ContainerSpec {
        name: name.into(),
        platform: None,
        body: json!({ "Image": image, "Labels": labels, "StopTimeout": 0 }),
        connect: Vec::new(),
        files: Vec::new(),
    }
}

fn plan(old: ContainerId) -> Plan {
    let name = "shop-web-1".to_owned();
    let replacement = Replacement {
        replica: 1,
        new: Some(spec(&format!("{}_{name}", old.short()), "app:2", Some(RUN))),
        old: Some(OldContainer { id: old, name: name.clone(), running: true, restart: None }),
        final_name: name,
        shares: Vec::new(),
        hash_text: None,
        stand_in: None,
    };
    let flags = PolicyFlags { monitor: Some(SOON), ..PolicyFlags::default() };
    let service = ServicePlan {
        service: "web".into(),
        from_image: "app:1".into(),
        to_image: "app:2".into(),
        from_pin: None,
        to_pin: None,
        causes: vec![Cause("image changed (app:1 → app:2)".into())],
        order: Order::StartFirst,
        order_cause: None,
        downtime: None,
        policy: Policy::of(None, &flags, 1),
        way_back: Policy::of(None, &flags, 1),
        depends_on: Vec::new(),
        replacements: vec![replacement],
        post_start: Vec::new(),
        pre_stop: Vec::new(),
        before_stop: None,
        readiness: Readiness {
            timeout: Duration::from_secs(20),
            ready_after: SOON,
            ..Readiness::default()
        },
        handover: None,
        proxies: Vec::new(),
        reload: Vec::new(),
        switch: None,
    };
    let services = vec![service];
    Plan {
        run: RUN.into(),
        project: "shop".into(),
        files: Vec::new(),
        endpoint: String::new(),
        steps: arrange(&services, 0),
        services,
        up_to_date: Vec::new(),
        edits: Vec::new(),
        findings: Vec::new(),
        resources: Vec::new(),
        pulls: Vec::new(),
        keep_going: false,
    }
}

#[tokio::test]
async fn without_trouble_the_new_version_serves_under_the_old_name() {
    let scene = Scene::new().await;
    let report = scene.run().await;
    assert_eq!((report.outcome, report.warnings), (Outcome::Completed, Vec::new()));
    assert_eq!(scene.containers(), [("shop-web-1".to_owned(), "app:2".to_owned(), true)]);
}

#[tokio::test]
async fn trouble_at_any_request_ends_with_the_old_or_the_new_version_and_never_without_both() {
    let scene = Scene::new().await;
    let connected = scene.daemon.requests().len();
    scene.run().await;
    let requests = scene.daemon.requests().split_off(connected);
    let troubles = [
        Trouble::DropBefore,
        Trouble::DropAfter,
        Trouble::HalfBody,
        Trouble::StallBefore,
        Trouble::StallInBody,
        Trouble::Nonsense,
        Trouble::Answer(500, "scripted"),
    ];
    let cases = (1..=requests.len()).flat_map(|nth| troubles.map(|trouble| (nth, trouble)));
    let runs = cases.map(|(nth, trouble)| async move {
        let scene = Scene::new().await;
        scene.daemon.fail(Fault::any(trouble).nth(nth));
        let report = scene.run().await;
        let (case, end) = (format!("{trouble:?} at request {nth}"), scene.containers());
        assert!(scene.lowest.load(Ordering::Relaxed) >= 1, "{case}: nobody served");
        let image = match report.outcome {
            Outcome::Completed => "app:2",
            Outcome::RolledBack => "app:1",
            other => panic!("{case}: {other:?}, {:?}", report.left),
        };
        assert!(end.iter().any(|(_, of, serves)| of == image && *serves), "{case}: {end:?}");
        // What a failure after the commit leaves behind is told.
        let tidy = end == [("shop-web-1".to_owned(), image.to_owned(), true)];
        assert!(tidy || !report.warnings.is_empty(), "{case}: {end:?}");
    });
    stream::iter(runs).buffer_unordered(48).collect::<Vec<()>>().await;
}
