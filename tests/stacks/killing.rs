//! composeup killed with -9 after each of its calls, in a rollout of three replicas: `resume` ends
//! all new, `abort` ends all old; then nothing of the run is left, and Compose finds nothing to do.
//!
//! Calls that only look are counted too if `COMPOSEUP_EVERY_CALL` is set, which takes long.

use std::fs;
use std::process::Stdio;

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::events;
use crate::support::stack::Stack;
use crate::support::state::State;
use crate::support::tap::Tap;

const TAGS: [&str; 2] = ["1.0", "1.1"];

/// A stack whose service is upgraded to and fro.
struct Killed {
    stack: Stack,
    nth: usize,
}

impl Killed {
    fn new() -> Self {
        let lively = |text: &str| {
            text.replace("interval: 1s", "interval: 200ms")
                .replace("    init: true\n", "    init: true\n    restart: always\n")
        };
        Self { stack: Stack::up_with("replicas", Compose::V2_40, lively), nth: 0 }
    }

    /// The tag that the file says.
    fn running_tag(&self) -> &'static str {
        let is_second = self.stack.text().contains(&format!("example/api:{}", TAGS[1]));
        TAGS[usize::from(is_second)]
    }

    /// The tag that it does not say.
    fn other_tag(&self) -> &'static str {
        TAGS[usize::from(self.running_tag() == TAGS[0])]
    }

    /// Whether nothing of the run to `new` was left to do but to unlock the project.
    fn was_over(&self, done: &Done, new: &str) -> bool {
        done.stderr.contains("is unfinished") && self.running_tag() == new
    }

    /// Upgrades, and kills composeup when the answer to the next call in line is on its way; `false`
    /// once there are no more calls.
    fn kill_next(&mut self) -> bool {
        self.nth += 1;
        let tap = Tap::holding(self.nth, std::env::var_os("COMPOSEUP_EVERY_CALL").is_some());
        let mut command = self.stack.composeup(&["upgrade", "--yes", "api", self.other_tag()]);
        command.args(["--monitor", "1ms", "--detour", "off"]).env("DOCKER_HOST", tap.host());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let is_held = tap.wait(|| child.try_wait().unwrap().is_some());
        child.kill().unwrap();
        child.wait().unwrap();
        is_held
    }

    fn composeup(&self, command: &str) -> Done {
        let done = Done::of(&mut self.stack.composeup(&[command]));
        assert_eq!(done.code, 0, "call {}: {command}: {done}", self.nth);
        done
    }

    /// Three replicas of one version under their own names, as the file says.
    fn assert_settled(&self, tag: &str, context: &Done) {
        let context = format!("call {}: {context}", self.nth);
        assert!(self.stack.text().contains(&format!("example/api:{tag}")), "{context}");
        let state = State::of(&self.stack);
        let replicas = state.of_service("api");
        let names: Vec<&str> = replicas.keys().copied().collect();
        let expected: Vec<String> = (1..=3)
            .map(|n| self.stack.compose.container_name(&self.stack.project, "api", n))
            .collect();
        assert_eq!(names, expected, "{context}");
        for container in replicas.values() {
            assert!(container.running, "{context}");
            assert_eq!(container.image, format!("example/api:{tag}"), "{context}");
            let restart = &container.settings["/HostConfig/RestartPolicy"]["Name"];
            assert_eq!(restart, "always", "{context}");
        }
        self.assert_nothing_left(&context);
    }

    /// Compose has nothing to do, and neither plan nor lock of the run is there.
    fn assert_nothing_left(&self, context: &str) {
        let stack = &self.stack;
        let up = || stack.compose.up(&stack.folder());
        let events = events::during(&stack.engine, &stack.project, up);
        assert_eq!(events, [""; 0], "the next `up -d` did something: {context}");
        for folder in fs::read_dir(stack.state_dir()).into_iter().flatten() {
            for file in fs::read_dir(folder.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let is_plan = path.extension().is_some_and(|end| end == "plan");
                assert!(!is_plan, "{} is left: {context}", path.display());
            }
        }
        let lock = format!("composeup.lock.{}", stack.project);
        assert!(!stack.engine.has_volume(&lock), "the lock is left: {context}");
    }
}

#[test]
fn after_each_call_resume_finishes_what_was_begun() {
    let mut killed = Killed::new();
    loop {
        let (old, new) = (killed.running_tag(), killed.other_tag());
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
        let (old, new) = (killed.running_tag(), killed.other_tag());
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
        let (old, new) = (killed.running_tag(), killed.other_tag());
        let is_last = !killed.kill_next();
        let _ = fs::remove_dir_all(killed.stack.state_dir());
        let done = killed.composeup("abort");
        if is_last {
            break;
        }
        let is_written = killed.running_tag() == new;
        let is_new = killed.was_over(&done, new) || done.stderr.contains("not taken back");
        if is_written && !is_new {
            // Where nothing was removed yet, the labels cannot tell that the file is written.
            let image = |tag| format!("example/api:{tag}");
            killed.stack.edit(&image(new), &image(old));
        }
        killed.assert_settled(if is_new { new } else { old }, &done);
    }
}

#[test]
fn status_tells_a_run_that_is_under_way_from_one_that_was_killed() {
    let killed = Killed::new();
    let status = || Done::of(&mut killed.stack.composeup(&["status"]));
    let tap = Tap::holding(5, false);
    let mut command = killed.stack.composeup(&["upgrade", "--yes", "api", "1.1"]);
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
    let refused = killed.stack.upgrade(&["api", "1.1"]);
    assert_eq!(refused.code, 6, "{refused}");
    let done = killed.composeup("abort");
    killed.assert_settled("1.0", &done);
}

#[test]
fn without_its_journal_a_run_cannot_be_forgotten_but_taken_back() {
    let mut killed = Killed::new();
    killed.nth = 3;
    assert!(killed.kill_next());
    fs::remove_dir_all(killed.stack.state_dir()).unwrap();
    let before = State::of(&killed.stack);
    let done = Done::of(&mut killed.stack.composeup(&["abort", "--leave"]));
    assert_eq!(done.code, 5, "{done}");
    assert!(done.stderr.contains("cannot be forgotten"), "{done}");
    State::of(&killed.stack).assert_is(&before, &done);
    let done = killed.composeup("abort");
    assert!(done.stderr.contains("Taking back"), "{done}");
    killed.assert_settled("1.0", &done);
}
