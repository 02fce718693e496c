//! One run at a time: of two that begin at once one wins, the other one says who has the project or
//! waits for it. Compose neither sees nor touches the lock.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;

use composeup::journal::lock::{Holder, acquire, holder};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::events;
use crate::support::running::Running;
use crate::support::stack::Stack;
use crate::support::state::State;
use crate::support::tap::Tap;

const UPGRADE: [&str; 4] = ["ghost-blog", "3.37.1", "--ready-after", "1s"];

/// The volume that is the lock.
fn is_locked(stack: &Stack) -> bool {
    stack.engine.has_volume(&format!("composeup.lock.{}", stack.project))
}

/// An upgrade by somebody with journals of their own, as on another machine.
fn by_somebody_else(stack: &Stack, arguments: &[&str]) -> Command {
    let mut command = stack.composeup(&["upgrade", "--yes"]);
    command.args(arguments).env("USER", "bob").env_remove("SUDO_USER");
    command.env("COMPOSEUP_STATE_DIR", stack.folder().join("../state-of-bob"));
    command
}

/// Somebody in this process who has the project locked.
fn lock(stack: &Stack) -> Holder {
    let me = Holder::this_process("20261125-132400-4f2a", "alice", "upgrade web 1.9");
    stack.engine.run(async |docker| acquire(docker, &stack.project, &me).await.unwrap());
    me
}

fn started(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(child: Child) -> Done {
    child.wait_with_output().unwrap().into()
}

#[test]
fn of_two_that_begin_at_once_one_wins_and_the_other_says_who() {
    let stack = Stack::up("ghost", Compose::V2_40);
    let both = [1, 2].map(|_| started(by_somebody_else(&stack, &UPGRADE)));
    let pids = both.each_ref().map(Child::id);
    let ends = both.map(ended);
    let [winner, loser] = if ends[0].code == 0 { [0, 1] } else { [1, 0] };
    assert_eq!((ends[winner].code, ends[loser].code), (0, 6), "{}\n{}", ends[0], ends[1]);
    let said = &ends[loser].stderr;
    assert!(said.contains("--lock-wait 5m"), "{said}");
    // If the other one was just about to lock the engine there is no more to say.
    let who = format!("bob holds project `{}`", stack.project);
    let process = format!("process {} on", pids[winner]);
    let is_named = said.contains(&who) && said.replace('\n', " ").contains(&process);
    assert!(is_named || said.contains("another composeup on this machine"), "{said}");
    assert!(stack.text().contains("ghost:3.37.1"));
    assert!(!is_locked(&stack));
}

#[test]
fn whoever_comes_later_is_told_of_the_holder_or_waits_for_its_end() {
    let stack = Stack::up("ghost", Compose::V2_40);
    let mut first = Running::start(&stack, &[&UPGRADE[..], &["--json"]].concat());
    first.wait_for_step("await_ready");
    for mut late in [
        stack.composeup(&["upgrade", "--yes", "ghost-blog", "3.36"]),
        by_somebody_else(&stack, &["ghost-blog", "3.36"]),
    ] {
        let done = Done::of(&mut late);
        assert_eq!(done.code, 6, "{done}");
        let said = done.stderr.replace("\n  ", " ");
        assert!(said.contains("`composeup upgrade ghost-blog 3.37.1`"), "{done}");
    }
    let back = ["ghost-blog", "3.36", "--ready-after", "1s", "--lock-wait", "5m"];
    let second = started(by_somebody_else(&stack, &back));
    let first = first.finish();
    let second = ended(second);
    assert_eq!((first.code, second.code), (0, 0), "{first}\n{second}");
    assert_eq!(second.stderr.matches("waiting: ").count(), 1, "{second}");
    assert!(stack.text().contains("ghost:3.36"), "the second one ran after the first");
    assert!(!is_locked(&stack));
}

#[test]
fn ctrl_c_ends_the_wait_and_leaves_the_lock_to_its_holder() {
    let stack = Stack::up("ghost", Compose::V2_40);
    let before = State::of(&stack);
    let me = lock(&stack);
    let mut wait = by_somebody_else(&stack, &[&UPGRADE[..], &["--lock-wait", "5m"]].concat());
    let mut waiting = wait.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_line(&mut waiting, "waiting: ");
    kill_process(Pid::from_child(&waiting), Signal::INT).unwrap();
    assert_eq!(waiting.wait().unwrap().code(), Some(130));
    State::of(&stack).assert_is(&before, "somebody waited");
    let holder = stack.engine.run(async |docker| holder(docker, &stack.project).await.unwrap());
    assert_eq!(holder, Some(me));
    assert_eq!(Done::of(&mut stack.composeup(&["unlock", "--yes"])).code, 0);
}

fn wait_for_line(child: &mut Child, start: &str) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let found = lines.by_ref().any(|line| line.unwrap().starts_with(start));
    assert!(found, "it ended without `{start}`");
    // The rest is read, or the program would write to a closed pipe.
    thread::spawn(move || lines.count());
}

/// Killed once it has the lock, before it did anything.
#[test]
fn the_lock_of_a_dead_process_is_taken_over() {
    let stack = Stack::up("ghost", Compose::V2_40);
    let tap = Tap::holding(1, false);
    let mut command = stack.composeup(&["upgrade", "--yes"]);
    let mut dead = started({
        command.args(UPGRADE).env("DOCKER_HOST", tap.host());
        command
    });
    assert!(tap.wait(|| dead.try_wait().unwrap().is_some()), "it makes a call");
    dead.kill().unwrap();
    dead.wait().unwrap();
    assert!(is_locked(&stack));
    let done = stack.upgrade(&UPGRADE);
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stderr.contains("that process is gone"), "{done}");
    assert!(stack.text().contains("ghost:3.37.1"));
    assert!(!is_locked(&stack));
}

/// Without its notice the wait would go on until long after the test's patience.
#[test]
fn whoever_waits_takes_over_as_soon_as_the_holder_is_dead() {
    let stack = Stack::up("ghost", Compose::V2_40);
    let tap = Tap::holding(1, false);
    let mut command = stack.composeup(&["upgrade", "--yes"]);
    let mut holder = started({
        command.args(UPGRADE).env("DOCKER_HOST", tap.host());
        command
    });
    assert!(tap.wait(|| holder.try_wait().unwrap().is_some()), "it makes a call");
    let mut wait = stack.composeup(&["upgrade", "--yes"]);
    wait.args(UPGRADE).args(["--lock-wait", "1h"]);
    // On the same files, but with journals of its own, so that only the engine tells.
    wait.env("COMPOSEUP_STATE_DIR", stack.folder().join("../another-state"));
    let mut waiting = wait.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_line(&mut waiting, "waiting: ");
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(waiting.wait().unwrap().code(), Some(0));
    assert!(stack.text().contains("ghost:3.37.1"));
    assert!(!is_locked(&stack));
}

#[test]
fn the_lock_goes_with_the_run_however_it_ends() {
    let stack = Stack::up("ghost", Compose::V2_40);
    let failed = stack.upgrade(&["ghost-blog", "crashes"]);
    assert_eq!(failed.code, 10, "{failed}");
    assert!(!is_locked(&stack));
    let mut running = Running::start(&stack, &[&UPGRADE[..], &["--json"]].concat());
    running.wait_for_step("await_ready");
    assert!(is_locked(&stack));
    running.send(Signal::INT);
    assert_eq!(running.finish().code, 130);
    assert!(!is_locked(&stack));
}

#[test]
fn a_run_that_is_not_over_keeps_the_lock_for_whoever_goes_on_with_it() {
    let stack = Stack::up("replicas", Compose::V2_40);
    let mut left = Running::start(&stack, &["api", "ignores-term", "--json", "--timeout", "10m"]);
    left.wait_for_step("await_ready");
    left.send(Signal::INT);
    left.wait_for_kind("unwind_started");
    left.send(Signal::INT);
    assert_eq!(left.finish().code, 11);
    assert!(is_locked(&stack));
    let next = stack.upgrade(&["api", "1.1"]);
    assert_eq!(next.code, 6, "{next}");
    assert!(next.stderr.contains("composeup abort"), "{next}");
    let elsewhere = Done::of(&mut by_somebody_else(&stack, &["api", "1.1"]));
    assert_eq!(elsewhere.code, 6, "{elsewhere}");
    let aborted = Done::of(&mut stack.composeup(&["abort"]));
    assert!(![6, 11].contains(&aborted.code), "{aborted}");
    assert!(!is_locked(&stack));
}

fn compose_leaves_it_alone(compose: Compose) {
    let stack = Stack::up("ghost", compose);
    lock(&stack);
    let events = events::during(&stack.engine, &stack.project, || compose.up(&stack.folder()));
    assert_eq!(events, [""; 0], "`up -d` did something");
    let listed = Done::of(compose.command(&stack.folder()).args(["ps", "-a"]));
    assert!(!listed.to_string().contains("lock"), "{listed}");
    compose.down(&stack.folder());
    assert!(is_locked(&stack), "`down --volumes` removed the lock");
    let done = Done::of(&mut stack.composeup(&["unlock", "--yes"]));
    assert_eq!(done.code, 0, "{done}");
    assert!(!is_locked(&stack));
}

#[test]
fn compose_1_29_leaves_the_lock_alone() {
    compose_leaves_it_alone(Compose::V1);
}

#[test]
fn compose_2_40_leaves_the_lock_alone() {
    compose_leaves_it_alone(Compose::V2_40);
}
