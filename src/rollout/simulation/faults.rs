//! One fault at a time, at every place, in small scenes.

use std::time::Duration;

use serde_json::json;

use super::scene::{Scene, count_writes, flag};
use crate::engine::Engine;
use crate::engine::fake::{Behaviour, Container, Fault, How, Verb};
use crate::journal::outcome::{Outcome, RolloutReport, Signal};
use crate::plan::arrange::arrange;
use crate::plan::policy::FailureAction;
use crate::plan::steps::{Order, ReplacementId, Resource, ResourceKind, Step};
use crate::plan::{Plan, sample};
use crate::report::EventKind;
use crate::report::event::{ReplicaStart, Way};
use crate::rollout::Cancel;

const ORDERS: [Order; 2] = [Order::StartFirst, Order::StopFirst];

fn plan(replicas: &[usize], order: Order) -> Plan {
    let mut plan = sample::plan(replicas);
    plan.services.iter_mut().for_each(|service| service.order = order);
    plan
}

#[tokio::test(start_paused = true)]
async fn without_a_fault_the_new_version_serves_under_the_old_names() {
    for order in ORDERS {
        for replicas in [&[1][..], &[3], &[2, 1, 2]] {
            let mut scene = Scene::with(plan(replicas, order)).await;
            let report = scene.run().await;
            assert_eq!(report.outcome, Outcome::Completed);
            assert_eq!(report.warnings, Vec::<String>::new());
            scene.assert_all_new();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_version_that_failed_does_not_keep_the_new_one_away() {
    let mut plan = sample::plan(&[2]);
    plan.services[0].replacements[0].old.as_mut().unwrap().running = false;
    let mut scene = Scene::with(plan).await;
    assert_eq!(scene.run().await.outcome, Outcome::Completed);
    scene.assert_all_new();
}

/// Every call that changes the engine fails once, in every way, before and after its effect.
#[tokio::test(start_paused = true)]
async fn one_fault_anywhere_ends_all_old_or_all_new() {
    for order in ORDERS {
        for replicas in [&[1][..], &[3], &[2, 1]] {
            for nth in 1..=writes_of(plan(replicas, order)).await {
                for how in [How::Dropped, How::Timeout, How::Refused] {
                    for after in [false, true] {
                        let mut scene = Scene::with(plan(replicas, order)).await;
                        let fault = Fault::write(how).nth(nth);
                        scene.fake.fail(if after { fault.after_effect() } else { fault });
                        let report = scene.run().await;
                        check_end(&scene, &report, &format!("{replicas:?} {nth} {how:?} {after}"));
                    }
                }
            }
        }
    }
}

/// How many calls change the engine when nothing fails.
async fn writes_of(plan: Plan) -> usize {
    let mut scene = Scene::with(plan).await;
    let writes = count_writes(&scene.fake);
    scene.run().await;
    writes()
}

fn check_end(scene: &Scene, report: &RolloutReport, case: &str) {
    match report.outcome {
        Outcome::Completed if report.warnings.is_empty() => scene.assert_all_new(),
        // A removal or a renaming after the commit failed: the new ones serve all the same.
        Outcome::Completed => assert!(scene.is_written(), "{case}"),
        Outcome::RolledBack => {
            assert!(report.failure.is_some(), "{case}");
            scene.assert_all_old();
        }
        other => panic!("{case}: {other:?}"),
    }
}

/// The process dies at every call, also while it looks or waits, before and after the effect.
#[tokio::test(start_paused = true)]
async fn death_at_any_call_is_finished_by_resume_and_taken_back_by_abort() {
    for order in ORDERS {
        let calls = {
            let mut scene = Scene::with(plan(&[2, 1], order)).await;
            let before = scene.fake.calls().len();
            scene.run().await;
            scene.fake.calls().len() - before
        };
        for nth in 1..=calls {
            for after in [false, true] {
                for abort in [false, true] {
                    let mut scene = Scene::with(plan(&[2, 1], order)).await;
                    let fault = Fault::any(How::Killed).nth(nth);
                    scene.fake.fail(if after { fault.after_effect() } else { fault });
                    assert_eq!(scene.run_or_die().await, None, "call {nth} is made");
                    let report = if abort { scene.abort().await } else { scene.resume().await };
                    match (abort, report.unwrap().outcome) {
                        (false, Outcome::Completed) => scene.assert_all_new(),
                        (true, Outcome::Completed) if scene.is_written() => scene.assert_all_new(),
                        (true, Outcome::Interrupted(Signal::Abort)) => scene.assert_all_old(),
                        (_, other) => panic!("call {nth}, abort {abort}: {other:?}"),
                    }
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_on_says_so_and_how_far_it_was() {
    for (abort, way) in [(false, Way::Resume), (true, Way::Abort)] {
        let mut scene = Scene::new(&[2]).await;
        let stop =
            scene.plan.position(&Step::Stop(ReplacementId { service: 0, index: 0 })).unwrap();
        // Every step before it has two records.
        scene.journal.borrow_mut().cut = Some(2 * stop + 1);
        assert_eq!(scene.run_or_die().await, None);
        scene.events.clear();
        if abort { scene.abort().await } else { scene.resume().await }.unwrap();
        let EventKind::RolloutStarted { way: said, services, .. } = &scene.events[0].kind else {
            panic!("{:?}", scene.events[0]);
        };
        let begun = [ReplicaStart { replica: 1, done: (0..stop).collect(), ready: true }];
        assert_eq!((*said, services[0].begun.as_slice()), (way, &begun[..]));
    }
}

/// The process dies after every record, before what comes after it.
#[tokio::test(start_paused = true)]
async fn death_after_any_record_is_finished_by_resume_and_taken_back_by_abort() {
    for order in ORDERS {
        assert_death_is_survived(|| plan(&[2, 1], order)).await;
    }
}

/// Cuts a run of the plan after each of its records: `resume` and `abort` bring it to an end.
pub(super) async fn assert_death_is_survived(plan: impl Fn() -> Plan) {
    let records = {
        let mut scene = Scene::with(plan()).await;
        scene.run().await;
        scene.records()
    };
    for cut in 1..records {
        for abort in [false, true] {
            let mut scene = Scene::with(plan()).await;
            scene.journal.borrow_mut().cut = Some(cut);
            assert_eq!(scene.run_or_die().await, None, "there are more records than {cut}");
            let report = if abort { scene.abort().await } else { scene.resume().await };
            match report.unwrap().outcome {
                Outcome::Completed if !abort || scene.is_written() => scene.assert_all_new(),
                Outcome::Interrupted(Signal::Abort) if abort => scene.assert_all_old(),
                other => panic!("record {cut}, abort {abort}: {other:?}"),
            }
        }
    }
}

/// The intent to write the files is kept, and what came of it is not.
#[tokio::test(start_paused = true)]
async fn files_that_may_or_may_not_be_written_are_looked_at() {
    for is_written in [false, true] {
        for abort in [false, true] {
            let mut scene = Scene::new(&[1]).await;
            let commit = scene.plan.position(&Step::Commit).unwrap();
            // Every step before it has two records.
            scene.journal.borrow_mut().cut = Some(2 * commit + 1);
            assert_eq!(scene.run_or_die().await, None);
            assert!(scene.is_written());
            if !is_written {
                scene.put_file_back();
            }
            let report = if abort { scene.abort().await } else { scene.resume().await };
            match report.unwrap().outcome {
                Outcome::Completed if is_written || !abort => scene.assert_all_new(),
                Outcome::Interrupted(Signal::Abort) => scene.assert_all_old(),
                other => panic!("written {is_written}, abort {abort}: {other:?}"),
            }
        }
    }
}

/// The record of the commit is lost, and somebody asks to stop before it could be repeated.
#[tokio::test(start_paused = true)]
async fn files_that_are_written_are_never_left_beside_old_containers() {
    let mut scene = Scene::new(&[2]).await;
    let commit = scene.plan.position(&Step::Commit).unwrap();
    scene.journal.borrow_mut().cut = Some(2 * commit + 1);
    assert_eq!(scene.run_or_die().await, None);
    assert!(scene.is_written());
    assert_eq!(scene.resume_and_stop().await.outcome, Outcome::Completed);
    scene.assert_all_new();
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
    for order in ORDERS {
        for behaviour in broken {
            let mut scene = Scene::with(plan(&[2], order)).await;
            scene.fake.script("app:2", behaviour);
            let report = scene.run().await;
            assert_eq!(report.outcome, Outcome::RolledBack, "{behaviour:?}");
            scene.assert_all_old();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_version_that_breaks_while_it_is_watched_is_taken_back() {
    for order in ORDERS {
        let mut scene = Scene::with(plan(&[3], order)).await;
        let second = ReplacementId { service: 0, index: 1 };
        scene.script(second, Behaviour::ServesThenExits(Duration::from_secs(4)));
        let report = scene.run().await;
        assert_eq!(report.outcome, Outcome::RolledBack);
        let why = &report.failure.unwrap().causes;
        assert!(why[0].ends_with("was ready and failed soon after"), "{why:?}");
        scene.assert_all_old();
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_replica_may_fail_too_and_the_first_old_one_serves_again() {
    let mut scene = Scene::new(&[2]).await;
    let second = ReplacementId { service: 0, index: 1 };
    scene.script(second, Behaviour::ExitsAfter(Duration::from_millis(100), 1));
    assert_eq!(scene.run().await.outcome, Outcome::RolledBack);
    scene.assert_all_old();
}

#[tokio::test(start_paused = true)]
async fn failures_within_the_budget_keep_their_old_containers_and_the_rest_goes_on() {
    let mut plan = sample::plan(&[4]);
    plan.services[0].policy.max_failure_ratio = 0.25;
    let mut scene = Scene::with(plan).await;
    let second = ReplacementId { service: 0, index: 1 };
    scene.script(second, Behaviour::NeverServes);
    let report = scene.run().await;
    assert_eq!(report.outcome, Outcome::Partial);
    assert_eq!(report.services[0].changed, 3);
    scene.assert_containers(|of| of != second);
    assert!(scene.is_written());
}

#[tokio::test(start_paused = true)]
async fn a_pause_leaves_both_versions_until_it_is_resumed_or_aborted() {
    for abort in [false, true] {
        let mut plan = sample::plan(&[3]);
        plan.services[0].policy.failure_action = FailureAction::Pause;
        let mut scene = Scene::with(plan).await;
        let second = ReplacementId { service: 0, index: 1 };
        scene.script(second, Behaviour::NeverServes);
        let report = scene.run().await;
        assert_eq!(report.outcome, Outcome::Paused);
        assert!(!scene.is_written() && !report.left.is_empty(), "{:?}", report.left);
        scene.script(second, Behaviour::ServesAfter(Duration::from_secs(1)));
        if abort {
            assert_eq!(scene.abort().await.unwrap().outcome, Outcome::Interrupted(Signal::Abort));
            scene.assert_all_old();
        } else {
            assert_eq!(scene.resume().await.unwrap().outcome, Outcome::Completed);
            scene.assert_all_new();
        }
    }
}

/// The old guest cannot be started again, so that the new one must go on serving in its new host.
#[tokio::test(start_paused = true)]
async fn whoever_is_stuck_keeps_the_container_it_lives_in() {
    let mut plan = sample::plan(&[1, 2]);
    let host = ReplacementId { service: 0, index: 0 };
    plan.services[1].depends_on = vec![0];
    for pair in &mut plan.services[1].replacements {
        pair.shares = vec![host];
    }
    let mut scene = Scene::with(plan).await;
    scene.fake.fail(Fault::on(Verb::Start, How::Refused).nth(3).times(6));
    assert_eq!(scene.run().await.outcome, Outcome::Stuck);
    assert_eq!(scene.resume().await.unwrap().outcome, Outcome::RolledBack);
    scene.assert_all_old();
}

/// The container of the first try is gone; that of the second one is there, and its creation failed.
#[tokio::test(start_paused = true)]
async fn a_replica_that_is_tried_again_leaves_no_container_of_either_try() {
    let mut plan = sample::plan(&[2]);
    plan.services[0].policy.failure_action = FailureAction::Pause;
    let mut scene = Scene::with(plan).await;
    let second = ReplacementId { service: 0, index: 1 };
    scene.script(second, Behaviour::NeverServes);
    assert_eq!(scene.run().await.outcome, Outcome::Paused);
    scene.fake.fail(Fault::on(Verb::Create, How::Refused).after_effect());
    assert_eq!(scene.resume().await.unwrap().outcome, Outcome::Paused);
    assert_eq!(scene.abort().await.unwrap().outcome, Outcome::Interrupted(Signal::Abort));
    scene.assert_all_old();
}

#[tokio::test(start_paused = true)]
async fn whoever_keeps_going_takes_back_only_what_failed_and_what_needs_it() {
    let mut plan = sample::plan(&[1, 2, 1]);
    plan.keep_going = true;
    plan.services[2].depends_on = vec![1];
    let mut scene = Scene::with(plan).await;
    scene.script(ReplacementId { service: 1, index: 0 }, Behaviour::NeverServes);
    let report = scene.run().await;
    assert_eq!(report.outcome, Outcome::RolledBack);
    let changed: Vec<usize> = report.services.iter().map(|service| service.changed).collect();
    assert_eq!(changed, [1, 0, 0]);
    scene.assert_containers(|of| of.service == 0);
}

#[tokio::test(start_paused = true)]
async fn a_number_of_replicas_goes_up_and_down_with_the_rollout() {
    let mut plan = sample::plan(&[3, 2]);
    plan.services[0].replacements[2].new = None;
    plan.services[1].replacements[1].old = None;
    let mut scene = Scene::with(plan.clone()).await;
    assert_eq!(scene.run().await.outcome, Outcome::Completed);
    scene.assert_all_new();
    let mut scene = Scene::with(plan).await;
    scene.script(ReplacementId { service: 1, index: 1 }, Behaviour::NeverServes);
    assert_eq!(scene.run().await.outcome, Outcome::RolledBack);
    scene.assert_all_old();
}

#[tokio::test(start_paused = true)]
async fn a_file_that_changed_meanwhile_takes_everything_back() {
    let mut scene = Scene::new(&[1]).await;
    scene.spoil_file();
    let report = scene.run().await;
    assert_eq!(report.outcome, Outcome::RolledBack);
    let causes = report.failure.unwrap().causes;
    assert!(causes.iter().any(|cause| cause.contains("changed since it was read")), "{causes:?}");
    scene.assert_containers(|_| false);
}

#[tokio::test(start_paused = true)]
async fn a_missing_network_is_made_and_stays_when_the_rest_is_taken_back() {
    let mut scene = Scene::new(&[1]).await;
    let body = json!({ "Name": "shop_new", "Labels": {} });
    let (kind, name) = (ResourceKind::Network, "shop_new".to_owned());
    scene.plan.resources = vec![Resource { kind, name, body }];
    scene.plan.steps = arrange(&scene.plan.services, 1);
    scene.fake.script("app:2", Behaviour::ExitsAfter(Duration::from_secs(1), 1));
    assert_eq!(scene.run().await.outcome, Outcome::RolledBack);
    scene.assert_all_old();
    assert!(scene.fake.network("shop_new").await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_fails_is_said_with_what_is_left_and_can_be_resumed() {
    let mut scene = Scene::new(&[1]).await;
    scene.fake.script("app:2", Behaviour::ExitsAfter(Duration::from_secs(1), 1));
    scene.fake.fail(Fault::on(Verb::Remove, How::Refused).times(5));
    let report = scene.run().await;
    assert_eq!(report.outcome, Outcome::Stuck);
    let new = &scene.plan.services[0].replacements[0].new.as_ref().unwrap().name;
    assert_eq!(report.left, [format!("{new}  new")]);
    assert_eq!(scene.resume().await.unwrap().outcome, Outcome::RolledBack);
    scene.assert_all_old();
}

#[tokio::test(start_paused = true)]
async fn an_abort_that_succeeds_is_no_failure_whatever_went_wrong_before() {
    let mut scene = Scene::new(&[1]).await;
    scene.fake.script("app:2", Behaviour::ExitsAfter(Duration::from_secs(1), 1));
    scene.fake.fail(Fault::on(Verb::Remove, How::Refused).times(5));
    assert_eq!(scene.run().await.outcome, Outcome::Stuck);
    let report = scene.abort().await.unwrap();
    assert_eq!(report.outcome, Outcome::Interrupted(Signal::Abort));
    scene.assert_all_old();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stuck_counts_as_changed_only_what_was_not_taken_back() {
    let second = ReplacementId { service: 0, index: 1 };
    // The old containers serve again; or the first one cannot be started again.
    for (verb, changed) in [(Verb::Remove, 0), (Verb::Start, 1)] {
        let mut scene = Scene::new(&[2]).await;
        scene.script(second, Behaviour::ServesThenExits(Duration::from_secs(3)));
        let first = scene.plan.services[0].replacements[0].old.clone().unwrap();
        let (asked, fake) = (flag(), scene.fake.clone());
        scene.fake.observe(move |world| {
            let is_stopped = !world.container(&first.id.0).unwrap().is_running();
            if is_stopped && !asked.replace(true) {
                let skipped = if verb == Verb::Start { 3 } else { 1 };
                fake.fail(Fault::on(verb, How::Refused).nth(skipped).times(5));
            }
        });
        let report = scene.run().await;
        assert_eq!(report.outcome, Outcome::Stuck, "{verb:?}");
        assert_eq!(report.services[0].changed, changed, "{verb:?}: {:?}", report.left);
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_restarts_while_the_new_one_warms_up_leaves_the_old_one_serving() {
    let mut scene = Scene::new(&[1]).await;
    let (asked, fake) = (flag(), scene.fake.clone());
    let new = scene.plan.services[0].replacements[0].new.as_ref().unwrap().name.clone();
    scene.fake.script("app:2", Behaviour::ServesAfter(Duration::from_secs(5)));
    scene.fake.observe(move |world| {
        let warms = world.container(&new).is_some_and(Container::is_running);
        if warms && !asked.replace(true) {
            fake.fail(Fault::any(How::Dropped).times(12));
        }
    });
    assert_eq!(scene.run().await.outcome, Outcome::Completed);
    scene.assert_all_new();
}

/// Ctrl-C after the n-th change, for every change.
#[tokio::test(start_paused = true)]
async fn somebody_who_asks_to_stop_gets_the_old_state_back_up_to_the_commit() {
    for order in ORDERS {
        for nth in 0..writes_of(plan(&[2], order)).await {
            let mut scene = Scene::with(plan(&[2], order)).await;
            let (canceller, cancel) = Cancel::manual();
            let (asked, writes) = (flag(), count_writes(&scene.fake));
            scene.fake.observe(move |_| {
                if writes() > nth && !asked.replace(true) {
                    canceller.request(Signal::Interrupt);
                }
            });
            match scene.run_with(&cancel).await.outcome {
                Outcome::Interrupted(Signal::Interrupt) => scene.assert_all_old(),
                Outcome::Completed => scene.assert_all_new(),
                other => panic!("change {nth}: {other:?}"),
            }
        }
    }
}

/// The disk of the journal is full after the n-th record, for every record.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_remembered_is_not_begun_and_what_was_is_taken_back_or_finished() {
    let records = {
        let mut scene = Scene::new(&[2]).await;
        scene.run().await;
        scene.records()
    };
    for room in 0..records {
        let mut scene = Scene::new(&[2]).await;
        scene.journal.borrow_mut().room = Some(room);
        let report = scene.run().await;
        let told = report.failure.iter().flat_map(|failure| failure.causes.clone());
        let mut told = told.chain(report.warnings.clone());
        assert!(told.any(|text| text.contains("no space left")), "{room}: {report:?}");
        match report.outcome {
            Outcome::RolledBack => scene.assert_all_old(),
            Outcome::Completed => assert!(scene.is_written(), "{room}"),
            other => panic!("{room}: {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_step_that_starts_also_ends_in_the_events() {
    let mut scene = Scene::new(&[2]).await;
    scene.run().await;
    let steps = scene.plan.steps.len();
    let events = std::mem::take(&mut scene.events);
    let count = |is: fn(&EventKind) -> bool| events.iter().filter(|one| is(&one.kind)).count();
    assert_eq!(count(|kind| matches!(kind, EventKind::StepStarted(_))), steps);
    assert_eq!(count(|kind| matches!(kind, EventKind::StepFinished { .. })), steps);
    let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert!(matches!(events.last().unwrap().kind, EventKind::RolloutFinished { .. }));
}
