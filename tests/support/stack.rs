//! One fixture, brought up by real Compose under a name of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use composeup::engine::Engine as _;
use composeup::engine::api::{Exec, Inspection};
use tempfile::TempDir;

use super::command::{Done, composeup};
use super::compose::Compose;
use super::engine::RealEngine;
use super::images;

/// How long a command in a container may take.
const EXEC_TIMEOUT: Duration = Duration::from_secs(20);

/// A copy of a fixture in a folder of its own, with what it has on the engine. All of it goes
/// when this is dropped.
pub(crate) struct Stack {
    /// The engine it runs on.
    pub(crate) engine: RealEngine,
    /// Name of the project: the folder's.
    pub(crate) project: String,
    /// Who made it.
    pub(crate) compose: Compose,
    root: TempDir,
    external: External,
}

/// What the file calls external, and so has to be there before.
#[derive(Default)]
struct External {
    networks: Vec<String>,
    volumes: Vec<String>,
}

impl Stack {
    /// Copies a fixture and brings it up.
    pub(crate) fn up(fixture: &str, compose: Compose) -> Self {
        Self::up_with(fixture, compose, str::to_owned)
    }

    /// Copies a fixture, changes the text of its `docker-compose.yml`, and brings it up.
    pub(crate) fn up_with(
        fixture: &str,
        compose: Compose,
        change: impl Fn(&str) -> String,
    ) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let engine = RealEngine::connect();
        images::ensure(&engine);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let project = format!("cu{}-{number}-{fixture}", process::id());
        let root = tempfile::tempdir().unwrap();
        let mut stack = Self { engine, project, compose, root, external: External::default() };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
        copy_files(&from, &stack.folder());
        let text = stack.with_own_externals(&change(&stack.text()));
        fs::write(stack.file(), text).unwrap();
        stack.create_externals();
        stack.compose.up(&stack.folder());
        stack
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join(&self.project)
    }

    /// Its compose file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder().join("docker-compose.yml")
    }

    /// Where the journals of its runs are.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.root.path().join("state")
    }

    /// What a command says in the first container of a service.
    pub(crate) fn output_of(&self, service: &str, words: &[&str]) -> String {
        let id = self.container(service, 1).id();
        let exec = Exec::of(words.iter().copied());
        let end = self.engine.run(async |docker| docker.exec(&id, &exec, EXEC_TIMEOUT).await);
        end.unwrap().output
    }

    /// Text of its compose file.
    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// Replaces the one place of its compose file that says `from`.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = self.text();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        fs::write(self.file(), text.replace(from, to)).unwrap();
    }

    /// Its containers by name.
    pub(crate) fn containers(&self) -> BTreeMap<String, Inspection> {
        self.engine.containers(&self.project)
    }

    /// The n-th container of a service under the name Compose gave it.
    pub(crate) fn container(&self, service: &str, number: usize) -> Inspection {
        let name = self.compose.container_name(&self.project, service, number);
        let all = self.containers();
        let names: Vec<_> = all.keys().collect();
        all.get(&name).unwrap_or_else(|| panic!("no `{name}` among {names:?}")).clone()
    }

    /// The program under test in the stack's folder.
    pub(crate) fn composeup(&self, arguments: &[&str]) -> Command {
        let mut command = composeup();
        command.current_dir(self.folder()).args(arguments);
        command.env("COMPOSEUP_STATE_DIR", self.state_dir());
        command
    }

    /// Runs `composeup upgrade --yes` with these arguments to its end.
    pub(crate) fn upgrade(&self, arguments: &[&str]) -> Done {
        Done::of(self.composeup(&["upgrade", "--yes"]).args(arguments))
    }

    /// Gives every external network and volume of the text a name that is this stack's alone.
    fn with_own_externals(&mut self, text: &str) -> String {
        let (mut section, mut key) = ("", "");
        let mut lines = Vec::new();
        for line in text.lines() {
            lines.push(line.to_owned());
            let name = line.trim().trim_end_matches(':');
            if line.starts_with(|first: char| first.is_alphabetic()) {
                section = name;
            } else if line.trim() == "external: true" {
                let unique = format!("{}-{key}", self.project);
                lines.push(format!("    name: {unique}"));
                match section {
                    "networks" => self.external.networks.push(unique),
                    _ => self.external.volumes.push(unique),
                }
            } else {
                key = name;
            }
        }
        lines.join("\n") + "\n"
    }

    fn create_externals(&self) {
        self.external.networks.iter().for_each(|name| self.engine.create_network(name));
        self.external.volumes.iter().for_each(|name| self.engine.create_volume(name));
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let External { networks, volumes } = &self.external;
        self.engine.remove_project(&self.project, networks, volumes);
    }
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
