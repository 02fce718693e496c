//! A Ghost stack on the daemon that is none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use composeup::engine::Engine as _;
use composeup::engine::api::ContainerSpec;
use composeup::engine::fake::Container;
use composeup::labels;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::composeup;
use crate::support::daemon::Daemon;

/// The stack: its folder, and the engine on which its old container serves.
pub(super) struct Stack {
    pub(super) daemon: Daemon,
    root: TempDir,
    before: String,
}

impl Stack {
    pub(super) fn up() -> Self {
        Self::up_with("", "")
    }

    /// The stack with `to` in place of `from` in its file.
    pub(super) fn up_with(from: &str, to: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let fixture =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ghost/docker-compose.yml");
        let before = fs::read_to_string(fixture).unwrap().replacen(from, to, 1);
        let stack = Self { daemon: Daemon::start(), root, before };
        fs::create_dir(stack.folder()).unwrap();
        fs::write(stack.file(), &stack.before).unwrap();
        let old = old_container(&stack.folder());
        stack.daemon.with(async move |fake| {
            fake.add_image("ghost:3.36", json!({}));
            fake.add_to_registry("ghost:3.37.1", json!({}));
            fake.create_network(&json!({ "Name": "net" })).await.unwrap();
            fake.create_volume(&json!({ "Name": "ghost-blog" })).await.unwrap();
            let id = fake.create(&old).await.unwrap();
            fake.start(&id).await.unwrap();
        });
        stack
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("ghost")
    }

    fn file(&self) -> PathBuf {
        self.folder().join("docker-compose.yml")
    }

    /// Runs `composeup` in the stack's folder.
    pub(super) fn composeup(&self, words: &[&str]) -> Output {
        let mut command = composeup();
        command.current_dir(self.folder()).env("DOCKER_HOST", self.daemon.host()).args(words);
        command.env("COMPOSEUP_STATE_DIR", self.root.path().join("state"));
        command.output().unwrap()
    }

    /// Name, image and whether it serves, of every container.
    pub(super) fn containers(&self) -> Vec<(String, String, bool)> {
        self.daemon.with(async |fake| {
            fake.look(|world| {
                let seen = |one: &Container| {
                    (one.name().to_owned(), one.inspect().image(), one.is_serving())
                };
                world.containers().iter().map(seen).collect()
            })
        })
    }

    /// The old container serves under its name, nothing else is there, and the file is untouched.
    pub(super) fn assert_old(&self) {
        self.assert_serves("ghost:3.36");
        assert_eq!(fs::read_to_string(self.file()).unwrap(), self.before);
    }

    /// The new container serves under the old one's name, and the file says so.
    pub(super) fn assert_new(&self) {
        self.assert_serves("ghost:3.37.1");
        let after = self.before.replace("ghost:3.36", "ghost:3.37.1");
        assert_eq!(fs::read_to_string(self.file()).unwrap(), after);
    }

    fn assert_serves(&self, image: &str) {
        let only = ("ghost-ghost-blog-1".to_owned(), image.to_owned(), true);
        assert_eq!(self.containers(), [only]);
    }
}

/// The container as Compose would have made it.
fn old_container(folder: &Path) -> ContainerSpec {
    let body = json!({
        "Image": "ghost:3.36",
        "Labels": compose_labels(folder),
        "Env": ["NODE_ENV=production"],
        "HostConfig": {
            "Binds": ["ghost-blog:/var/lib/ghost/content:rw"],
            "NetworkMode": "net",
            "RestartPolicy": { "Name": "always" },
        },
        "NetworkingConfig": { "EndpointsConfig": { "net": { "Aliases": ["ghost-blog"] } } },
    });
    let name = "ghost-ghost-blog-1".into();
    ContainerSpec { name, platform: None, body, connect: Vec::new(), files: Vec::new() }
}

fn compose_labels(folder: &Path) -> Value {
    json!({
        labels::PROJECT: "ghost",
        labels::SERVICE: "ghost-blog",
        labels::CONTAINER_NUMBER: "1",
        labels::ONEOFF: "False",
        labels::CONFIG_HASH: "0".repeat(64),
        labels::VERSION: "2.40.3",
        labels::WORKING_DIR: folder,
        labels::CONFIG_FILES: folder.join("docker-compose.yml"),
    })
}
