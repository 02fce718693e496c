//! composeup killed with -9 after each of its calls, in a rollout of three replicas: `resume` ends
//! all new, `abort` ends all old; then nothing of the run is left, and Compose finds nothing to do.
//!
//! Calls that only look are counted too if `COMPOSEUP_EVERY_CALL` is set, which takes long.

use std::fs;
use std::process::Stdio;

use crate::support::command::Done;
use crate::support::replicas::Replicas;
use crate::support::state::State;
use crate::support::tap::Tap;

/// A stack whose service is upgraded to and fro.
struct Killed {
    of: Replicas,
    nth: usize,
}

impl Killed {
    fn new() -> Self {
        Self { of: Replicas::up(3), nth: 0 }
    }

    /// Whether nothing of the run to `new` was left to do but to unlock the project.
    fn was_over(&self, done: &Done, new: &str) -> bool {
        done.stderr.contains("is unfinished") && self.of.running_tag() == new
    }

    /// Upgrades, and kills composeup when the answer to the next call in line is on its way; `false`
    /// once there are no more calls.
    fn kill_next(&mut self) -> bool {
        self.nth += 1;
        let tap = Tap::holding(self.nth, std::env::var_os("COMPOSEUP_EVERY_CALL").is_some());
        let mut command =
            self.of.stack.composeup(&["upgrade", "--yes", "api", self.of.other_tag()]);
        command.args(["--monitor", "1ms", "--detour", "off"]).env("DOCKER_HOST", tap.host());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let is_held = tap.wait(|| child.try_wait().unwrap().is_some());
        child.kill().unwrap();
        child.wait().unwrap();
        is_held
    }

    fn composeup(&self, command: &str) -> Done {
        let done = Done::of(&mut self.of.stack.composeup(&[command]));
        assert_eq!(done.code, 0, "call {}: {command}: {done}", self.nth);
        done
    }

    fn assert_settled(&self, tag: &str, context: &Done) {
        self.of.assert_settled(tag, &format!("call {}: {context}", self.nth));
    }
}

#[test]
fn after_each_call_resume_finishes_what_was_begun() {
    let mut killed = Killed::new();
    loop {
        let (old, new) = (killed.of.running_tag(), killed.of.other_tag());
        let is_last = !killed.kill_next();
        let done = killed.composeup("resume");
        let was_begun = !done.stderr.contains("is unfinished") || killed.was_over(&done, new);
        let expected = if was_begun || is_last { new } else { old };
        killed.assert_settled(expected, &done);
        if is_last {
            break;
        }
    }
    assert!(killed.nth > 15, "only {} calls", killed.nth);
}

#[test]
fn after_each_call_abort_takes_back_what_was_begun() {
    let mut killed = Killed::new();
    loop {
        let (old, new) = (killed.of.running_tag(), killed.of.other_tag());
        let is_last = !killed.kill_next();
        let done = killed.composeup("abort");
        let is_over = is_last || killed.was_over(&done, new);
        let is_committed = is_over || done.stderr.contains("not taken back");
        killed.assert_settled(if is_committed { new } else { old }, &done);
        if is_last {
            break;
        }
    }
    assert!(killed.nth > 15, "only {} calls", killed.nth);
}

#[test]
fn without_its_journal_abort_goes_by_the_labels() {
    let mut killed = Killed::new();
    loop {
        let (old, new) = (killed.of.running_tag(), killed.of.other_tag());
        let is_last = !killed.kill_next();
        let _ = fs::remove_dir_all(killed.of.stack.state_dir());
        let done = killed.composeup("abort");
        if is_last {
            break;
        }
        let is_written = killed.of.running_tag() == new;
        let is_new = killed.was_over(&done, new) || done.stderr.contains("not taken back");
        if is_written && !is_new {
            // Where nothing was removed yet, the labels cannot tell that the file is written.
            let image = |tag| format!("example/api:{tag}");
            killed.of.stack.edit(&image(new), &image(old));
        }
        killed.assert_settled(if is_new { new } else { old }, &done);
    }
}

#[test]
fn status_tells_a_run_that_is_under_way_from_one_that_was_killed() {
    let killed = Killed::new();
    let status = || Done::of(&mut killed.of.stack.composeup(&["status"]));
    let tap = Tap::holding(5, false);
    let mut command = killed.of.stack.composeup(&["upgrade", "--yes", "api", "1.1"]);
    command.env("DOCKER_HOST", tap.host()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    assert!(tap.wait(|| child.try_wait().unwrap().is_some()));
    let done = status();
    assert_eq!(done.code, 6, "{done}");
    assert!(done.stdout.contains("is under way: `composeup upgrade api 1.1`"), "{done}");
    child.kill().unwrap();
    child.wait().unwrap();
    let done = status();
    assert_eq!(done.code, 11, "{done}");
    assert!(done.stdout.contains("was cut off") && done.stdout.contains("resume"), "{done}");
    let refused = killed.of.stack.upgrade(&["api", "1.1"]);
    assert_eq!(refused.code, 6, "{refused}");
    let done = killed.composeup("abort");
    killed.assert_settled("1.0", &done);
}

#[test]
fn without_its_journal_a_run_cannot_be_forgotten_but_taken_back() {
    let mut killed = Killed::new();
    killed.nth = 3;
    assert!(killed.kill_next());
    fs::remove_dir_all(killed.of.stack.state_dir()).unwrap();
    let before = State::of(&killed.of.stack);
    let done = Done::of(&mut killed.of.stack.composeup(&["abort", "--leave"]));
    assert_eq!(done.code, 5, "{done}");
    assert!(done.stderr.contains("cannot be forgotten"), "{done}");
    State::of(&killed.of.stack).assert_is(&before, &done);
    let done = killed.composeup("abort");
    assert!(done.stderr.contains("Taking back"), "{done}");
    killed.assert_settled("1.0", &done);
}
