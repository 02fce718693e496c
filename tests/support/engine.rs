//! The real engine, called without `await`.

use std::collections::{BTreeMap, BTreeSet};

use composeup::engine::api::{Inspection, Volume};
use composeup::engine::docker::{Address, Deadlines, Docker};
use composeup::engine::{Engine as _, EngineError};
use composeup::labels;
use serde_json::json;
use tokio::runtime::Runtime;

/// The engine that `DOCKER_HOST` names, else the one at the default socket.
pub(crate) struct RealEngine {
    runtime: Runtime,
    docker: Docker,
}

impl RealEngine {
    /// Connects; without an engine the test fails here.
    pub(crate) fn connect() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let env: BTreeMap<String, String> = std::env::vars().collect();
        let address = Address::resolve(None, &env).unwrap();
        let docker =
            runtime.block_on(Docker::connect(address, Deadlines::default())).unwrap_or_else(|e| {
                panic!("this test needs a Docker Engine (`scripts/engine` sets one up): {e}")
            });
        Self { runtime, docker }
    }

    /// Does one thing to the engine.
    pub(crate) fn run<T>(&self, call: impl AsyncFnOnce(&Docker) -> T) -> T {
        self.runtime.block_on(call(&self.docker))
    }

    /// Every container of a project, by name.
    pub(crate) fn containers(&self, project: &str) -> BTreeMap<String, Inspection> {
        let label = format!("{}={project}", labels::PROJECT);
        let found = self.run(async |docker| docker.containers(&[label]).await.unwrap());
        found.into_iter().map(|container| (container.name(), container)).collect()
    }

    /// Creates a network that no project owns.
    pub(crate) fn create_network(&self, name: &str) {
        let body = json!({ "Name": name, "CheckDuplicate": true });
        self.run(async |docker| docker.create_network(&body).await.unwrap());
    }

    /// Creates a volume that no project owns.
    pub(crate) fn create_volume(&self, name: &str) {
        self.run(async |docker| docker.create_volume(&json!({ "Name": name })).await.unwrap());
    }

    /// Whether there is a volume of this name.
    pub(crate) fn has_volume(&self, name: &str) -> bool {
        self.run(async |docker| docker.volume(name).await.unwrap().is_some())
    }

    /// Removes a project with all its containers use, and the networks and volumes named here.
    /// Never panics, since it runs while a failed test unwinds; what resists is told of.
    pub(crate) fn remove_project(&self, project: &str, networks: &[String], volumes: &[String]) {
        let mut networks: BTreeSet<String> = networks.iter().cloned().collect();
        let mut volumes: BTreeSet<String> = volumes.iter().cloned().collect();
        networks.insert(format!("{project}_default"));
        let label = format!("{}={project}", labels::PROJECT);
        self.clear(async |docker| {
            for container in docker.containers(&[label]).await? {
                networks.extend(container.networks().into_keys());
                let mounts = container.mounts().iter();
                volumes.extend(mounts.filter_map(|mount| Some(mount["Name"].as_str()?.to_owned())));
                docker.remove(&container.id()).await?;
            }
            Ok(())
        });
        for name in networks.iter().filter(|name| *name != "bridge") {
            self.clear(async |docker| docker.remove_network(name).await);
        }
        self.clear(async |docker| {
            volumes.extend(docker.locks(project).await?.iter().map(Volume::name));
            Ok(())
        });
        for name in &volumes {
            self.clear(async |docker| docker.remove_volume(name).await);
        }
    }

    fn clear(&self, call: impl AsyncFnOnce(&Docker) -> Result<(), EngineError>) {
        if let Err(error) = self.runtime.block_on(call(&self.docker)) {
            eprintln!("left behind: {error}");
        }
    }
}
