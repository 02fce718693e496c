//! History and rollback: back to the image that ran before, with the tag in the file.

use std::fs;

use serde_json::Value;

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::events;
use crate::support::stack::Stack;

fn upgraded() -> Stack {
    let stack = Stack::up("webapp", Compose::V2_40);
    let done = stack.upgrade(&["web", "1.1", "--monitor", "0s"]);
    assert_eq!(done.code, 0, "{done}");
    stack
}

fn rollback(stack: &Stack, words: &[&str]) -> Done {
    let mut command = stack.composeup(&["rollback", "web", "--yes", "--monitor", "0s"]);
    Done::of(command.args(words))
}

fn assert_runs(stack: &Stack, tag: &str, context: &Done) {
    let image = format!("example/webapp:{tag}");
    assert!(stack.text().contains(&image), "{context}");
    assert_eq!(stack.container("web", 1).image(), image, "{context}");
    let up = || stack.compose.up(&stack.folder());
    let events = events::during(&stack.engine, &stack.project, up);
    assert_eq!(events, [""; 0], "the next `up -d` did something: {context}");
}

fn history(stack: &Stack) -> Vec<Value> {
    let done = Done::of(&mut stack.composeup(&["history", "web", "--json"]));
    assert_eq!(done.code, 0, "{done}");
    let history: Value = serde_json::from_str(&done.stdout).unwrap();
    history["runs"].as_array().unwrap().clone()
}

#[test]
fn a_rollback_brings_back_the_image_and_the_tag_in_the_file_and_is_told() {
    let stack = upgraded();
    let done = rollback(&stack, &[]);
    assert_eq!(done.code, 0, "{done}");
    assert_runs(&stack, "1.0", &done);
    let runs = history(&stack);
    let commands: Vec<&str> =
        runs.iter().map(|run| run["started"]["command"].as_str().unwrap()).collect();
    assert_eq!(commands, ["rollback web", "upgrade web 1.1"]);
    let changes = &runs[0]["changes"][0];
    assert_eq!(changes["from"]["name"], "example/webapp:1.1");
    assert_eq!(changes["to"]["pin"]["id"], stack.container("web", 1).image_id());
    let first = runs[1]["run"].as_str().unwrap();
    let done = rollback(&stack, &["--to", first]);
    assert_runs(&stack, "1.1", &done);
}

#[test]
fn without_a_journal_the_labels_tell_what_ran_before() {
    let stack = upgraded();
    fs::remove_dir_all(stack.state_dir()).unwrap();
    assert_eq!(history(&stack).len(), 1);
    let done = rollback(&stack, &[]);
    assert_eq!(done.code, 0, "{done}");
    assert_runs(&stack, "1.0", &done);
}

#[test]
fn nobody_knows_what_ran_before_the_first_upgrade() {
    let stack = Stack::up("webapp", Compose::V2_40);
    let done = rollback(&stack, &[]);
    assert_eq!(done.code, 5, "{done}");
    assert!(done.stderr.contains("no run is known that gave `web` another image"), "{done}");
}

#[test]
fn every_step_of_a_run_is_told_with_what_its_container_said() {
    let stack = Stack::up("webapp", Compose::V2_40);
    let done = stack.upgrade(&["web", "dies-later", "--monitor", "0s"]);
    assert_eq!(done.code, 10, "{done}");
    let runs = history(&stack);
    assert_eq!(runs[0]["state"], "rolled_back");
    let run = runs[0]["run"].as_str().unwrap();
    let done = Done::of(&mut stack.composeup(&["history", run, "--logs"]));
    for expected in ["create web done", "await ready web failed", "taken back", "fatal: gave up"] {
        assert!(done.stdout.contains(expected), "{expected}: {done}");
    }
}

#[test]
fn status_shows_the_containers_and_that_nothing_is_left_over() {
    let stack = upgraded();
    let done = Done::of(&mut stack.composeup(&["status"]));
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stdout.contains("no run is under way or left over"), "{done}");
    assert!(done.stdout.contains("example/webapp 1.1, running"), "{done}");
}
