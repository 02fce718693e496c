//! `composeup check` on the wire.

use composeup::ExitStatus;

use super::stack::Stack;
use crate::support::daemon::{Fault, Trouble};

#[test]
fn a_check_only_ever_asks() {
    let stack = Stack::up();
    let output = stack.composeup(&["check", "ghost-blog"]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    // The container's hash is nobody's.
    assert_eq!(output.status.code(), Some(ExitStatus::Pending.code().into()), "{stdout}");
    assert!(stdout.contains("~ ghost-blog  Compose 2.40.3, config hash differs"), "{stdout}");
    let requests = stack.daemon.requests();
    assert!(requests.len() > 3, "{requests:?}");
    assert!(requests.iter().all(|request| request.starts_with("GET ")), "{requests:?}");
}

#[test]
fn an_engine_that_cannot_be_asked_ends_it() {
    let stack = Stack::up();
    stack.daemon.fail(Fault::on("GET", "/containers/json", Trouble::Answer(500, "disk on fire")));
    let output = stack.composeup(&["check"]);
    assert_eq!(output.status.code(), Some(ExitStatus::Engine.code().into()));
    assert!(String::from_utf8_lossy(&output.stderr).contains("disk on fire"));
}
