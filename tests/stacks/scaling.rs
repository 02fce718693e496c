//! `composeup scale` changes the number of replicas and nothing else, and Compose's next `up` does
//! what the plan says of it.

use composeup::engine::api::Inspection;
use composeup::labels;
use serde_json::Value;

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::events;
use crate::support::stack::Stack;
use crate::support::state::State;

/// The fixture with `number` replicas.
fn stack(compose: Compose, number: usize) -> Stack {
    Stack::up_with("replicas", compose, |text| {
        text.replace("replicas: 3", &format!("replicas: {number}"))
    })
}

fn scale(stack: &Stack, words: &[&str]) -> Done {
    Done::of(stack.composeup(&["scale", "--yes", "--monitor", "0s"]).args(words))
}

/// Name and id of every replica that runs.
fn who_runs(stack: &Stack) -> Vec<(String, String)> {
    let is_one =
        |one: &Inspection| one.state().running && one.label(labels::SERVICE) == Some("api");
    let replicas = stack.containers().into_iter().filter(|(_, one)| is_one(one));
    replicas.map(|(name, one)| (name, one.id().0)).collect()
}

fn goes_up_and_down_under(compose: Compose) {
    let stack = stack(compose, 2);
    let before = State::of(&stack);
    let two = who_runs(&stack);
    let done = scale(&stack, &["api=4", "--parallelism", "2"]);
    assert_eq!(done.code, 0, "{done}");
    let four = who_runs(&stack);
    assert_eq!(four.len(), 4, "{done}");
    assert_eq!(four[..2], two[..], "none is replaced");
    assert_eq!(State::of(&stack).files, before.files);
    // With the new number in the file Compose finds nothing to do: they are as it makes them.
    stack.edit("replicas: 2", "replicas: 4");
    let done_by_up = events::during(&stack.engine, &stack.project, || compose.up(&stack.folder()));
    assert_eq!(done_by_up, [""; 0], "the next `up -d` did something");
    let done = scale(&stack, &["api=1"]);
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(who_runs(&stack), two[..1], "the highest numbers go");
    assert_eq!(stack.containers().len(), 2, "what was stopped is removed: {done}");
    let warning = "brings `api` back to 4, as the file says";
    assert!(done.stderr.contains(warning), "{done}");
    compose.up(&stack.folder());
    assert_eq!(who_runs(&stack).len(), 4, "and so it does");
}

#[test]
fn replicas_go_up_and_down_under_compose_1_29() {
    goes_up_and_down_under(Compose::V1);
}

#[test]
fn replicas_go_up_and_down_under_compose_2_26() {
    goes_up_and_down_under(Compose::V2_26);
}

#[test]
fn replicas_go_up_and_down_under_compose_2_40() {
    goes_up_and_down_under(Compose::V2_40);
}

#[test]
fn new_replicas_that_never_get_ready_go_again() {
    let stack = stack(Compose::V2_40, 1);
    let before = State::of(&stack);
    stack.edit("example/api:1.0", "example/api:never-healthy");
    let files = State::of(&stack).files;
    let done = scale(&stack, &["api=2"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stderr.contains("`api` is not as the file says"), "{done}");
    let mut expected = before;
    expected.files = files;
    State::of(&stack).assert_is(&expected, &done);
}

#[test]
fn a_dry_run_shows_the_numbers_and_changes_nothing() {
    let stack = stack(Compose::V2_40, 2);
    let before = State::of(&stack);
    let done = scale(&stack, &["api=3", "--dry-run", "--json"]);
    let plan: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(plan["services"][0]["causes"][0], "replicas changed (2 → 3)", "{done}");
    let done = scale(&stack, &["api=2"]);
    assert!(done.code == 0 && done.stderr.contains("nothing to do"), "{done}");
    State::of(&stack).assert_is(&before, &done);
}
