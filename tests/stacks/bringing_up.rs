//! The test stacks themselves: what real Compose makes of them is what the other tests assume.

use crate::support::compose::Compose;
use crate::support::stack::Stack;

const STACKS: [(&str, &[(&str, usize)]); 6] = [
    ("ghost", &[("ghost-blog", 1)]),
    ("wordpress", &[("db", 1), ("wordpress", 1)]),
    ("rocketchat", &[("mongo", 1), ("rocketchat", 1)]),
    ("nextcloud", &[("app", 1), ("db", 1), ("redis", 1)]),
    ("webapp", &[("web", 1)]),
    ("replicas", &[("api", 3), ("cache", 1)]),
];

fn comes_up_whole(compose: Compose) {
    for (fixture, services) in STACKS {
        let stack = Stack::up(fixture, compose);
        for (service, replicas) in services {
            for number in 1..=*replicas {
                let state = stack.container(service, number).state();
                assert!(state.running, "{fixture}: {service} {number}: {state:?}");
            }
        }
    }
}

#[test]
fn every_stack_comes_up_under_compose_1_29() {
    comes_up_whole(Compose::V1);
}

#[test]
fn every_stack_comes_up_under_compose_2_26() {
    comes_up_whole(Compose::V2_26);
}

#[test]
fn every_stack_comes_up_under_compose_2_40() {
    comes_up_whole(Compose::V2_40);
}
