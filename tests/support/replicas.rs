//! A stack that is upgraded to and fro, and how it must be after whatever happened to it.

use std::fs;

use super::compose::Compose;
use super::events;
use super::stack::Stack;
use super::state::State;

const TAGS: [&str; 2] = ["1.0", "1.1"];

/// The fixture `replicas` with a healthcheck that is quick, and containers that an engine starts
/// again.
pub(crate) struct Replicas {
    /// It.
    pub(crate) stack: Stack,
    count: usize,
}

impl Replicas {
    /// Brings up so many replicas.
    pub(crate) fn up(count: usize) -> Self {
        let change = |text: &str| {
            text.replace("interval: 1s", "interval: 200ms")
                .replace("    init: true\n", "    init: true\n    restart: always\n")
                .replace("redis:alpine", "redis:alpine\n    restart: always")
                .replace("replicas: 3", &format!("replicas: {count}"))
        };
        Self { stack: Stack::up_with("replicas", Compose::V2_40, change), count }
    }

    /// The tag that the file says.
    pub(crate) fn running_tag(&self) -> &'static str {
        let is_second = self.stack.text().contains(&format!("example/api:{}", TAGS[1]));
        TAGS[usize::from(is_second)]
    }

    /// The tag that it does not say.
    pub(crate) fn other_tag(&self) -> &'static str {
        TAGS[usize::from(self.running_tag() == TAGS[0])]
    }

    /// All replicas of one version run under their own names, as the file says, and nothing else of
    /// a run is there.
    pub(crate) fn assert_settled(&self, tag: &str, context: &str) {
        let stack = &self.stack;
        assert!(stack.text().contains(&format!("example/api:{tag}")), "{context}");
        let state = State::of(stack);
        let replicas = state.of_service("api");
        let names: Vec<&str> = replicas.keys().copied().collect();
        let expected: Vec<String> = (1..=self.count)
            .map(|n| stack.compose.container_name(&stack.project, "api", n))
            .collect();
        assert_eq!(names, expected, "{context}");
        for container in replicas.values() {
            assert!(container.running, "{context}");
            assert_eq!(container.image, format!("example/api:{tag}"), "{context}");
            let restart = &container.settings["/HostConfig/RestartPolicy"]["Name"];
            assert_eq!(restart, "always", "{context}");
        }
        self.assert_nothing_left(context);
    }

    /// Compose has nothing to do, and neither plan nor lock of a run is there.
    fn assert_nothing_left(&self, context: &str) {
        let stack = &self.stack;
        let up = || stack.compose.up(&stack.folder());
        let events = events::during(&stack.engine, &stack.project, up);
        assert_eq!(events, [""; 0], "the next `up -d` did something: {context}");
        let networks = events::networks(&stack.project);
        assert_eq!(networks, [format!("{}_default", stack.project)], "{context}");
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
