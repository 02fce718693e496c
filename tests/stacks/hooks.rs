//! What Compose runs in a container once it is started, is run in the new one, too.

use crate::support::compose::Compose;
use crate::support::stack::Stack;
use crate::support::state::State;

/// The fixture with a hook that writes down who ran it, where, and with what.
fn hooked(text: &str) -> String {
    let hook = r#"
    post_start:
      - command: ["sh", "-c", "echo $$GREETING from $$PWD in $$VERSION >> /hooked"]
        working_dir: /bin
        environment: [GREETING=hello]
      - command: ["sh", "-c", "[ $$VERSION != 9.9 ]"]
"#;
    text.replace("    expose:\n", &format!("{}    expose:\n", hook.trim_start_matches('\n')))
}

/// What the hook wrote in the container.
fn written(stack: &Stack) -> String {
    stack.output_of("web", &["/bin/busybox", "cat", "/hooked"])
}

#[test]
fn hooks_are_run_in_the_new_container_as_compose_2_40_runs_them() {
    let stack = Stack::up_with("webapp", Compose::V2_40, hooked);
    assert_eq!(written(&stack), "hello from /bin in 1.0\n");
    let done = stack.upgrade(&["web", "1.1"]);
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stderr.contains("Ran hooks of web"), "{done}");
    assert_eq!(written(&stack), "hello from /bin in 1.1\n");
    let after = State::of(&stack);
    stack.compose.up(&stack.folder());
    State::of(&stack).assert_is(&after, "the next `up -d` changed something");
}

#[test]
fn a_hook_that_fails_takes_the_new_container_back() {
    let fails = |text: &str| hooked(text).replace("!= 9.9", "!= 1.1");
    let stack = Stack::up_with("webapp", Compose::V2_40, fails);
    let before = State::of(&stack);
    let done = stack.upgrade(&["web", "1.1"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stderr.contains("`sh` exited with 1"), "{done}");
    State::of(&stack).assert_is(&before, &done);
}

#[test]
fn compose_2_26_knows_no_hooks_and_none_are_run() {
    let stack = Stack::up_with("webapp", Compose::V2_26, hooked);
    let nothing = written(&stack);
    assert!(!nothing.contains("hello"), "{nothing}");
    let done = stack.upgrade(&["web", "1.1"]);
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(written(&stack), nothing);
    let after = State::of(&stack);
    stack.compose.up(&stack.folder());
    State::of(&stack).assert_is(&after, "the next `up -d` changed something");
}
