//! A container that was stopped for one that cannot run beside it stays down even if the engine
//! restarts, and gets its restart policy back with its life.

use composeup::engine::Engine as _;
use composeup::engine::api::RestartPolicy;
use rustix::process::Signal;

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::events;
use crate::support::running::Running;
use crate::support::stack::Stack;

const UPGRADE: [&str; 8] = [
    "ghost-blog",
    "3.37.1",
    "--order",
    "stop-first",
    "--allow-downtime",
    "--ready-after",
    "1s",
    "--json",
];

/// The stack with this policy, its one old container, and the upgrade in the wait for the new one.
fn with_the_old_one_down(policy: &str) -> (Stack, String, Running) {
    let stack = Stack::up_with("ghost", Compose::V2_40, |text| {
        text.replace("restart: always", &format!("restart: {policy}"))
    });
    let old = stack.container("ghost-blog", 1);
    assert_eq!(RestartPolicy::of(&old).to_string(), policy);
    let mut running = Running::start(&stack, &UPGRADE);
    running.wait_for_step("await_ready");
    (stack, old.id().0, running)
}

fn policy(stack: &Stack, id: &str) -> String {
    let seen = stack.engine.run(async |docker| docker.container(id).await.unwrap().unwrap());
    RestartPolicy::of(&seen).to_string()
}

/// The old container serves as if nothing had happened.
fn assert_back(stack: &Stack, id: &str, expected: &str, done: &Done) {
    let back = stack.container("ghost-blog", 1);
    assert_eq!((back.id().0.as_str(), back.state().running), (id, true), "{done}");
    assert_eq!(policy(stack, id), expected, "{done}");
    let up = || stack.compose.up(&stack.folder());
    assert_eq!(events::during(&stack.engine, &stack.project, up), [""; 0], "{done}");
}

#[test]
fn a_policy_that_would_start_it_again_is_taken_away_and_the_new_one_has_it() {
    for expected in ["always", "on-failure:3"] {
        let (stack, old, running) = with_the_old_one_down(expected);
        assert_eq!(policy(&stack, &old), "no");
        let done = running.finish();
        assert_eq!(done.code, 0, "{done}");
        let new = stack.container("ghost-blog", 1).id().0;
        assert_ne!(new, old);
        assert_back(&stack, &new, expected, &done);
    }
}

#[test]
fn a_policy_that_minds_the_stop_is_left_alone() {
    let (stack, old, running) = with_the_old_one_down("unless-stopped");
    assert_eq!(policy(&stack, &old), "unless-stopped");
    assert_eq!(running.finish().code, 0);
}

#[test]
fn the_way_back_brings_the_policy_back() {
    let (stack, old, running) = with_the_old_one_down("on-failure:3");
    running.send(Signal::INT);
    let done = running.finish();
    assert_eq!(done.code, 130, "{done}");
    assert_back(&stack, &old, "on-failure:3", &done);
}

#[test]
fn abort_brings_the_policy_back_with_the_journal_and_without_it() {
    for keeps_journal in [true, false] {
        let (stack, old, running) = with_the_old_one_down("always");
        running.kill();
        assert_eq!(policy(&stack, &old), "no");
        if !keeps_journal {
            std::fs::remove_dir_all(stack.state_dir()).unwrap();
        }
        let done = Done::of(&mut stack.composeup(&["abort"]));
        assert_eq!(done.code, 0, "{done}");
        assert_back(&stack, &old, "always", &done);
    }
}
