//! An app behind a proxy, as one project of its own.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::images;
use super::load::{HOST, is_answered};
use super::proxy::{self, Proxy};
use super::roles::{END, PORT, WARM_UP};
use crate::support::compose::Compose;
use crate::support::engine::RealEngine;

/// How long a proxy may take to pass on the first request.
const DEADLINE: Duration = Duration::from_mins(1);

/// How the app behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct App {
    /// On SIGTERM: `finishes` what it has, or `dies`.
    pub(super) end: &'static str,
    /// How long it answers 503 after its start.
    pub(super) warm_up: Duration,
    /// Between two runs of its healthcheck.
    pub(super) check_every: Duration,
}

impl App {
    /// Answers 503 for two seconds, and is checked every second.
    pub(super) fn slow_to_start(end: &'static str) -> Self {
        Self { end, warm_up: Duration::from_secs(2), check_every: Duration::from_secs(1) }
    }
}

/// A project with `web` and `proxy`. All of it goes when this is dropped.
pub(super) struct Site {
    engine: RealEngine,
    project: String,
    root: TempDir,
    tag: &'static str,
    /// Where the proxy answers.
    pub(super) address: SocketAddr,
}

impl Site {
    /// Brings it up with the first tag, and waits until requests pass.
    pub(super) fn up(proxy: Proxy, app: App) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let engine = RealEngine::connect();
        images::ensure(&engine);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let project = format!("cu{}-lab{number}-{}", process::id(), proxy.name());
        let root = tempfile::tempdir().unwrap();
        let mut site = Self {
            engine,
            project,
            root,
            tag: images::TAGS[0],
            address: ([0, 0, 0, 0], 80).into(),
        };
        fs::create_dir(site.folder()).unwrap();
        fs::write(site.file(), compose_file(proxy, app)).unwrap();
        fs::write(site.folder().join("proxy.conf"), proxy.configuration(&site.project)).unwrap();
        Compose::V2_40.up(&site.folder());
        site.address = SocketAddr::new(site.address_of("proxy"), 80);
        // Those of a second in a row show that they go on to pass.
        let passes = is_answered(site.address, 20, DEADLINE);
        assert!(passes, "no request passes\n{}", site.proxy_log());
        site
    }

    /// Its folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.root.path().join(&self.project)
    }

    /// Its compose file.
    pub(super) fn file(&self) -> PathBuf {
        self.folder().join("docker-compose.yml")
    }

    /// Where the journals of its runs are.
    pub(super) fn state_dir(&self) -> PathBuf {
        self.root.path().join("state")
    }

    /// The tag that it does not have now; from here on it has that.
    pub(super) fn next_tag(&mut self) -> &'static str {
        self.tag = images::TAGS[usize::from(self.tag == images::TAGS[0])];
        self.tag
    }

    /// What the proxy wrote first.
    pub(super) fn proxy_log(&self) -> String {
        let id = self.containers()[&self.name_of("proxy")].id();
        let out = process::Command::new("docker").args(["logs", &id.0]).output().unwrap();
        let log = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        log.lines().take(30).collect::<Vec<_>>().join("\n")
    }

    fn containers(&self) -> std::collections::BTreeMap<String, composeup::engine::api::Inspection> {
        self.engine.containers(&self.project)
    }

    /// Name of the one container of a service.
    pub(super) fn name_of(&self, service: &str) -> String {
        Compose::V2_40.container_name(&self.project, service, 1)
    }

    fn address_of(&self, service: &str) -> IpAddr {
        let networks = self.containers()[&self.name_of(service)].networks();
        let network = networks.values().next().unwrap();
        network["IPAddress"].as_str().unwrap().parse().unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.engine.remove_project(&self.project, &[], &[]);
    }
}

fn compose_file(proxy: Proxy, app: App) -> String {
    let App { end, warm_up, check_every } = app;
    let socket = if proxy.asks_the_engine() {
        "\n      - /var/run/docker.sock:/var/run/docker.sock"
    } else {
        ""
    };
    format!(
        r#"services:
  web:
    image: {app}:{tag}
    environment:
      {END}: {end}
      {WARM_UP}: "{warm_up}"
      VIRTUAL_HOST: {HOST}
      VIRTUAL_PORT: "{PORT}"
    labels:
{labels}    healthcheck:
      test: ["CMD", "/bin/busybox", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:{PORT}/"]
      interval: {check_every}s
      timeout: 5s

  proxy:
    image: {image}
    command: {command}
    volumes:
      - ./proxy.conf:{file}:ro{socket}
    tmpfs: /tmp
    depends_on:
      - web
"#,
        app = images::APP,
        tag = images::TAGS[0],
        warm_up = warm_up.as_millis(),
        check_every = check_every.as_secs(),
        labels = proxy::labels(),
        image = proxy.image(),
        command = serde_json::Value::from(proxy.command()),
        file = proxy.file(),
    )
}
