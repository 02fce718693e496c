//! Services that live in another one's container (its network, its processes, its volumes) come
//! along when that one is replaced, and Compose finds nothing to do afterwards.

use composeup::engine::api::ContainerId;
use serde_json::{Value, json};

use crate::support::compose::Compose;
use crate::support::stack::Stack;
use crate::support::state::State;

const DEPENDENTS: [&str; 3] = ["metrics", "watcher", "backup"];

fn id(stack: &Stack, service: &str) -> ContainerId {
    stack.container(service, 1).id()
}

fn host_config(stack: &Stack, service: &str, key: &str) -> Value {
    stack.container(service, 1).0["HostConfig"][key].clone()
}

/// Whatever lives in the container of `web` lives in the one there is.
fn assert_at_home(stack: &Stack) {
    let web = id(stack, "web");
    let home = Value::from(format!("container:{web}"));
    assert_eq!(host_config(stack, "metrics", "NetworkMode"), home);
    assert_eq!(host_config(stack, "watcher", "PidMode"), home);
    assert_eq!(host_config(stack, "watcher", "IpcMode"), home);
    let volumes = if stack.compose == Compose::V1 { format!("{web}:ro") } else { web.to_string() };
    assert_eq!(host_config(stack, "backup", "VolumesFrom"), json!([volumes]));
}

fn dependents_come_along(compose: Compose) {
    let stack = Stack::up("sidecars", compose);
    let before = State::of(&stack);
    let done = stack.upgrade(&["web", "1.1", "--ready-after", "1s"]);
    assert_eq!(done.code, 0, "{done}");
    let after = State::of(&stack);
    assert_eq!(after.containers.len(), before.containers.len(), "{done}");
    assert_eq!(after.of_service("cache"), before.of_service("cache"), "{done}");
    for service in ["web"].into_iter().chain(DEPENDENTS) {
        let name = compose.container_name(&stack.project, service, 1);
        let (old, new) = (&before.containers[&name], &after.containers[&name]);
        assert!(new.running && new.id != old.id, "{service} was not replaced: {done}");
        assert_eq!(new.labels, old.labels, "{service}");
        assert_eq!(new.mounts, old.mounts, "{service}");
        assert_eq!(new.env, old.env, "{service}");
    }
    assert_at_home(&stack);
    compose.up(&stack.folder());
    State::of(&stack).assert_is(&after, "the next `up -d` changed something");
}

#[test]
fn dependents_come_along_under_compose_1_29() {
    dependents_come_along(Compose::V1);
}

#[test]
fn dependents_come_along_under_compose_2_26() {
    dependents_come_along(Compose::V2_26);
}

#[test]
fn dependents_come_along_under_compose_2_40() {
    dependents_come_along(Compose::V2_40);
}

fn a_dependent_alone_is_replaced_where_it_lives(compose: Compose) {
    let stack = Stack::up("sidecars", compose);
    let before = State::of(&stack);
    stack.edit("PORT: \"9090\"", "PORT: \"9091\"");
    let done = stack.upgrade(&["metrics", "--allow-downtime"]);
    assert_eq!(done.code, 0, "{done}");
    let after = State::of(&stack);
    assert_eq!(after.without_service("metrics"), before.without_service("metrics"), "{done}");
    assert_ne!(after.of_service("metrics"), before.of_service("metrics"), "{done}");
    assert_at_home(&stack);
    compose.up(&stack.folder());
    State::of(&stack).assert_is(&after, "the next `up -d` changed something");
}

#[test]
fn a_dependent_alone_is_replaced_where_it_lives_under_compose_1_29() {
    a_dependent_alone_is_replaced_where_it_lives(Compose::V1);
}

#[test]
fn a_dependent_alone_is_replaced_where_it_lives_under_compose_2_40() {
    a_dependent_alone_is_replaced_where_it_lives(Compose::V2_40);
}

#[test]
fn a_dependent_that_does_not_start_again_takes_everything_back() {
    let fragile = |text: &str| {
        let metrics = "image: example/api:1.0\n    network_mode";
        assert!(text.contains(metrics));
        let once =
            "image: example/api:starts-once\n    volumes: [\"./state:/state\"]\n    network_mode";
        text.replace(metrics, once)
    };
    let stack = Stack::up_with("sidecars", Compose::V2_40, fragile);
    let before = State::of(&stack);
    let done = stack.upgrade(&["web", "1.1", "--ready-after", "1s"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stderr.contains("fatal: there is one already"), "{done}");
    State::of(&stack).assert_is(&before, &done);
    assert_at_home(&stack);
}

#[test]
fn the_plan_says_why_a_dependent_comes_along() {
    let stack = Stack::up("sidecars", Compose::V2_40);
    let mut command = stack.composeup(&["plan", "web", "1.1", "--json"]);
    let output = command.output().unwrap();
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let services = plan["services"].as_array().unwrap();
    let why: Vec<(&str, &Value)> =
        services.iter().map(|one| (one["service"].as_str().unwrap(), &one["causes"][0])).collect();
    assert_eq!(why[0].0, "web");
    assert!(why.contains(&("metrics", &json!("shares the network of `web`"))), "{why:?}");
    assert!(why.contains(&("watcher", &json!("shares the IPC namespace of `web`"))), "{why:?}");
    assert!(why.contains(&("backup", &json!("shares the volumes of `web`"))), "{why:?}");
    assert_eq!(why.len(), 4);
}
