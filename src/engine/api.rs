//! The seam: the verbs composeup asks of an engine, and the values that cross it.
//!
//! What is read from the engine is kept as the raw JSON it sent ([`Inspection`], [`Image`],
//! [`Network`], [`Volume`]) with accessors on top, so that nothing is lost when a part of it goes
//! back. What is sent is built as JSON by [`crate::engine`]'s pure mapping.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use futures_util::Stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::EngineError;

/// Full id of a container (64 hex digits).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContainerId(pub String);

impl ContainerId {
    /// The first twelve digits.
    #[must_use]
    pub fn short(&self) -> &str {
        crate::text::short_id(&self.0)
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who the engine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// The address, as it is shown to people.
    pub endpoint: String,
    /// Release, such as `28.5.2`.
    pub version: String,
    /// API version spoken with it, such as `1.41`.
    pub api_version: String,
    /// `linux`, `windows`.
    pub os: String,
    /// `amd64`, `arm64`, …
    pub architecture: String,
}

impl EngineInfo {
    /// Whether the negotiated API version is at least `major.minor`.
    #[must_use]
    pub fn speaks(&self, major: u32, minor: u32) -> bool {
        let mut parts = self.api_version.split('.').map(|part| part.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (major, minor)
    }
}

/// Everything needed to create one container, complete before the first call.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// Name to create it under.
    pub name: String,
    /// The `platform` query parameter, such as `linux/arm64`.
    pub platform: Option<String>,
    /// Body of `POST /containers/create`.
    pub body: Value,
    /// Networks to connect after the create and before the start, in order.
    pub connect: Vec<Attachment>,
    /// Files to write after the create and before the start.
    pub files: Vec<ContainerFile>,
}

// Bodies and files hold the user's secrets.
impl fmt::Debug for ContainerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// One network to connect a container to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// The engine's name of the network.
    pub network: String,
    /// `EndpointConfig` of `POST /networks/{id}/connect`.
    pub endpoint: Value,
}

/// One file to write into a container that was created and not started.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerFile {
    /// Absolute path in the container.
    pub path: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Numeric owner.
    pub uid: u64,
    /// Numeric group.
    pub gid: u64,
}

impl fmt::Debug for ContainerFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// `GET /containers/{id}/json` as the engine sent it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inspection(pub Value);

impl fmt::Debug for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inspection({} {})", self.id(), self.name())
    }
}

/// Where a container is in its life, with what its end left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerState {
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
    pub status: String,
    /// Whether its process runs.
    pub running: bool,
    /// Whether the engine is between two tries of the restart policy.
    pub restarting: bool,
    /// Whether the kernel killed it for memory.
    pub oom_killed: bool,
    /// Exit code of the last end of its process.
    pub exit_code: i64,
    /// The engine's words when it could not start.
    pub error: String,
    /// How often the restart policy started it again.
    pub restart_count: u64,
    /// Verdict of the HEALTHCHECK, if it has one.
    pub health: Option<Health>,
}

/// The engine's verdict of a HEALTHCHECK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `starting`, `healthy`, `unhealthy` or `none`.
    pub status: String,
    /// Exit code and output of the last checks, oldest first.
    pub log: Vec<(i64, String)>,
}

/// The HEALTHCHECK a container runs under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healthcheck {
    /// `["CMD", …]` or `["CMD-SHELL", command]`.
    pub test: Vec<String>,
    /// Time between two checks.
    pub interval: Duration,
    /// Deadline of one check.
    pub timeout: Duration,
    /// Time in which failures do not count.
    pub start_period: Duration,
    /// Failures in a row that make it unhealthy.
    pub retries: u32,
}

impl Inspection {
    /// Full id.
    #[must_use]
    pub fn id(&self) -> ContainerId {
        ContainerId(text_at(&self.0, "/Id"))
    }

    /// Name without the leading slash.
    #[must_use]
    pub fn name(&self) -> String {
        text_at(&self.0, "/Name").trim_start_matches('/').to_owned()
    }

    /// Id of the image it was created from.
    #[must_use]
    pub fn image_id(&self) -> String {
        text_at(&self.0, "/Image")
    }

    /// Image reference it was created with.
    #[must_use]
    pub fn image(&self) -> String {
        text_at(&self.0, "/Config/Image")
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        string_map(self.0.pointer("/Config/Labels"))
    }

    /// One label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.0.pointer("/Config/Labels")?.get(key)?.as_str()
    }

    /// Replica number by Compose's label, if it has one.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        self.label(crate::labels::CONTAINER_NUMBER)?.parse().ok()
    }

    /// Where it is in its life.
    #[must_use]
    pub fn state(&self) -> ContainerState {
        let state = self.0.get("State").unwrap_or(&Value::Null);
        let flag = |key: &str| state.get(key).and_then(Value::as_bool).unwrap_or(false);
        ContainerState {
            status: text_at(state, "/Status"),
            running: flag("Running"),
            restarting: flag("Restarting"),
            oom_killed: flag("OOMKilled"),
            exit_code: state.get("ExitCode").and_then(Value::as_i64).unwrap_or(0),
            error: text_at(state, "/Error"),
            restart_count: self.0.get("RestartCount").and_then(Value::as_u64).unwrap_or(0),
            health: state.get("Health").filter(|health| health.is_object()).map(health),
        }
    }

    /// The HEALTHCHECK in force (the image's or the container's own), if there is one.
    #[must_use]
    pub fn healthcheck(&self) -> Option<Healthcheck> {
        healthcheck(self.0.pointer("/Config/Healthcheck")?)
    }

    /// `Mounts` as the engine sent them: what is mounted where.
    #[must_use]
    pub fn mounts(&self) -> &[Value] {
        self.0.get("Mounts").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The port of the host that leads to a port of the container, such as `8080/tcp`; only a
    /// running container has one.
    #[must_use]
    pub fn published(&self, port: &str) -> Option<u16> {
        let bindings = self.0.pointer("/NetworkSettings/Ports")?.get(port)?.as_array()?;
        bindings.first()?.get("HostPort")?.as_str()?.parse().ok()
    }

    /// `NetworkSettings.Networks`: endpoint by network name.
    #[must_use]
    pub fn networks(&self) -> BTreeMap<String, Value> {
        let networks = self.0.pointer("/NetworkSettings/Networks").and_then(Value::as_object);
        networks.into_iter().flatten().map(|(name, end)| (name.clone(), end.clone())).collect()
    }
}

fn health(value: &Value) -> Health {
    let log = value.get("Log").and_then(Value::as_array);
    Health {
        status: text_at(value, "/Status"),
        log: log
            .into_iter()
            .flatten()
            .map(|entry| {
                let exit = entry.get("ExitCode").and_then(Value::as_i64).unwrap_or(0);
                (exit, text_at(entry, "/Output"))
            })
            .collect(),
    }
}

/// Reads `Config.Healthcheck` of a container or an image; absent times take the engine's defaults
/// (30 s, 30 s, 0 s, 3). Returns `None` where there is no check or it is `NONE`.
#[must_use]
pub fn healthcheck(value: &Value) -> Option<Healthcheck> {
    let test: Vec<String> = value
        .get("Test")?
        .as_array()?
        .iter()
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect();
    if test.is_empty() || test[0] == "NONE" {
        return None;
    }
    let time = |key: &str, default: u64| match value.get(key).and_then(Value::as_u64) {
        None | Some(0) => Duration::from_secs(default),
        Some(ns) => Duration::from_nanos(ns),
    };
    let retries = value.get("Retries").and_then(Value::as_u64).unwrap_or(0);
    Some(Healthcheck {
        test,
        interval: time("Interval", 30),
        timeout: time("Timeout", 30),
        start_period: time("StartPeriod", 0),
        retries: if retries == 0 { 3 } else { u32::try_from(retries).unwrap_or(u32::MAX) },
    })
}

/// `GET /images/{name}/json` as the engine sent it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Image(pub Value);

impl Image {
    /// Id: `sha256:` and 64 hex digits.
    #[must_use]
    pub fn id(&self) -> String {
        text_at(&self.0, "/Id")
    }

    /// Paths the image declares as volumes.
    #[must_use]
    pub fn volumes(&self) -> Vec<String> {
        let volumes = self.0.pointer("/Config/Volumes").and_then(Value::as_object);
        volumes.into_iter().flatten().map(|(path, _)| path.clone()).collect()
    }

    /// The image's HEALTHCHECK, if it has one.
    #[must_use]
    pub fn healthcheck(&self) -> Option<Healthcheck> {
        healthcheck(self.0.pointer("/Config/Healthcheck")?)
    }

    /// `os/architecture[/variant]`.
    #[must_use]
    pub fn platform(&self) -> String {
        let (os, architecture) = (text_at(&self.0, "/Os"), text_at(&self.0, "/Architecture"));
        match text_at(&self.0, "/Variant").as_str() {
            "" => format!("{os}/{architecture}"),
            variant => format!("{os}/{architecture}/{variant}"),
        }
    }
}

/// `GET /networks/{id}` as the engine sent it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Network(pub Value);

impl Network {
    /// Full id.
    #[must_use]
    pub fn id(&self) -> String {
        text_at(&self.0, "/Id")
    }

    /// Name.
    #[must_use]
    pub fn name(&self) -> String {
        text_at(&self.0, "/Name")
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        string_map(self.0.get("Labels"))
    }
}

/// `GET /volumes/{name}` as the engine sent it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Volume(pub Value);

impl Volume {
    /// Name.
    #[must_use]
    pub fn name(&self) -> String {
        text_at(&self.0, "/Name")
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        string_map(self.0.get("Labels"))
    }
}

/// How far the pull of one layer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerProgress {
    /// Id of the layer, empty for a line about the whole image.
    pub layer: String,
    /// The engine's word: `Downloading`, `Extracting`, `Pull complete`, …
    pub status: String,
    /// Bytes done, where it counts them.
    pub current: Option<u64>,
    /// Bytes in all, where it knows them.
    pub total: Option<u64>,
}

/// A command that ended in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecResult {
    /// Its exit code.
    pub exit_code: i64,
    /// What it wrote, both streams, at most 4 KiB.
    pub output: String,
}

/// Something that happened to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineEvent {
    /// Full id of the container.
    pub container: ContainerId,
    /// `start`, `die`, `oom`, `health_status: healthy`, `destroy`, …
    pub action: String,
    /// `Actor.Attributes`: labels, `exitCode`, …
    pub attributes: BTreeMap<String, String>,
}

/// Container events as they come; an error or the end means: subscribe again, then look again.
pub type EventStream = Pin<Box<dyn Stream<Item = Result<EngineEvent, EngineError>>>>;

/// Verbs of a Docker Engine. Every call has a deadline; a lost answer is an ambiguous
/// [`EngineError`], never a success.
#[expect(async_fn_in_trait, reason = "one thread; no Send bound is wanted")]
pub trait Engine {
    /// Who the engine is (`GET /version`).
    async fn info(&self) -> Result<EngineInfo, EngineError>;

    /// Every container, running or not, that carries all of `labels` (`key` or `key=value`).
    async fn containers(&self, labels: &[String]) -> Result<Vec<Inspection>, EngineError>;

    /// One container by id or name, `None` if there is none.
    async fn container(&self, id_or_name: &str) -> Result<Option<Inspection>, EngineError>;

    /// One image by reference or id, `None` if it is not on the engine.
    async fn image(&self, reference: &str) -> Result<Option<Image>, EngineError>;

    /// One network by name or id, `None` if there is none.
    async fn network(&self, name: &str) -> Result<Option<Network>, EngineError>;

    /// One volume by name, `None` if there is none.
    async fn volume(&self, name: &str) -> Result<Option<Volume>, EngineError>;

    /// Pulls an image, telling `progress` of every change.
    async fn pull(
        &self,
        reference: &str,
        platform: Option<&str>,
        progress: &mut dyn FnMut(LayerProgress),
    ) -> Result<(), EngineError>;

    /// Creates a container (only the create call: neither `connect` nor `files`).
    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, EngineError>;

    /// Connects a container to a network; being connected already is success.
    async fn connect(&self, id: &ContainerId, to: &Attachment) -> Result<(), EngineError>;

    /// Writes files into a container.
    async fn write_files(
        &self,
        id: &ContainerId,
        files: &[ContainerFile],
    ) -> Result<(), EngineError>;

    /// Starts a container; running already is success.
    async fn start(&self, id: &ContainerId) -> Result<(), EngineError>;

    /// Stops a container by its own stop signal; `grace` overrides its own stop timeout.
    /// Stopped already, or gone, is success.
    async fn stop(&self, id: &ContainerId, grace: Option<Duration>) -> Result<(), EngineError>;

    /// Removes a container by force, never its volumes. Gone already is success.
    async fn remove(&self, id: &ContainerId) -> Result<(), EngineError>;

    /// Gives a container another name; having it already is success.
    async fn rename(&self, id: &ContainerId, name: &str) -> Result<(), EngineError>;

    /// Runs a command in a running container and waits for its end, at most `deadline`.
    async fn exec(
        &self,
        id: &ContainerId,
        command: &[String],
        deadline: Duration,
    ) -> Result<ExecResult, EngineError>;

    /// The last `lines` lines of a container's log, both streams.
    async fn logs(&self, id: &ContainerId, lines: usize) -> Result<Vec<String>, EngineError>;

    /// Events of one container from now on, perhaps also those of the second before. When this
    /// returns, the subscription is in force. Silence is normal in it, so it has no deadline. It
    /// ends when the engine ends it.
    async fn events(&self, of: &ContainerId) -> Result<EventStream, EngineError>;

    /// Creates a network with the given body of `POST /networks/create`.
    async fn create_network(&self, body: &Value) -> Result<(), EngineError>;

    /// Creates a volume with the given body of `POST /volumes/create`.
    async fn create_volume(&self, body: &Value) -> Result<(), EngineError>;
}

fn text_at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn string_map(value: Option<&Value>) -> BTreeMap<String, String> {
    let map = value.and_then(Value::as_object);
    map.into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}
