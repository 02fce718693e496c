//! Every stack, made by every Compose, is upgraded: the service is new and looks as Compose made
//! it, nothing else was touched, the file differs by the tag, Compose finds nothing to do, and takes
//! everything down.

use std::process;
use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::Value;

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::events;
use crate::support::stack::Stack;
use crate::support::state::State;

/// One upgrade of one fixture.
struct Upgrade {
    fixture: &'static str,
    service: &'static str,
    tag: &'static str,
    image: &'static str,
    /// The file that holds the tag, what changes in it, and what it becomes.
    edit: (&'static str, &'static str, &'static str),
}

const GHOST: Upgrade = Upgrade {
    fixture: "ghost",
    service: "ghost-blog",
    tag: "3.37.1",
    image: "ghost:3.37.1",
    edit: ("docker-compose.yml", "image: ghost:3.36\n", "image: ghost:3.37.1\n"),
};
const WORDPRESS: Upgrade = Upgrade {
    fixture: "wordpress",
    service: "wordpress",
    tag: "5.8",
    image: "wordpress:5.8",
    edit: ("docker-compose.yml", "\"wordpress:5.7\"   #", "\"wordpress:5.8\"   #"),
};
const ROCKETCHAT: Upgrade = Upgrade {
    fixture: "rocketchat",
    service: "rocketchat",
    tag: "3.18.1",
    image: "rocketchat/rocket.chat:3.18.1",
    edit: ("docker-compose.yml", "rocket.chat:3.17.0\n", "rocket.chat:3.18.1\n"),
};
const NEXTCLOUD: Upgrade = Upgrade {
    fixture: "nextcloud",
    service: "app",
    tag: "24.0.2-apache",
    image: "nextcloud:24.0.2-apache",
    edit: (".env", "NEXTCLOUD_TAG=24.0.1-apache\n", "NEXTCLOUD_TAG=24.0.2-apache\n"),
};
const WEBAPP: Upgrade = Upgrade {
    fixture: "webapp",
    service: "web",
    tag: "1.1",
    image: "example/webapp:1.1",
    edit: ("docker-compose.yml", "example/webapp:1.0\n", "example/webapp:1.1\n"),
};
const REPLICAS: Upgrade = Upgrade {
    fixture: "replicas",
    service: "api",
    tag: "1.1",
    image: "example/api:1.1",
    edit: ("docker-compose.yml", "example/api:1.0\n", "example/api:1.1\n"),
};
const EVERY_KEY: Upgrade = Upgrade {
    fixture: "everykey",
    service: "app",
    tag: "1.1",
    image: "example/api:1.1",
    edit: ("docker-compose.yml", "example/api:${TAG:-1.0}", "example/api:${TAG:-1.1}"),
};
/// The keys that Compose v1 knows.
const EVERY_KEY_OF_V1: Upgrade = Upgrade { fixture: "everykey-v1", ..EVERY_KEY };

impl Upgrade {
    fn passes_under(&self, compose: Compose) {
        let stack = Stack::up_with(self.fixture, compose, |text| suited(text, compose));
        let before = State::of(&stack);
        self.only_the_image_changes(&stack);
        let done =
            stack.upgrade(&[self.service, self.tag, "--ready-after", "1s", "--monitor", "0s"]);
        assert_eq!(done.code, 0, "{done}");
        let after = State::of(&stack);
        self.service_is_new(&before, &after);
        assert_eq!(after.without_service(self.service), before.without_service(self.service));
        self.files_differ_by_the_tag(&before, &after);
        let events = events::during(&stack.engine, &stack.project, || compose.up(&stack.folder()));
        assert_eq!(events, [""; 0], "the next `up -d` did something");
        State::of(&stack).assert_is(&after, "the next `up -d` changed something");
        compose.down(&stack.folder());
        assert!(stack.containers().is_empty(), "`down` left {:?}", stack.containers().keys());
        assert_eq!(events::networks(&stack.project), [""; 0], "`down` left networks");
    }

    /// The plan knows the maker of the containers, and sees no other difference.
    fn only_the_image_changes(&self, stack: &Stack) {
        let done = Done::of(&mut stack.composeup(&["plan", "--json", self.service, self.tag]));
        let plan: Value = serde_json::from_str(&done.stdout).unwrap();
        let causes = plan["services"][0]["causes"].as_array().unwrap();
        assert_eq!(causes.len(), 1, "{done}");
        assert!(causes[0].as_str().unwrap().starts_with("image changed ("), "{done}");
        assert!(!done.stdout.contains("assumed"), "{done}");
    }

    fn service_is_new(&self, before: &State, after: &State) {
        let (old, new) = (before.of_service(self.service), after.of_service(self.service));
        assert_eq!(names(&new), names(&old));
        for (name, new) in new {
            let old = old[name];
            assert!(new.running && new.id != old.id, "{name} was not replaced: {new:?}");
            assert_eq!(new.image, self.image, "{name}");
            assert_eq!(new.labels, old.labels, "{name}");
            assert_eq!(new.mounts, old.mounts, "{name}");
            assert_eq!(new.networks, old.networks, "{name}");
            assert_eq!(new.env, old.env, "{name}");
            assert_eq!(new.settings, old.settings, "{name}");
        }
    }

    fn files_differ_by_the_tag(&self, before: &State, after: &State) {
        let (file, from, to) = self.edit;
        let mut expected = before.files.clone();
        let text = expected.get_mut(file).unwrap();
        assert_eq!(text.matches(from).count(), 1);
        *text = text.replace(from, to);
        assert_eq!(after.files, expected);
    }
}

/// The file for this Compose, with names and addresses that no stack beside it has.
fn suited(text: &str, compose: Compose) -> String {
    static COUNT: AtomicU8 = AtomicU8::new(0);
    let (id, stack) = (process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let text = text.replace("10.89.0.", &format!("10.{}.{stack}.", 64 + id % 128));
    let text = text.replace("the-database", &format!("the-database-{id}-{stack}"));
    if compose == Compose::V2_40 { text.replace("# since 2.40: ", "") } else { text }
}

fn names<'a, T>(containers: &std::collections::BTreeMap<&'a str, T>) -> Vec<&'a str> {
    containers.keys().copied().collect()
}

/// One test for each Compose.
macro_rules! passes {
    ($($name:ident: $upgrade:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn made_by_compose_1_29_is_upgraded() {
                $upgrade.passes_under(Compose::V1);
            }

            #[test]
            fn made_by_compose_2_26_is_upgraded() {
                $upgrade.passes_under(Compose::V2_26);
            }

            #[test]
            fn made_by_compose_2_40_is_upgraded() {
                $upgrade.passes_under(Compose::V2_40);
            }
        }
    )*};
}

passes! {
    ghost: GHOST;
    wordpress: WORDPRESS;
    rocketchat: ROCKETCHAT;
    nextcloud: NEXTCLOUD;
    webapp: WEBAPP;
    replicas: REPLICAS;
}

#[test]
fn every_key_of_a_file_of_compose_1_29_survives() {
    EVERY_KEY_OF_V1.passes_under(Compose::V1);
}

#[test]
fn every_key_of_a_file_of_compose_2_26_survives() {
    EVERY_KEY.passes_under(Compose::V2_26);
}

#[test]
fn every_key_of_a_file_of_compose_2_40_survives() {
    EVERY_KEY.passes_under(Compose::V2_40);
}

#[test]
fn hooks_are_run_beside_every_other_key() {
    let stack = Stack::up_with("everykey", Compose::V2_40, |text| suited(text, Compose::V2_40));
    let hooked = || stack.output_of("app", &["/bin/busybox", "cat", "/data/hooked"]);
    let started = "started with 8080\n";
    assert_eq!(hooked(), started.repeat(2));
    let done = stack.upgrade(&["app", "1.1", "--ready-after", "1s", "--monitor", "0s"]);
    assert_eq!((done.code, hooked()), (0, started.repeat(4)), "{done}");
    let done = Done::of(&mut stack.composeup(&["scale", "--yes", "app=1"]));
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(hooked(), started.repeat(4) + "stopping with 8080\n");
}

#[test]
fn a_check_every_30_seconds_does_not_make_the_upgrade_wait_for_it() {
    let stack = Stack::up("webapp", Compose::V2_40);
    let done = stack.upgrade(&["web", "1.1", "--json"]);
    assert_eq!(done.code, 0, "{done}");
    let health = stack.container("web", 1).state().health.unwrap();
    assert_eq!((health.status.as_str(), health.log.len()), ("starting", 0), "asked by the engine");
    eprintln!("booting in 2s, checked every 30s: upgraded in {:?}", done.took);
}
