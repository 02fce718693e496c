//! Random plans, random behaviour and random faults: thousands of rollouts in one test.

use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::scene::Scene;
use crate::engine::fake::{Behaviour, Fault, How, Verb};
use crate::journal::outcome::{Outcome, RolloutReport, Signal};
use crate::plan::policy::{FailureAction, Policy};
use crate::plan::steps::{Handover, Order, ReplacementId, Switch};
use crate::plan::{Plan, sample};

/// How many rollouts; `PROPTEST_CASES` asks for others.
const CASES: u32 = 10_000;
/// They share the cases; each has a seed of its own.
const THREADS: u8 = 4;

/// One service of a random plan.
#[derive(Debug, Clone)]
struct ServiceCase {
    replicas: usize,
    order: Order,
    forward: Policy,
    way_back: Policy,
    bond: Bond,
    /// Whether requests are led from an old container to a new one, where both run at once.
    is_led: bool,
    /// Whether the last replica is added or removed.
    last: Last,
    /// Whether a proxy is switched.
    is_switched: bool,
}

/// What a service has to do with the one before it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bond {
    None,
    /// It needs it.
    Depends,
    /// It lives in the network of its first container.
    Shares,
}

#[derive(Debug, Clone, Copy)]
enum Last {
    Replaced,
    Added,
    Removed,
}

#[derive(Debug, Clone)]
struct Case {
    services: Vec<ServiceCase>,
    keep_going: bool,
    /// Broken new containers: which one, counted over all, and how it breaks.
    broken: Vec<(usize, Behaviour)>,
    /// A call that fails: which one, how, and whether after its effect.
    fault: Option<(usize, How, bool)>,
    /// After how many records the process dies.
    cut: Option<usize>,
    /// What fails so often that the way back gets stuck.
    blocked: Option<Verb>,
    /// What is done about a run that has not come to its end.
    abort: bool,
}

fn policy() -> impl Strategy<Value = Policy> {
    let action = prop_oneof![
        4 => Just(FailureAction::Rollback),
        2 => Just(FailureAction::Pause),
        2 => Just(FailureAction::Continue),
    ];
    (1..5_usize, 0..3_u64, 0..8_u64, action, prop_oneof![Just(0.0_f32), Just(0.3), Just(1.0)])
        .prop_map(|(parallelism, delay, monitor, failure_action, max_failure_ratio)| Policy {
            parallelism,
            delay: Duration::from_secs(delay),
            monitor: Duration::from_secs(monitor),
            failure_action,
            max_failure_ratio,
        })
}

fn service() -> impl Strategy<Value = ServiceCase> {
    let replicas = prop_oneof![6 => 1..4_usize, 1 => 4..13_usize];
    let order = prop_oneof![2 => Just(Order::StartFirst), 1 => Just(Order::StopFirst)];
    let last =
        prop_oneof![4 => Just(Last::Replaced), 1 => Just(Last::Added), 1 => Just(Last::Removed)];
    let bond =
        prop_oneof![2 => Just(Bond::None), 2 => Just(Bond::Depends), 1 => Just(Bond::Shares)];
    (replicas, order, policy(), policy(), bond, any::<bool>(), last, any::<bool>()).prop_map(
        |(replicas, order, forward, way_back, bond, is_led, last, is_switched)| ServiceCase {
            replicas,
            order,
            forward,
            way_back,
            bond,
            is_led,
            last,
            is_switched,
        },
    )
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        Just(Behaviour::NeverServes),
        Just(Behaviour::CannotStart),
        (1..6_u64).prop_map(|s| Behaviour::UnhealthyAfter(Duration::from_secs(s))),
        (0..4_u64).prop_map(|s| Behaviour::ExitsAfter(Duration::from_secs(s), 1)),
        (1..4_u64).prop_map(|s| Behaviour::RestartsEvery(Duration::from_secs(s), 1)),
        (1..12_u64).prop_map(|s| Behaviour::ServesThenExits(Duration::from_secs(s))),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let how = prop_oneof![
        1 => Just(How::Dropped),
        1 => Just(How::Timeout),
        1 => Just(How::Refused),
        2 => Just(How::Killed),
    ];
    let broken = prop::collection::vec((0..24_usize, behaviour()), 0..3);
    let fault = prop::option::weighted(0.7, (1..120_usize, how, any::<bool>()));
    let blocked = prop::option::weighted(
        0.2,
        prop_oneof![Just(Verb::Remove), Just(Verb::Start), Just(Verb::Stop)],
    );
    let cut = prop::option::weighted(0.3, 1..150_usize);
    let services = prop::collection::vec(service(), 1..5);
    (services, any::<bool>(), broken, fault, cut, blocked, any::<bool>()).prop_map(
        |(services, keep_going, broken, fault, cut, blocked, abort)| Case {
            services,
            keep_going,
            broken,
            fault,
            cut,
            blocked,
            abort,
        },
    )
}

fn plan(case: &Case) -> Plan {
    let replicas: Vec<usize> = case.services.iter().map(|service| service.replicas).collect();
    let mut plan = sample::plan(&replicas);
    plan.keep_going = case.keep_going;
    for (index, (service, wanted)) in plan.services.iter_mut().zip(&case.services).enumerate() {
        service.order = wanted.order;
        service.policy = wanted.forward.clone();
        service.way_back = wanted.way_back.clone();
        let is_led = wanted.is_led && wanted.order == Order::StartFirst;
        service.handover = is_led.then(|| Handover { drain_timeout: Duration::from_secs(30) });
        let is_whole = matches!(wanted.last, Last::Replaced) && wanted.bond != Bond::Shares;
        if wanted.is_switched && wanted.order == Order::StartFirst && is_whole {
            let (command, dir) = (vec!["./switch".into()], "/srv/shop".into());
            service.switch = Some(Switch { command, dir });
        }
        let Some(last) = service.replacements.last_mut() else { continue };
        match wanted.last {
            Last::Replaced => {}
            Last::Added => last.old = None,
            Last::Removed => last.new = None,
        }
        if let Some(host) = index.checked_sub(1).filter(|_| wanted.bond != Bond::None) {
            service.depends_on = vec![host];
        }
    }
    for (service, wanted) in case.services.iter().enumerate().skip(1) {
        let host = ReplacementId { service: service - 1, index: 0 };
        if wanted.bond == Bond::Shares && plan.replacement(host).new.is_some() {
            for pair in &mut plan.services[service].replacements {
                pair.shares = vec![host];
            }
            plan.services[service].handover = None;
        }
    }
    plan
}

async fn check(case: &Case) {
    let mut scene = Scene::with(plan(case)).await;
    let all: Vec<ReplacementId> = scene.plan.replacements().collect();
    for (index, behaviour) in &case.broken {
        scene.script(all[index % all.len()], *behaviour);
    }
    if let Some((nth, how, after)) = case.fault {
        let fault = Fault::any(how).nth(nth);
        scene.fake.fail(if after { fault.after_effect() } else { fault });
    }
    if let Some(verb) = case.blocked {
        scene.fake.fail(Fault::on(verb, How::Refused).nth(3).times(6));
    }
    scene.journal.borrow_mut().cut = case.cut;
    let mut report = scene.run_or_die().await;
    for turn in 0.. {
        match &report {
            // Whoever is broken stays broken, so that a pause comes again and again.
            Some(report) if report.outcome == Outcome::Paused && turn > 8 => break,
            Some(report) if report.outcome.is_final() => break,
            Some(report) => assert!(!report.left.is_empty(), "what is left is said: {report:?}"),
            None => {}
        }
        assert!(turn < 20, "it comes to an end: {report:?}");
        report = if case.abort { scene.abort().await } else { scene.resume().await };
    }
    check_end(&scene, case, &report.expect("the last run ended"));
}

fn check_end(scene: &Scene, case: &Case, report: &RolloutReport) {
    if report.outcome != Outcome::Paused && report.warnings.is_empty() {
        let new = scene.plan.replacements().filter(|of| scene.is_new(*of)).count();
        let said: usize = report.services.iter().map(|service| service.changed).sum();
        assert_eq!(said, new, "{report:?}");
    }
    match report.outcome {
        // A retirement that failed leaves the old container, and says so.
        Outcome::Completed | Outcome::Partial if !report.warnings.is_empty() => {
            assert!(scene.is_written());
        }
        Outcome::Completed => scene.assert_all_new(),
        Outcome::Partial => {
            assert!(scene.is_written());
            scene.assert_containers(|of| scene.is_new(of));
        }
        Outcome::RolledBack if report.services.iter().any(|service| service.changed > 0) => {
            assert!(case.keep_going);
            if report.warnings.is_empty() {
                scene.assert_containers(|of| scene.is_new(of));
            }
        }
        Outcome::RolledBack | Outcome::Interrupted(Signal::Abort) => scene.assert_all_old(),
        Outcome::Paused => assert!(!case.abort && !case.broken.is_empty()),
        other => panic!("{other:?}: {report:?}"),
    }
}

#[test]
fn whatever_happens_a_rollout_keeps_its_promises() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = cases.unwrap_or(CASES).div_ceil(u32::from(THREADS));
    thread::scope(|scope| {
        for seed in 0..THREADS {
            scope.spawn(move || check_cases(seed, cases));
        }
    });
}

fn check_cases(seed: u8, cases: u32) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let checked = runner.run(&case(), |case| {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(check(&case));
        Ok(())
    });
    checked.unwrap();
}
