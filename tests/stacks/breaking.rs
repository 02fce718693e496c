//! A second version of six replicas that breaks, in every way a version can: no more of it is
//! started than the budget allows, and the old version serves on all six again. Somebody
//! asks all the while; what they lost is counted and told.

use serde_json::Value;

use crate::support::client::{Client, Requests};
use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::stack::Stack;
use crate::support::state::State;

/// One of six may fail; two go at a time.
const POLICY: &str = "    deploy:
      update_config: {parallelism: 2, max_failure_ratio: 0.2, monitor: 12s}
      rollback_config: {parallelism: 6}
      replicas: 6
";

fn stack() -> Stack {
    Stack::up_with("replicas", Compose::V2_40, |text| {
        let text = text.replace("    deploy:\n      replicas: 3\n", POLICY);
        text.replace("interval: 1s", "interval: 500ms")
    })
}

/// How many steps of this kind have this name.
fn count(done: &Done, kind: &str, step: &str) -> usize {
    let events = done.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.filter(|event| event["kind"] == kind && event["step"] == step).count()
}

/// Name, id and whether it runs, of every container.
fn who_runs(state: &State) -> Vec<(&str, &str, bool)> {
    let all = state.containers.iter();
    all.map(|(name, container)| (name.as_str(), container.id.as_str(), container.running)).collect()
}

/// Upgrades to a version that breaks; returns how many new containers there were.
fn breaks(tag: &str) -> usize {
    let stack = stack();
    let before = State::of(&stack);
    let client = Client::start(&stack.project, "api");
    let done = stack.upgrade(&["api", tag, "--json"]);
    let requests = client.finish();
    assert_eq!(done.code, 10, "{done}");
    let after = State::of(&stack);
    assert_eq!(after.files, before.files);
    assert_eq!(who_runs(&after), who_runs(&before), "{done}");
    let failures = ["await_ready", "monitor"].map(|step| count(&done, "step_failed", step));
    assert!(failures.iter().sum::<usize>() >= 2, "one failure is allowed: {done}");
    assert!(requests.answered > 0, "somebody asked: {requests:?}");
    let created = count(&done, "step_started", "create");
    let Requests { answered, failed } = requests;
    let took = done.took;
    eprintln!(
        "{tag}: {created} new containers, taken back after {took:?}; {answered} requests answered, {failed} failed"
    );
    created
}

#[test]
fn one_that_crashes_at_once_is_taken_back() {
    // Two at a time, and one more in the place of the first that failed.
    assert!(breaks("crashes") <= 3);
}

#[test]
fn one_that_never_gets_healthy_is_taken_back() {
    assert!(breaks("never-healthy") <= 3);
}

#[test]
fn one_that_crashes_after_five_seconds_is_taken_back_where_it_was_ready() {
    breaks("dies-later");
}

#[test]
fn one_that_gets_healthy_and_ill_again_is_taken_back_where_it_was_ready() {
    breaks("gets-ill");
}
