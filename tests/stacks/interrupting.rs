//! Ctrl-C and SIGTERM at every step: before the commit point everything is as it was, after it the
//! upgrade is finished.

use rustix::process::Signal;

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::running::Running;
use crate::support::stack::Stack;
use crate::support::state::State;

const UPGRADE: [&str; 5] = ["ghost-blog", "3.37.1", "--json", "--ready-after", "1s"];

/// A stack, its state before the upgrade, and how the upgrade ended that got `signal` at `step`.
fn interrupted(step: &str, signal: Signal) -> (Stack, State, Done) {
    interrupted_when(|running| running.wait_for_step(step), signal, &[])
}

/// The same for an upgrade that got `signal` after a `wait`.
fn interrupted_when(
    wait: impl Fn(&mut Running),
    signal: Signal,
    more: &[&str],
) -> (Stack, State, Done) {
    let stack = Stack::up("ghost", Compose::V2_40);
    let before = State::of(&stack);
    let mut running = Running::start(&stack, &[&UPGRADE, more].concat());
    wait(&mut running);
    running.send(signal);
    let done = running.finish();
    (stack, before, done)
}

fn before_the_commit_is_taken_back(step: &str) {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let (stack, before, done) = interrupted(step, signal);
        assert_eq!(done.code, code, "{step}: {done}");
        State::of(&stack).assert_is(&before, format!("{step}: {done}"));
    }
}

fn after_the_commit_is_finished(step: &str) {
    for signal in [Signal::INT, Signal::TERM] {
        let (stack, before, done) = interrupted(step, signal);
        assert_eq!(done.code, 0, "{step}: {done}");
        let after = State::of(&stack);
        assert_eq!(after.containers.len(), before.containers.len(), "{step}: {done}");
        let name = stack.compose.container_name(&stack.project, "ghost-blog", 1);
        assert_eq!(after.containers[&name].image, "ghost:3.37.1", "{step}: {done}");
        assert!(stack.text().contains("ghost:3.37.1"), "{step}: {done}");
    }
}

#[test]
fn at_the_create_everything_is_taken_back() {
    before_the_commit_is_taken_back("create");
}

#[test]
fn at_the_start_everything_is_taken_back() {
    before_the_commit_is_taken_back("start");
}

#[test]
fn in_the_wait_everything_is_taken_back() {
    before_the_commit_is_taken_back("await_ready");
}

/// The old container, which had to be started again, is the only thing that has another time.
fn before_the_commit_the_old_one_is_started_again(
    step: &str,
    wait: impl Fn(&mut Running),
    more: &[&str],
) {
    let (stack, before, done) = interrupted_when(wait, Signal::INT, more);
    assert_eq!(done.code, 130, "{step}: {done}");
    let mut after = State::of(&stack);
    for (name, container) in &mut after.containers {
        let earlier = &before.containers[name].started;
        if container.service == "ghost-blog" {
            assert_ne!(container.started, *earlier, "{step}: {done}");
            container.started.clone_from(earlier);
        }
    }
    after.assert_is(&before, format!("{step}: {done}"));
}

#[test]
fn at_the_stop_the_old_one_is_started_again() {
    let wait = |running: &mut Running| running.wait_for_step("stop");
    before_the_commit_the_old_one_is_started_again("stop", wait, &[]);
}

#[test]
fn while_the_new_one_is_watched_the_old_one_runs_on() {
    before_the_commit_is_taken_back("monitor");
}

#[test]
fn without_a_detour_the_old_one_can_be_started_again_while_the_new_one_is_watched() {
    let wait = |running: &mut Running| running.wait_for_end_of_step("stop");
    before_the_commit_the_old_one_is_started_again("monitor", wait, &["--detour", "off"]);
}

#[test]
fn at_the_remove_the_upgrade_is_finished() {
    after_the_commit_is_finished("remove");
}

#[test]
fn at_the_rename_the_upgrade_is_finished() {
    after_the_commit_is_finished("rename");
}

#[test]
fn a_second_ctrl_c_leaves_at_once_and_says_what_is_left() {
    let stack = Stack::up("replicas", Compose::V2_40);
    let upgrade = ["api", "ignores-term", "--json", "--timeout", "10m"];
    let mut running = Running::start(&stack, &upgrade);
    running.wait_for_step("await_ready");
    running.send(Signal::INT);
    running.wait_for_kind("unwind_started");
    running.send(Signal::INT);
    let done = running.finish();
    assert_eq!(done.code, 11, "{done}");
    let left = done.stdout.lines().last().unwrap();
    assert!(left.contains("_replicas") || left.contains("api-1"), "{done}");
}
