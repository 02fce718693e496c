//! The verbs, and what only they say.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use futures_util::Stream;
use serde_json::Value;

use super::{
    Attachment, ContainerFile, ContainerId, ContainerSpec, EngineInfo, Exec, ExecResult, Image,
    Inspection, Link, Network, RestartPolicy, Volume,
};
use crate::engine::EngineError;

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

/// One item for each time a volume was removed; an error or the end means as in [`EventStream`].
pub type RemovalStream = Pin<Box<dyn Stream<Item = Result<(), EngineError>>>>;

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

    /// Makes an image out of a tar of its root file system; `changes` are Dockerfile instructions.
    async fn import_image(
        &self,
        tar: Vec<u8>,
        reference: &str,
        changes: &[&str],
    ) -> Result<(), EngineError>;

    /// Gives an image that the engine has, by reference or id, one more name; whatever had that name
    /// loses it.
    async fn tag(&self, image: &str, reference: &str) -> Result<(), EngineError>;

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

    /// Gives a container another restart policy and touches nothing else of it. Gone already is
    /// success.
    async fn set_restart_policy(
        &self,
        id: &ContainerId,
        policy: &RestartPolicy,
    ) -> Result<(), EngineError>;

    /// Removes a container by force, never its volumes. Gone already is success.
    async fn remove(&self, id: &ContainerId) -> Result<(), EngineError>;

    /// Gives a container another name; having it already is success.
    async fn rename(&self, id: &ContainerId, name: &str) -> Result<(), EngineError>;

    /// Runs a command in a running container and waits for its end, at most `deadline`.
    async fn exec(
        &self,
        id: &ContainerId,
        exec: &Exec,
        deadline: Duration,
    ) -> Result<ExecResult, EngineError>;

    /// Standard input and output of a container, from now on.
    async fn attach(&self, id: &ContainerId) -> Result<Link, EngineError>;

    /// The last `lines` lines of a container's log, both streams.
    async fn logs(&self, id: &ContainerId, lines: usize) -> Result<Vec<String>, EngineError>;

    /// Events of one container from now on, perhaps also those of the second before. When this
    /// returns, the subscription is in force. Silence is normal in it, so it has no deadline. It
    /// ends when the engine ends it.
    async fn events(&self, of: &ContainerId) -> Result<EventStream, EngineError>;

    /// Tells when any container joins a network, as [`Self::events`] does: the action is `connect`,
    /// the attribute `name` is the network's. While a container starts, this comes before its
    /// process runs.
    async fn joins(&self) -> Result<EventStream, EngineError>;

    /// Creates a network with the given body of `POST /networks/create`.
    async fn create_network(&self, body: &Value) -> Result<(), EngineError>;

    /// Creates a volume with the given body of `POST /volumes/create`. If there is one of this name
    /// already it stays as it is, its labels too, and that is success.
    async fn create_volume(&self, body: &Value) -> Result<(), EngineError>;

    /// Every volume that is labelled as a lock of this project.
    async fn locks(&self, project: &str) -> Result<Vec<Volume>, EngineError>;

    /// Removes the volume of this name if it is the lock with this token, by its labels; gone already
    /// is success. Any other volume is refused: no verb removes a volume of a user.
    async fn remove_lock(&self, volume: &str, token: &str) -> Result<(), EngineError>;

    /// The removals of one volume from now on, as [`Self::events`] tells those of a container.
    async fn removals(&self, volume: &str) -> Result<RemovalStream, EngineError>;
}
