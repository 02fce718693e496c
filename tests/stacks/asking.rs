//! The question on a terminal: only a yes changes anything, and the default is no.

use std::process::{Command, Stdio};

use rexpect::session::{PtySession, spawn_command};

use crate::support::compose::Compose;
use crate::support::stack::Stack;
use crate::support::state::State;

/// How long the program may take for the next words, in milliseconds.
const PATIENCE: Option<u64> = Some(60_000);

/// The program on a terminal of its own, at its question.
fn asked(stack: &Stack) -> PtySession {
    let mut command: Command =
        stack.composeup(&["upgrade", "ghost-blog", "3.37.1", "--ready-after", "1s"]);
    command.env("TERM", "xterm").stdin(Stdio::inherit());
    let mut session = spawn_command(command, PATIENCE).unwrap();
    session.exp_string("(y/n)").unwrap();
    session
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
