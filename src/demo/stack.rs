//! The demo's project: a folder with its compose file, two images, and what it has on the engine.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, sleep};

use super::fetch::get;
use crate::compose::hash::{Generation, label_hash};
use crate::compose::model::{Project, Service};
use crate::compose::{LoadOptions, load};
use crate::engine::Engine as _;
use crate::engine::docker::Docker;
use crate::engine::spec::{SpecInput, Style, container_spec, network_body};
use crate::error::Error;
use crate::labels;
use crate::own_image::RootFileSystem;
use crate::plan::PlanError;

/// Name of the compose file.
pub(super) const FILE: &str = "docker-compose.yml";
/// The version that runs first, and the one that is upgraded to.
pub(super) const VERSIONS: [&str; 2] = ["1", "2"];
/// How long app and proxy may take to answer.
const DEADLINE: Duration = Duration::from_secs(30);

/// The demo's project.
pub(super) struct Stack<'a> {
    docker: &'a Docker,
    project: Project,
    image: String,
    /// Where the proxy answers.
    pub(super) address: SocketAddr,
}

impl<'a> Stack<'a> {
    /// Writes the compose file into `folder` and loads it.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] if it cannot be written there: a file that is there already is kept.
    pub(super) fn write(docker: &'a Docker, folder: &Path) -> Result<Self, Error> {
        let address = free_address().map_err(|error| internal("find a free port", &error))?;
        // Two demos at a time have two ports.
        let image = format!("composeup-demo-{}", address.port());
        let path = folder.join(FILE);
        fs::File::create_new(&path)
            .and_then(|mut file| file.write_all(compose_file(&image, address).as_bytes()))
            .map_err(|error| Error::Usage {
                message: format!("cannot write `{}`: {error}", path.display()),
            })?;
        let project = load(&LoadOptions { cwd: folder.to_owned(), ..LoadOptions::default() })?;
        Ok(Self { docker, project, image, address })
    }

    /// Puts both images on the engine.
    ///
    /// # Errors
    ///
    /// If this executable cannot be read, or the engine refuses.
    pub(super) async fn import(&self) -> Result<(), Error> {
        let root = RootFileSystem::of_this_process()
            .map_err(|error| internal("read this executable", &error))?;
        for version in VERSIONS {
            let changes = changes(&root, version);
            let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
            let tar = root.tar.clone();
            self.docker.import_image(tar, &self.image(version), &changes).await?;
        }
        Ok(())
    }

    /// Creates and starts everything as Compose would, and waits until it answers.
    ///
    /// # Errors
    ///
    /// If the engine refuses, or nothing answers in time.
    pub(super) async fn start(&self) -> Result<(), Error> {
        let style = Style::default();
        for (key, network) in &self.project.networks {
            let body = network_body(&self.project, key, network, &style);
            self.docker.create_network(&body).await?;
        }
        for service in self.project.services.values() {
            self.start_service(service, &style).await?;
        }
        self.await_answer().await
    }

    async fn start_service(&self, service: &Service, style: &Style) -> Result<(), Error> {
        let name = style.container_name(&self.project.name, &service.name, 1);
        let image = self.docker.image(&self.image(VERSIONS[0])).await?;
        let info = self.docker.info().await?;
        let spec = container_spec(&SpecInput {
            project: &self.project,
            service,
            number: 1,
            name: &name,
            create_as: &name,
            style,
            config_hash: &label_hash(&self.project, service, Generation::V2_36, &BTreeMap::new()),
            engine: &info,
            image: image.as_ref(),
            old: None,
            peers: &BTreeMap::new(),
            network_ids: &BTreeMap::new(),
            v1: None,
            read_file: &|path| fs::read(path),
        })
        .map_err(PlanError::from)?;
        let id = self.docker.create(&spec).await?;
        Ok(self.docker.start(&id).await?)
    }

    async fn await_answer(&self) -> Result<(), Error> {
        let start = Instant::now();
        while start.elapsed() < DEADLINE {
            if let Ok((StatusCode::OK, _)) = get(self.address, "/").await {
                return Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
        let message = format!("the demo's app does not answer at `{}`", self.address);
        Err(Error::Internal { message })
    }

    /// Removes everything the stack has on the engine.
    ///
    /// # Errors
    ///
    /// The first call that fails.
    pub(super) async fn remove(&self) -> Result<(), Error> {
        let label = labels::in_project(&self.project.name);
        for container in self.docker.containers(&[label]).await? {
            self.docker.remove(&container.id()).await?;
        }
        for network in self.project.networks.values() {
            self.docker.remove_network(&network.name).await?;
        }
        for version in VERSIONS {
            self.docker.remove_image(&self.image(version)).await?;
        }
        Ok(())
    }

    fn image(&self, version: &str) -> String {
        format!("{}:{version}", self.image)
    }
}

/// The Dockerfile instructions of the image that serves `version`.
fn changes(root: &RootFileSystem, version: &str) -> [String; 3] {
    let check = "HEALTHCHECK --interval=5s --timeout=2s CMD";
    [
        root.instruction("ENTRYPOINT", &[]),
        format!("CMD [\"demo-app\", \"{version}\"]"),
        root.instruction(check, &["demo-check"]),
    ]
}

fn compose_file(image: &str, address: SocketAddr) -> String {
    format!(
        r#"# A small web app behind a reverse proxy, made by `composeup demo`.
services:
  web:
    image: {image}:1

  proxy:
    image: {image}:1
    command: ["demo-proxy", "web:8080"]
    ports:
      - "{address}:8080"
    depends_on:
      - web
"#
    )
}

/// An address that is free at the moment.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn internal(what: &str, error: &io::Error) -> Error {
    Error::Internal { message: format!("cannot {what}: {error}") }
}
