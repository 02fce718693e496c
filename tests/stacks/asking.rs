//! The questions on a terminal: only a yes changes anything, and the default is no.

use std::process::{Command, Stdio};

use composeup::journal::lock::{Holder, acquire};
use rexpect::session::{PtySession, spawn_command};

use crate::support::compose::Compose;
use crate::support::stack::Stack;
use crate::support::state::State;

/// How long the program may take for the next words, in milliseconds.
const PATIENCE: Option<u64> = Some(60_000);

/// The program on a terminal of its own, at its question.
fn asked(stack: &Stack) -> PtySession {
    asked_after(stack, &["upgrade", "ghost-blog", "3.37.1", "--ready-after", "1s"]).0
}

/// The same with these arguments, and what was shown before the question.
fn asked_after(stack: &Stack, arguments: &[&str]) -> (PtySession, String) {
    let mut command: Command = stack.composeup(arguments);
    command.env("TERM", "xterm").stdin(Stdio::inherit());
    let mut session = spawn_command(command, PATIENCE).unwrap();
    let shown = session.exp_string("(y/n)").unwrap();
    (session, shown)
}

/// Types `answer`; the program ends with exit code `code`.
fn assert_ends(mut session: PtySession, answer: &str, code: i32) {
    session.send(answer).unwrap();
    session.flush().unwrap();
    let shown = session.exp_eof().unwrap();
    // The library does not export the type it answers with.
    let ended = format!("{:?}", session.process().wait().unwrap());
    assert!(ended.ends_with(&format!(", {code})")), "{answer:?}: {ended}\n{shown}");
}

#[test]
fn yes_upgrades() {
    let stack = Stack::up("ghost", Compose::V2_40);
    assert_ends(asked(&stack), "y", 0);
    assert!(stack.text().contains("ghost:3.37.1"));
}

#[test]
fn anything_but_yes_changes_nothing() {
    let stack = Stack::up("ghost", Compose::V2_40);
    let before = State::of(&stack);
    let ctrl_c = "\u{3}";
    for (answer, code) in [("n", 5), ("\r", 5), (ctrl_c, 130)] {
        assert_ends(asked(&stack), answer, code);
        State::of(&stack).assert_is(&before, format!("{answer:?}"));
    }
}

#[test]
fn unlock_shows_the_holder_and_only_a_yes_unlocks() {
    let stack = Stack::up("ghost", Compose::V2_40);
    let me = Holder::this_process("20261125-132400-4f2a", "alice", "upgrade web 1.9");
    stack.engine.run(async |docker| acquire(docker, &stack.project, &me).await.unwrap());
    let lock = format!("composeup.lock.{}", stack.project);
    for (answer, code, is_locked) in [("n", 5, true), ("\u{3}", 130, true), ("y", 0, false)] {
        let (session, shown) = asked_after(&stack, &["unlock"]);
        let pid = format!("{}, which still runs", me.process.pid);
        for part in ["alice", "composeup upgrade web 1.9", &me.since, &pid, "Unlock "] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert_ends(session, answer, code);
        assert_eq!(stack.engine.has_volume(&lock), is_locked, "{answer:?}");
    }
}
