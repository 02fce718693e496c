//! How long things take, by a clock that stands still unless something waits.

use std::collections::BTreeMap;
use std::time::Duration;

use super::scene::Scene;
use crate::engine::fake::{Behaviour, Verb};
use crate::plan::sample;
use crate::plan::steps::Handover;

#[tokio::test(start_paused = true)]
async fn a_container_that_boots_in_two_seconds_is_ready_long_before_the_engine_says_so() {
    let mut plan = sample::plan(&[1]);
    plan.services[0].policy.monitor = Duration::ZERO;
    let report = Scene::with(plan).await.run().await;
    assert!(report.took < Duration::from_secs(3), "took {:?}", report.took);
}

#[tokio::test(start_paused = true)]
async fn replicas_are_watched_while_the_next_ones_go_on() {
    let report = Scene::new(&[3]).await.run().await;
    // Three boots of 2 s, and the window of the last one.
    assert!(report.took < Duration::from_secs(13), "took {:?}", report.took);
}

#[tokio::test(start_paused = true)]
async fn replicas_that_go_side_by_side_take_the_time_of_one() {
    let mut plan = sample::plan(&[6]);
    plan.services[0].policy.parallelism = 6;
    let report = Scene::with(plan).await.run().await;
    assert!(report.took < Duration::from_secs(8), "took {:?}", report.took);
}

#[tokio::test(start_paused = true)]
async fn the_delay_passes_between_replicas_and_not_after_the_last() {
    let mut plan = sample::plan(&[3]);
    plan.services[0].policy.monitor = Duration::ZERO;
    plan.services[0].policy.delay = Duration::from_secs(100);
    let report = Scene::with(plan).await.run().await;
    assert!(report.took > Duration::from_secs(200) && report.took < Duration::from_secs(210));
}

#[tokio::test(start_paused = true)]
async fn a_container_that_is_not_ready_in_time_is_told_with_the_end_of_its_health_command() {
    let mut scene = Scene::new(&[1]).await;
    scene.fake.script("app:2", Behaviour::NeverServes);
    let failure = scene.run().await.failure.unwrap();
    let why = failure.causes.last().unwrap();
    assert!(why.ends_with("its healthcheck exited with 1"), "{why}");
    assert!(failure.hints[0].starts_with("raise `--timeout`"), "{:?}", failure.hints);
    scene.assert_all_old();
}

/// How often each verb is called for so many replicas, five at a time.
async fn calls(replicas: usize, handover: Option<Handover>) -> BTreeMap<Verb, usize> {
    let mut plan = sample::plan(&[replicas]);
    plan.services[0].policy.parallelism = 5;
    plan.services[0].handover = handover;
    let mut scene = Scene::with(plan).await;
    let before = scene.fake.calls().len();
    scene.run().await;
    let mut calls = BTreeMap::new();
    for call in scene.fake.calls().split_off(before) {
        *calls.entry(call.verb).or_default() += 1;
    }
    // The healthcheck's own turns depend on the time a boot takes, not on the replicas.
    calls.remove(&Verb::Exec);
    calls
}

/// Each replica takes the same calls, however many there are: nothing is asked again and again.
#[tokio::test(start_paused = true)]
async fn the_number_of_calls_grows_with_the_replicas_alone() {
    let changes = [Verb::Create, Verb::Start, Verb::Stop, Verb::Remove, Verb::Rename];
    let changes = changes.map(|verb| (verb, 1));
    // The wait and the monitor window listen and then look once each.
    let waits = [(Verb::Container, 2), (Verb::Events, 2)];
    // From the detour to the end everybody on the network is looked at when that may have changed.
    let leading = [(Verb::Container, 4), (Verb::Events, 2), (Verb::Network, 4)];
    let handover = Handover { drain_timeout: Duration::from_secs(30) };
    for (handover, looks) in [(None, waits.to_vec()), (Some(handover), leading.to_vec())] {
        let each = BTreeMap::from_iter([changes.to_vec(), looks].concat());
        let few = calls(5, handover.clone()).await;
        for more in [5, 45] {
            let mut expected = few.clone();
            for (verb, count) in &each {
                *expected.entry(*verb).or_default() += count * more;
            }
            assert_eq!(calls(5 + more, handover.clone()).await, expected);
        }
    }
}
