//! The demo: the promise itself, measured.

use crate::support::command::{Done, composeup};
use crate::support::engine::RealEngine;

#[test]
fn the_demo_upgrades_under_load_without_a_failed_request_and_leaves_nothing() {
    let engine = RealEngine::connect();
    let done = Done::of(composeup().arg("demo"));
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stderr.contains(" sent, 0 failed, "), "{done}");
    for version in ["Version 1 ", "Version 2 "] {
        assert!(done.stderr.contains(version), "{done}");
    }
    let project = done.stderr.lines().find_map(|line| line.strip_prefix("Project "));
    let project = project.and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(engine.containers(project).is_empty(), "{done}");
}
