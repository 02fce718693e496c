//! Files that newer releases of Compose refuse, on stacks that an older one made.

use crate::support::compose::Compose;
use crate::support::stack::Stack;
use crate::support::state::State;

/// Compose 2.36 and later take no date without quotes for a text.
const DATED: (&str, &str) = ("    labels:", "    labels:\n      built: 2024-01-31");

#[test]
fn what_the_maker_of_the_containers_takes_is_upgraded() {
    let dated = |text: &str| text.replacen(DATED.0, DATED.1, 1);
    let stack = Stack::up_with("webapp", Compose::V2_26, dated);
    let done = stack.upgrade(&["web", "1.1", "--ready-after", "1s", "--monitor", "0s"]);
    assert_eq!(done.code, 0, "{done}");
    let after = State::of(&stack);
    let web = after.of_service("web");
    assert!(web.values().all(|one| one.image == "example/webapp:1.1"), "{web:?}");
    stack.compose.up(&stack.folder());
    State::of(&stack).assert_is(&after, "the next `up -d` changed something");
}

#[test]
fn what_the_maker_of_the_containers_refuses_is_not() {
    let stack = Stack::up("webapp", Compose::V2_40);
    stack.edit(DATED.0, DATED.1);
    let before = State::of(&stack);
    let done = stack.upgrade(&["web", "1.1"]);
    assert_eq!(done.code, 3, "{done}");
    assert!(done.stderr.contains("`services.web.labels.built`"), "{done}");
    assert!(done.stderr.contains("made by Compose 2.40.3, which refuses this file"), "{done}");
    State::of(&stack).assert_is(&before, "a refused upgrade changed something");
}
