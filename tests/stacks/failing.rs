//! A new version that fails is taken back: the old containers were never touched, the files are
//! unchanged, and what is said names the reason.

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::stack::Stack;
use crate::support::state::State;

/// Runs an upgrade that must leave everything as it was.
fn upgrade_in_vain(stack: &Stack, arguments: &[&str]) -> Done {
    let before = State::of(stack);
    let done = stack.upgrade(arguments);
    State::of(stack).assert_is(&before, &done);
    done
}

fn crash_is_taken_back(compose: Compose) {
    let stack = Stack::up("ghost", compose);
    let done = upgrade_in_vain(&stack, &["ghost-blog", "crashes"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stderr.contains("fatal: cannot open the database"), "{done}");
}

#[test]
fn a_crash_is_taken_back_under_compose_1_29() {
    crash_is_taken_back(Compose::V1);
}

#[test]
fn a_crash_is_taken_back_under_compose_2_40() {
    crash_is_taken_back(Compose::V2_40);
}

#[test]
fn an_image_that_does_not_exist_is_found_out_before_anything_changes() {
    let local = |text: &str| text.replace("image: ghost:", "image: localhost:1/ghost:");
    let stack = Stack::up_with("ghost", Compose::V2_40, local);
    let done = upgrade_in_vain(&stack, &["ghost-blog", "9.9"]);
    assert_eq!(done.code, 4, "{done}");
    assert!(done.stderr.contains("localhost:1/ghost:9.9"), "{done}");
}

#[test]
fn a_version_that_never_gets_healthy_is_taken_back_at_the_deadline() {
    let stack = Stack::up("webapp", Compose::V2_26);
    let done = upgrade_in_vain(&stack, &["web", "never-healthy", "--timeout", "4s"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stderr.contains("within 4s"), "{done}");
}

#[test]
fn the_engines_verdict_unhealthy_ends_the_wait_at_once() {
    let stack = Stack::up("replicas", Compose::V2_40);
    let done = upgrade_in_vain(&stack, &["api", "never-healthy", "--timeout", "10m"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stderr.contains("unhealthy"), "{done}");
}

#[test]
fn a_version_that_dies_while_it_is_waited_for_is_taken_back_at_once() {
    let stack = Stack::up("webapp", Compose::V2_40);
    let done = upgrade_in_vain(&stack, &["web", "dies-later", "--timeout", "10m"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stderr.contains("fatal: gave up"), "{done}");
}

#[test]
fn a_replica_that_fails_brings_back_those_before_it() {
    let with_state = |text: &str| {
        text.replace("    init: true\n", "    init: true\n    volumes: [./state:/state]\n")
    };
    let stack = Stack::up_with("replicas", Compose::V2_40, with_state);
    let before = State::of(&stack);
    let done = stack.upgrade(&["api", "starts-once"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stderr.contains("fatal: there is one already"), "{done}");
    let after = State::of(&stack);
    assert_eq!(after.files, before.files);
    assert_eq!(who_runs(&after), who_runs(&before), "{done}");
}

/// Name, id and whether it runs. An old replica that was stopped is started again, so the time of
/// its start is another.
fn who_runs(state: &State) -> Vec<(&str, &str, bool)> {
    let all = state.containers.iter();
    all.map(|(name, container)| (name.as_str(), container.id.as_str(), container.running)).collect()
}
