//! Requests through the stack's own front door, a proxy that asks Docker's DNS at every request, say
//! what an upgrade did to those who are served, and take it back.

use std::fs;

use serde_json::Value;

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::stack::Stack;
use crate::support::state::State;

/// What stands before `api`.
const DOOR: &str = r#"
  door:
    image: redis:alpine
    command:
      - sh
      - -c
      - |
        mkdir -p /www/cgi-bin
        echo '#!/bin/sh
        page=$$(wget -q -O - http://api:8080/) && status=200 || status=500
        echo "Status: $$status"
        echo
        echo "$$page"' >/www/cgi-bin/index.cgi
        busybox chmod +x /www/cgi-bin/index.cgi
        exec httpd -f -p 8081 -h /www
    depends_on: [api]
"#;

/// One `api`, which listens where its image says, behind its front door; and the URL of that.
fn stack() -> (Stack, String) {
    let stack = Stack::up_with("replicas", Compose::V2_40, |text| {
        let text = text.replace("replicas: 3", "replicas: 1");
        text.replace("127.0.0.1:8080", "127.0.0.1:$${PORT:-8080}") + DOOR
    });
    let door = stack.container("door", 1);
    let networks = door.networks();
    let address = networks.values().next().unwrap()["IPAddress"].as_str().unwrap();
    let url = format!("http://{address}:8081/");
    (stack, url)
}

/// An upgrade of `api` with 100 requests a second, and what it says of them.
fn upgrade(stack: &Stack, url: &str, tag: &str, more: &[&str]) -> (Done, Value) {
    // Nothing is said here of how long answers take, on whatever machine this runs.
    let timed = ["--probe-rate", "100", "--probe-timeout", "20s"];
    let arguments = [&["api", tag, "--json", "--probe", url], &timed[..]].concat();
    let done = stack.upgrade(&[&arguments, more].concat());
    let end: Value = serde_json::from_str(done.stdout.lines().last().unwrap()).unwrap();
    let report = end["report"].clone();
    assert_eq!(report["requests"][0]["url"], url, "{done}");
    (done, report)
}

#[test]
fn an_upgrade_is_proven_by_requests_of_which_none_fails() {
    let (stack, url) = stack();
    let more = ["--probe-expect", "body:1.", "--report", "rollout.svg"];
    let (done, report) = upgrade(&stack, &url, "1.1", &more);
    assert_eq!(done.code, 0, "{done}");
    let requests = &report["requests"][0];
    let count = |pointer: &str| requests.pointer(pointer).unwrap().as_u64().unwrap();
    assert_eq!(count("/failed"), 0, "{requests}");
    // The monitor window alone is five seconds.
    assert!(count("/sent") > 500 && count("/before/sent") > 50 && count("/after/sent") > 50);
    let answered: u64 = requests["served_by"].as_array().unwrap().iter().map(answers).sum();
    assert_eq!(answered, count("/sent"));
    assert!(count("/p50_ms") <= count("/p99_ms") && count("/p99_ms") <= count("/max_ms"));
    let slices = done.stdout.lines().filter(|line| line.contains(r#""kind":"requests""#));
    let slices = slices.flat_map(|line| sent_in_slices(&serde_json::from_str(line).unwrap()));
    assert_eq!(slices.sum::<u64>(), count("/sent"), "every request is in one slice");
    let picture = fs::read_to_string(stack.folder().join("rollout.svg")).unwrap();
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"), "{picture}");
    eprintln!("{requests}");
}

fn answers(served: &Value) -> u64 {
    served["answers"].as_u64().unwrap()
}

fn sent_in_slices(event: &Value) -> Vec<u64> {
    let slices = event["slices"].as_array().unwrap().iter();
    slices.map(|slice| slice["sent"].as_u64().unwrap()).collect()
}

#[test]
fn a_healthy_version_that_answers_500_through_the_front_door_is_taken_back_by_requests_alone() {
    let (stack, url) = stack();
    let before = State::of(&stack);
    let secret = ["--probe-header", "Authorization: Bearer s3cret"];
    let (done, report) = upgrade(&stack, &url, "elsewhere", &secret);
    assert_eq!(done.code, 10, "{done}");
    State::of(&stack).assert_is(&before, &done);
    let causes = &report["failure"]["causes"];
    assert!(causes[0].as_str().unwrap().contains("failed during the rollout"), "{report}");
    assert_eq!(causes[1], "status 500", "{report}");
    let requests = &report["requests"][0];
    assert_eq!(
        (&requests["before"]["failed"], &requests["after"]["failed"]),
        (&0.into(), &0.into())
    );
    let history = Done::of(&mut stack.composeup(&["history", "--json"]));
    assert!(history.stdout.contains("status 500"), "{history}");
    assert!(!done.to_string().contains("s3cret") && !history.to_string().contains("s3cret"));
    eprintln!("{requests}");
}

#[test]
fn without_requests_the_same_version_stays() {
    let (stack, _) = stack();
    let done = stack.upgrade(&["api", "elsewhere", "--monitor", "1s"]);
    assert_eq!(done.code, 0, "{done}");
    assert!(stack.text().contains("example/api:elsewhere"), "the test above proves something");
}
