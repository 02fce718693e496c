//! A small project on an engine in memory, one command that must not touch it, and what is said.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use composeup::engine::Engine as _;
use composeup::engine::api::ContainerSpec;
use composeup::engine::fake::Fake;
use composeup::labels;
use serde_json::json;
use tempfile::TempDir;

use crate::support::command::{Done, composeup};
use crate::support::daemon::Daemon;

/// The project of most cases.
pub(crate) const SHOP: &str = "\
services:
  web:
    image: shop/web:1.0
    environment:
      PASSWORD: s3cret
  db:
    image: shop/db:1
";

/// The user and group `nobody`.
const NOBODY: u32 = 65534;

/// One project and the engine it runs on.
pub(crate) struct Case {
    root: TempDir,
    daemon: Daemon,
    command: Command,
}

impl Case {
    /// The folder `shop` with this `docker-compose.yml`, and one container each of its services
    /// `web` and `db` on the engine.
    pub(crate) fn new(text: impl AsRef<[u8]>) -> Self {
        Self::empty().file("docker-compose.yml", text)
    }

    /// The folder `shop` without any file.
    pub(crate) fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("shop");
        fs::create_dir(&folder).unwrap();
        fs::create_dir(root.path().join("state")).unwrap();
        let daemon = Daemon::start();
        let working_dir = folder.to_str().unwrap().to_owned();
        daemon.with(async move |fake| {
            for (reference, service) in [("shop/web:1.0", "web"), ("shop/db:1", "db")] {
                fake.add_image(reference, json!({}));
                run_container(&fake, reference, service, &working_dir).await;
            }
            fake.add_image("shop/web:1.1", json!({}));
            fake.create_network(&json!({ "Name": "shop_default" })).await.unwrap();
        });
        let mut command = composeup();
        command.current_dir(&folder).env("DOCKER_HOST", daemon.host());
        command.env("COMPOSEUP_STATE_DIR", root.path().join("state"));
        Self { root, daemon, command }
    }

    /// One more file, by its path in the folder.
    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A folder in the folder.
    pub(crate) fn directory(self, path: &str) -> Self {
        fs::create_dir(self.folder().join(path)).unwrap();
        self
    }

    /// Permission bits of a file of the folder.
    pub(crate) fn mode(self, path: &str, mode: u32) -> Self {
        fs::set_permissions(self.folder().join(path), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    /// A variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Scripts the engine.
    pub(crate) fn engine(self, script: impl FnOnce(&Daemon)) -> Self {
        script(&self.daemon);
        self
    }

    /// The command is run by somebody who is not root, since root may read and write everything.
    pub(crate) fn by_nobody(mut self) -> Self {
        if !rustix::process::geteuid().is_root() {
            return self;
        }
        let open = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        open(self.root.path(), 0o755);
        let socket = PathBuf::from(self.daemon.host().strip_prefix("unix://").unwrap());
        open(socket.parent().unwrap(), 0o755);
        open(&socket, 0o777);
        open(&self.root.path().join("state"), 0o777);
        // The executable may lie where only root comes.
        let program = self.root.path().join("composeup");
        fs::copy(self.command.get_program(), &program).unwrap();
        let mut command = Command::new(&program);
        command.current_dir(self.folder()).env("DOCKER_HOST", self.daemon.host());
        command.env("COMPOSEUP_STATE_DIR", self.root.path().join("state"));
        command.uid(NOBODY).gid(NOBODY);
        self.command = command;
        self
    }

    /// Runs a command that must change nothing; what it said, without what differs between runs.
    pub(crate) fn run(self, line: &str) -> String {
        self.run_words(&line.split(' ').collect::<Vec<_>>())
    }

    /// As [`Self::run`], word by word.
    pub(crate) fn run_words(mut self, words: &[&str]) -> String {
        let before = self.texts();
        let done = Done::of(self.command.args(words));
        assert_eq!(self.texts(), before, "a file changed: {done}");
        let writes = self.daemon.requests().into_iter().filter(|call| !is_look(call));
        assert_eq!(writes.collect::<Vec<_>>(), Vec::<String>::new(), "{done}");
        let volumes = self.daemon.with(async |fake| fake.look(|world| world.volumes().len()));
        assert_eq!(volumes, 0, "a lock, or another volume, was left: {done}");
        assert!(!done.to_string().contains("s3cret"), "a secret was shown: {done}");
        self.redacted(&done.to_string())
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("shop")
    }

    fn texts(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.is_file());
        files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    fn redacted(&self, text: &str) -> String {
        let host = self.daemon.host();
        let root = self.root.path().to_str().unwrap();
        text.replace(&host, "unix://[socket]").replace(root, "[folder]")
    }
}

/// A failed pull is allowed, since it changes nothing that is served, and so is the lock meanwhile.
fn is_look(call: &str) -> bool {
    let is_lock = call.contains("/volumes/create") || call.contains("/volumes/composeup.lock.");
    let is_get = call.starts_with("GET ") || call.starts_with("HEAD ");
    is_get || is_lock || call.contains("/images/create")
}

async fn run_container(fake: &Fake, image: &str, service: &str, working_dir: &str) {
    let labels = json!({
        labels::PROJECT: "shop",
        labels::SERVICE: service,
        labels::CONTAINER_NUMBER: "1",
        labels::ONEOFF: "False",
        labels::CONFIG_HASH: "0",
        labels::VERSION: "2.40.3",
        labels::WORKING_DIR: working_dir,
        labels::CONFIG_FILES: format!("{working_dir}/docker-compose.yml"),
    });
    let spec = ContainerSpec {
        name: format!("shop-{service}-1"),
        platform: None,
        body: json!({ "Image": image, "Labels": labels }),
        connect: Vec::new(),
        files: Vec::new(),
    };
    let id = fake.create(&spec).await.unwrap();
    fake.start(&id).await.unwrap();
}
