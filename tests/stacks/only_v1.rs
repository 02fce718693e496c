//! Stacks that Compose 1.29 alone has: it reads them by rules of its own and calls the engine in
//! its own way. After an upgrade it finds nothing to do, and takes everything down.

use serde_json::Value;

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::stack::Stack;
use crate::support::state::State;

/// Upgrades `web` of a stack, and lets Compose have the last word.
fn web_is_upgraded(stack: &Stack) -> (State, State) {
    let before = State::of(stack);
    let done = stack.upgrade(&["web", "1.1", "--ready-after", "1s"]);
    assert_eq!(done.code, 0, "{done}");
    let after = State::of(stack);
    stack.compose.up(&stack.folder());
    State::of(stack).assert_is(&after, "the next `up -d` changed something");
    let down = stack.compose.command(&stack.folder()).args(["down", "-v"]).output().unwrap();
    let told = String::from_utf8_lossy(&down.stderr);
    assert!(down.status.success() && !told.contains("rror"), "{told}");
    assert!(stack.containers().is_empty(), "{told}");
    (before, after)
}

fn everything_but_the_image_is_kept(before: &State, after: &State) {
    let (old, new) = (before.of_service("web"), after.of_service("web"));
    assert_eq!(old.keys().collect::<Vec<_>>(), new.keys().collect::<Vec<_>>());
    for (name, new) in new {
        let old = old[name];
        assert!(new.running && new.id != old.id, "{name} was not replaced: {new:?}");
        assert_eq!(new.image, "example/webapp:1.1");
        assert_eq!(new.labels, old.labels, "{name}");
        assert_eq!(new.mounts, old.mounts, "{name}");
        assert_eq!(new.networks, old.networks, "{name}");
        assert_eq!(new.env, old.env, "{name}");
        assert_eq!(new.settings, old.settings, "{name}");
    }
    assert_eq!(after.without_service("web"), before.without_service("web"));
}

#[test]
fn a_file_that_v1_refuses_is_no_file_of_its_project() {
    let stack = Stack::up("webapp", Compose::V1);
    stack.edit("interval: 30s", "start_interval: 1s");
    let before = State::of(&stack);
    let done = stack.upgrade(&["web", "1.1"]);
    let place = "docker-compose.yml:11:7";
    let what = "`services.web.healthcheck.start_interval` is not a key Compose 1.29 knows";
    assert_eq!(done.code, 3, "{done}");
    assert!(done.stderr.contains(what) && done.stderr.contains(place), "{done}");
    State::of(&stack).assert_is(&before, "a refused upgrade changed something");
}

#[test]
fn links_secrets_long_mounts_networks_and_replicas() {
    let (before, after) = web_is_upgraded(&Stack::up("intranet", Compose::V1));
    everything_but_the_image_is_kept(&before, &after);
    let web = after.of_service("web");
    assert_eq!(web.len(), 2);
    let first = web.values().next().unwrap();
    for variable in ["MODE=288", "WAIT=150", "FROM_FILE=a b"] {
        assert!(first.env.contains(variable), "{:?}", first.env);
    }
    assert_eq!(first.labels["shop.enabled"], "True");
}

/// A file of the oldest format, with values that only YAML 1.1 reads this way.
const OLDEST: &str = "\
web:
  image: example/webapp:1.0
  environment: {MODE: 0440, WAIT: 2:30}
  links: ['db:database']
  volumes_from: [db]
  log_driver: json-file
  log_opt: {max-size: 10m}
  mem_limit: 64m
db:
  image: redis:alpine
  net: bridge
  volumes: [/data]
";

#[test]
fn a_file_without_sections() {
    let stack = Stack::up_with("webapp", Compose::V1, |_| OLDEST.to_owned());
    let (before, after) = web_is_upgraded(&stack);
    everything_but_the_image_is_kept(&before, &after);
    assert_eq!(stack.text(), OLDEST.replace("webapp:1.0", "webapp:1.1"));
}

#[test]
fn a_key_that_is_given_twice() {
    let key = "    stop_grace_period: ";
    let twice = |text: &str| text.replacen(key, &format!("{key}1s\n{key}"), 1);
    let stack = Stack::up_with("webapp", Compose::V1, twice);
    let (before, after) = web_is_upgraded(&stack);
    everything_but_the_image_is_kept(&before, &after);
}

#[test]
fn what_v1_alone_reads_is_checked_and_planned() {
    let stack = Stack::up_with("webapp", Compose::V1, |_| OLDEST.to_owned());
    let before = State::of(&stack);
    let check = Done::of(&mut stack.composeup(&["check", "web", "--json"]));
    let seen: Value = serde_json::from_str(&check.stdout).unwrap();
    let web = &seen["services"][0];
    assert_eq!((&web["generation"], &web["proof"]), (&"1.29".into(), &"files".into()), "{check}");
    let plan = Done::of(&mut stack.composeup(&["plan", "web", "1.1"]));
    assert_eq!(plan.code, 0, "{plan}");
    State::of(&stack).assert_is(&before, "a look changed something");
}
