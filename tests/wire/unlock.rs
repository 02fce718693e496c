//! `composeup unlock`, and what an upgrade says of a lock: whole commands.

use composeup::engine::Engine as _;
use composeup::labels;
use insta::assert_snapshot;
use serde_json::json;

use super::stack::Stack;
use crate::support::command::Done;

/// The project, locked by a process of another machine.
fn locked() -> Stack {
    let stack = Stack::up();
    stack.daemon.with(async |fake| {
        let lock = json!({
            labels::LOCK: "ghost",
            labels::RUN: "20261125-132400-4f2a",
            labels::LOCK_TOKEN: "1f",
            labels::LOCK_USER: "alice",
            labels::LOCK_COMMAND: "upgrade ghost-blog 3.37.1",
            labels::LOCK_SINCE: "2026-11-25T13:24:00Z",
            labels::LOCK_HOST: "laptop",
            labels::LOCK_KERNEL: "another boot",
            labels::LOCK_PID: "4711",
            labels::LOCK_BORN: "1",
        });
        let body = json!({ "Name": "composeup.lock.ghost", "Labels": lock });
        fake.create_volume(&body).await.unwrap();
    });
    stack
}

/// What a command says, and whether the project is locked afterwards.
fn said(stack: &Stack, words: &[&str]) -> String {
    let done = Done::from(stack.composeup(words));
    let volumes = stack.daemon.with(async |fake| {
        fake.look(|world| world.volumes().iter().any(|name| name.starts_with("composeup.lock.")))
    });
    let state = if volumes { "locked" } else { "not locked" };
    format!("{done}--- then\n{state}\n")
}

#[test]
fn an_upgrade_says_who_has_the_project_and_what_to_do() {
    assert_snapshot!(said(&locked(), &["upgrade", "--yes", "ghost-blog", "3.37.1"]));
}

#[test]
fn an_upgrade_in_json_says_it_too() {
    assert_snapshot!(said(&locked(), &["upgrade", "--yes", "--json", "ghost-blog", "3.37.1"]));
}

#[test]
fn without_a_terminal_unlock_shows_the_holder_and_needs_a_yes() {
    assert_snapshot!(said(&locked(), &["unlock"]));
}

#[test]
fn unlock_with_yes_shows_the_holder_and_unlocks() {
    assert_snapshot!(said(&locked(), &["unlock", "--yes"]));
}

#[test]
fn unlock_in_json_says_who_had_it() {
    assert_snapshot!(said(&locked(), &["unlock", "--yes", "--json"]));
}

#[test]
fn unlock_of_what_is_not_locked_says_so() {
    assert_snapshot!(said(&Stack::up(), &["unlock"]));
    assert_snapshot!(said(&Stack::up(), &["unlock", "--json"]));
}

#[test]
fn a_volume_that_only_has_the_name_is_left_alone() {
    let stack = Stack::up();
    stack.daemon.with(async |fake| {
        fake.create_volume(&json!({ "Name": "composeup.lock.ghost" })).await.unwrap();
    });
    assert_snapshot!(said(&stack, &["unlock", "--yes"]));
    assert_snapshot!(said(&stack, &["upgrade", "--yes", "ghost-blog", "3.37.1"]));
}
