//! `composeup upgrade` while the engine fails.

use std::process::Output;
use std::time::Duration;

use composeup::ExitStatus;
use composeup::engine::fake::Behaviour;

use super::stack::Stack;
use crate::support::daemon::{Fault, Trouble};

fn upgrade(stack: &Stack) -> Output {
    stack.composeup(&["upgrade", "ghost-blog", "3.37.1", "--yes", "--ready-after", "200ms"])
}

#[track_caller]
fn assert_ends(output: &Output, status: ExitStatus, said: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status.code().into()), "{stderr}");
    assert!(stderr.contains(said), "{stderr}");
}

#[test]
fn without_trouble_the_new_version_serves_and_the_file_says_so() {
    let stack = Stack::up();
    assert_ends(&upgrade(&stack), ExitStatus::Ok, "");
    stack.assert_new();
}

#[test]
fn a_service_of_an_inactive_profile_is_upgraded_if_it_is_named() {
    let stack = Stack::up_with("    image: ghost", "    profiles: [blog]\n    image: ghost");
    assert_ends(&upgrade(&stack), ExitStatus::Ok, "");
    stack.assert_new();
}

#[test]
fn an_engine_that_fails_before_any_change_ends_it_there() {
    let cases = [
        (Fault::on("GET", "/version", Trouble::DropBefore), "dropped the connection"),
        (Fault::on("GET", "/containers/json", Trouble::HalfBody), "dropped the connection"),
        (Fault::on("GET", "/images/", Trouble::Answer(500, "disk on fire")), "disk on fire"),
        (Fault::on("POST", "/images/create", Trouble::Answer(404, "no such tag")), "no such tag"),
        (Fault::on("GET", "/version", Trouble::Nonsense), "makes no sense"),
    ];
    for (fault, said) in cases {
        let stack = Stack::up();
        stack.daemon.fail(fault);
        assert_ends(&upgrade(&stack), ExitStatus::Engine, said);
        stack.assert_old();
    }
}

#[test]
fn a_create_whose_answer_is_lost_is_found_and_the_upgrade_goes_on() {
    for trouble in [Trouble::DropAfter, Trouble::HalfBody, Trouble::Nonsense] {
        let stack = Stack::up();
        stack.daemon.fail(Fault::on("POST", "/containers/create", trouble));
        assert_ends(&upgrade(&stack), ExitStatus::Ok, "");
        stack.assert_new();
    }
}

#[test]
fn a_refused_create_or_start_is_taken_back_in_the_engines_words() {
    for path in ["/containers/create", "/start"] {
        let stack = Stack::up();
        stack.daemon.fail(Fault::on("POST", path, Trouble::Answer(500, "no space left on device")));
        assert_ends(&upgrade(&stack), ExitStatus::RolledBack, "no space left on device");
        stack.assert_old();
    }
}

#[test]
fn a_new_version_that_ends_at_once_is_taken_back() {
    let stack = Stack::up();
    stack.daemon.with(async |fake| {
        fake.script("ghost:3.37.1", Behaviour::ExitsAfter(Duration::from_millis(50), 3));
    });
    assert_ends(&upgrade(&stack), ExitStatus::RolledBack, "exit code 3");
    stack.assert_old();
}

#[test]
fn a_removal_that_fails_after_the_new_version_serves_is_a_warning() {
    let stack = Stack::up();
    stack.daemon.fail(Fault::on("DELETE", "/containers/", Trouble::Answer(500, "device is busy")));
    assert_ends(&upgrade(&stack), ExitStatus::Ok, "device is busy");
    let served: Vec<String> =
        stack.containers().into_iter().filter(|(_, _, serves)| *serves).map(|it| it.1).collect();
    assert_eq!(served, ["ghost:3.37.1"]);
}

#[test]
fn a_way_back_that_the_engine_refuses_ends_stuck_and_says_what_is_left() {
    let stack = Stack::up();
    stack.daemon.fail(Fault::on("POST", "/start", Trouble::Answer(500, "no")));
    stack.daemon.fail(Fault::on("DELETE", "/containers/", Trouble::Answer(500, "busy")).times(99));
    assert_ends(&upgrade(&stack), ExitStatus::Stuck, "ghost-ghost-blog-1");
    let old = stack.containers().remove(0);
    assert_eq!(old, ("ghost-ghost-blog-1".to_owned(), "ghost:3.36".to_owned(), true));
}
