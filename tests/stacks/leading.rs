//! New connections are led past a container that is not ready and past one that is gone, and no
//! longer than somebody leads them.

use std::collections::BTreeMap;
use std::time::Duration;

use composeup::engine::Engine as _;
use composeup::engine::api::{ContainerId, Exec, Inspection};
use composeup::engine::docker::Docker;
use composeup::labels;
use rustix::process::Signal;
use tokio::time::sleep;

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::running::Running;
use crate::support::stack::Stack;
use crate::support::state::State;

/// One `api` that says its version, and `cache` beside it as its client.
fn stack() -> Stack {
    Stack::up_with("replicas", Compose::V2_40, |text| {
        text.replace("replicas: 3", "replicas: 1").replace("interval: 1s", "interval: 1m")
    })
}

/// An upgrade to a version that answers and never gets healthy, while that is waited for; and the
/// address of its container.
fn warming(stack: &Stack, more: &[&str]) -> (Running, String) {
    let arguments = [&["api", "never-healthy", "--json", "--timeout", "5m"], more].concat();
    let mut running = Running::start(stack, &arguments);
    running.wait_for_step("await_ready");
    let containers = stack.containers();
    let new = containers.values().find(|one| one.image() == "example/api:never-healthy").unwrap();
    let address = address(stack, &new.id());
    (running, address)
}

fn address(stack: &Stack, id: &ContainerId) -> String {
    let seen = stack.engine.run(async |docker| docker.container(&id.0).await.unwrap().unwrap());
    let network = &seen.networks()[&format!("{}_default", stack.project)];
    network["IPAddress"].as_str().unwrap().to_owned()
}

/// The version that answers the client under an address, once something does.
fn answer(stack: &Stack, address: &str) -> String {
    let client = stack.container("cache", 1).id();
    let script = format!(
        "until wget -q -O - http://{address}:8080/; do sleep 0.2; i=$((i+1)); [ $i -lt 50 ] || exit 1; done"
    );
    let ask = Exec::of(["sh", "-c", &script]);
    let end = stack
        .engine
        .run(async |docker| docker.exec(&client, &ask, Duration::from_mins(1)).await.unwrap());
    end.output.lines().last().unwrap_or_default().to_owned()
}

/// How many helpers there are in the network namespaces of the stack's containers.
async fn helpers(docker: &Docker, containers: &BTreeMap<String, Inspection>) -> usize {
    let all = docker.containers(&[labels::HELPER.to_owned()]).await.unwrap();
    let is_in = |one: &Inspection, id: &str| one.label(labels::HELPER) == Some(id);
    all.iter().filter(|one| containers.values().any(|inside| is_in(one, &inside.id().0))).count()
}

fn count_helpers(stack: &Stack) -> usize {
    let containers = stack.containers();
    stack.engine.run(async |docker| helpers(docker, &containers).await)
}

fn wait_until_helpers_are_gone(stack: &Stack) {
    let containers = stack.containers();
    let are_gone = stack.engine.run(async |docker| {
        for _ in 0..200 {
            if helpers(docker, &containers).await == 0 {
                return true;
            }
            sleep(Duration::from_millis(100)).await;
        }
        false
    });
    assert!(are_gone, "helpers stay");
}

#[test]
fn until_the_new_one_is_ready_the_old_one_answers_for_it() {
    let stack = stack();
    let before = State::of(&stack);
    let (running, new) = warming(&stack, &[]);
    assert_eq!(answer(&stack, &new), "1.0");
    assert_eq!(count_helpers(&stack), 1, "one in the client");
    running.send(Signal::TERM);
    let done = running.finish();
    assert_eq!(done.code, 143, "{done}");
    State::of(&stack).assert_is(&before, &done);
    wait_until_helpers_are_gone(&stack);
}

#[test]
fn without_the_detour_the_new_one_is_reached_before_it_is_ready() {
    let stack = stack();
    let (running, new) = warming(&stack, &["--detour", "off"]);
    assert_eq!(answer(&stack, &new), "1.2");
    assert_eq!(count_helpers(&stack), 0);
    running.send(Signal::TERM);
    running.finish();
}

#[test]
fn whoever_is_killed_leads_nobody_any_more_and_abort_takes_back_the_rest() {
    let stack = stack();
    let before = State::of(&stack);
    let (running, new) = warming(&stack, &[]);
    assert_eq!(answer(&stack, &new), "1.0");
    running.send(Signal::KILL);
    wait_until_helpers_are_gone(&stack);
    assert_eq!(answer(&stack, &new), "1.2");
    let done = Done::of(&mut stack.composeup(&["abort"]));
    State::of(&stack).assert_is(&before, &done);
    wait_until_helpers_are_gone(&stack);
}

#[test]
fn after_the_old_one_is_gone_the_new_one_answers_for_it() {
    let stack = stack();
    let old = address(&stack, &stack.container("api", 1).id());
    let arguments = ["api", "1.1", "--json", "--monitor", "0s"];
    let mut running = Running::start(&stack, &arguments);
    running.wait_for_step("commit");
    assert_eq!(answer(&stack, &old), "1.1");
    let done = running.finish();
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stdout.contains(r#""warnings":[]"#), "{done}");
    wait_until_helpers_are_gone(&stack);
}
