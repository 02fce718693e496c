//! `composeup check` tells which Compose made the containers, and never touches anything.

use serde_json::Value;

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::stack::Stack;
use crate::support::state::State;

/// Runs `composeup check --json`, which must leave everything as it was.
fn check(stack: &Stack, code: i32) -> Value {
    let before = State::of(stack);
    let done = Done::of(&mut stack.composeup(&["check", "--json"]));
    State::of(stack).assert_is(&before, &done);
    assert_eq!(done.code, code, "{done}");
    serde_json::from_str(&done.stdout).unwrap()
}

fn service<'a>(check: &'a Value, name: &str) -> &'a Value {
    let all = check["services"].as_array().unwrap();
    all.iter().find(|service| service["service"] == name).unwrap()
}

/// The files prove who made the containers; after an edit of the image they still do, and after
/// one of another key the label has to do.
fn proof_is_told(compose: Compose, generation: &str, code_after_edit: i32) {
    let stack = Stack::up("webapp", compose);
    let seen = check(&stack, 0);
    let web = service(&seen, "web");
    assert_eq!(web["generation"], generation);
    assert_eq!((&web["proof"], &web["equal"]), (&"files".into(), &1.into()), "{web}");
    assert_eq!(web["findings"], Value::Array(Vec::new()));

    stack.edit("webapp:1.0", "webapp:1.1");
    let seen = check(&stack, 0);
    let web = service(&seen, "web");
    assert_eq!(
        (&web["proof"], &web["equal"]),
        (&"files_with_its_image".into(), &0.into()),
        "{web}"
    );
    assert_eq!(web["generation"], generation);

    stack.edit("BOOT_SECONDS=2", "BOOT_SECONDS=1");
    let seen = check(&stack, code_after_edit);
    let web = service(&seen, "web");
    assert_eq!((&web["proof"], &web["equal"]), (&"version_label".into(), &0.into()), "{web}");
    assert_eq!(web["generation"], generation);
}

#[test]
fn the_making_by_compose_1_29_is_proven() {
    proof_is_told(Compose::V1, "1.29", 0);
}

#[test]
fn the_making_by_compose_2_26_is_proven_and_its_label_alone_is_a_warning() {
    proof_is_told(Compose::V2_26, "2.26.1-4", 20);
}

#[test]
fn the_making_by_compose_2_40_is_proven() {
    proof_is_told(Compose::V2_40, "2.36", 0);
}

#[test]
fn what_would_refuse_an_upgrade_is_an_error_of_the_check() {
    let stack = Stack::up("webapp", Compose::V2_40);
    check(&stack, 0);
    stack.edit("    expose:\n", "    volumes: [\"nowhere:/data\"]\n    expose:\n");
    stack.edit("version: \"3.7\"\n", "version: \"3.7\"\nvolumes: {nowhere: {external: true}}\n");
    let done = Done::of(&mut stack.composeup(&["check", "web"]));
    assert_eq!(done.code, 5, "{done}");
    assert!(done.stdout.contains("error: the external volume `nowhere` does not exist"), "{done}");
    let unknown = Done::of(&mut stack.composeup(&["check", "wbe"]));
    assert_eq!(unknown.code, 3, "{unknown}");
}
