//! Requests that fail while a rollout runs.

use std::time::Duration;

use super::scene::{Scene, count_writes, flag};
use crate::journal::Record;
use crate::journal::outcome::{Outcome, RolloutReport};
use crate::plan::policy::FailureAction;
use crate::probe::{Exchange, Probe};

fn exchange(answer: Result<&str, &str>) -> Exchange {
    let (sent, took) = (Duration::ZERO, Duration::from_millis(1));
    let answer = answer.map(str::to_owned).map_err(str::to_owned);
    Exchange { url: 0, sent, took, answer }
}

/// A scene in which so many requests fail as soon as the n-th change has happened.
async fn scene(failures: usize, nth: usize, max_failures: usize) -> Scene {
    let mut scene = Scene::new(&[2]).await;
    let (tell, probe) = Probe::told(&["http://shop/"], max_failures);
    tell.send(exchange(Ok("old"))).unwrap();
    scene.probe = Some(probe);
    let (told, writes) = (flag(), count_writes(&scene.fake));
    scene.fake.observe(move |_| {
        if writes() > nth && !told.replace(true) {
            (0..failures).for_each(|_| tell.send(exchange(Err("status 500"))).unwrap());
        }
    });
    scene
}

async fn writes() -> usize {
    let mut scene = Scene::new(&[2]).await;
    let writes = count_writes(&scene.fake);
    scene.run().await;
    writes()
}

fn assert_taken_back(scene: &Scene, report: &RolloutReport) {
    assert_eq!(report.outcome, Outcome::RolledBack);
    let causes = &report.failure.as_ref().unwrap().causes;
    assert_eq!(causes[1], "status 500");
    scene.assert_all_old();
}

/// At which record the rollout was judged.
fn judged(scene: &Scene) -> Option<usize> {
    let records = &scene.journal.borrow().records;
    records.iter().position(|record| matches!(record, Record::RequestsFailed { .. }))
}

#[tokio::test(start_paused = true)]
async fn a_request_that_fails_takes_everything_back_up_to_the_commit() {
    let mut outcomes = Vec::new();
    for nth in 0..writes().await {
        let mut scene = scene(1, nth, 0).await;
        let report = scene.run().await;
        let requests = &report.requests[0];
        assert_eq!((requests.before.sent, requests.all.failed), (1, 1), "{nth}");
        match report.outcome {
            Outcome::Completed => scene.assert_all_new(),
            _ => assert_taken_back(&scene, &report),
        }
        outcomes.push(report.outcome);
    }
    assert_eq!(outcomes[0], Outcome::RolledBack);
    assert_eq!(outcomes.last(), Some(&Outcome::Completed), "what is committed stays");
}

#[tokio::test(start_paused = true)]
async fn as_many_as_are_allowed_change_nothing() {
    let mut scene = scene(3, 0, 3).await;
    let report = scene.run().await;
    assert_eq!((report.outcome, report.failure), (Outcome::Completed, None));
    assert_eq!(report.requests[0].during.failed, 3);
    scene.assert_all_new();
}

#[tokio::test(start_paused = true)]
async fn no_policy_about_replicas_lets_requests_fail() {
    for action in [FailureAction::Pause, FailureAction::Continue] {
        let mut scene = scene(1, 1, 0).await;
        scene.plan.services[0].policy.failure_action = action;
        scene.plan.keep_going = true;
        let report = scene.run().await;
        assert_taken_back(&scene, &report);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_after_the_verdict_is_taken_back_by_resume_too() {
    let at = {
        let mut scene = scene(1, 3, 0).await;
        scene.run().await;
        judged(&scene).unwrap()
    };
    let mut scene = scene(1, 3, 0).await;
    scene.journal.borrow_mut().cut = Some(at + 1);
    assert!(scene.run_or_die().await.is_none());
    assert_eq!(judged(&scene), Some(at));
    let report = scene.resume().await.unwrap();
    assert_eq!(report.outcome, Outcome::RolledBack);
    scene.assert_all_old();
}
