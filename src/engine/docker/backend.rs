//! The verbs of the [`Engine`] trait, and the few that only a demo or a test needs.

use std::time::Duration;

use serde_json::Value;

use super::client::Docker;
use super::{attach, containers, events, exec, files, images, logs, networks, volumes};
use crate::engine::api::{
    Attachment, ContainerFile, ContainerId, ContainerSpec, EngineInfo, EventStream, Exec,
    ExecResult, Image, Inspection, LayerProgress, Link, Network, RemovalStream, RestartPolicy,
    Volume,
};
use crate::engine::{Engine, EngineError};

impl Docker {
    /// Removes an image by force; gone already is success.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn remove_image(&self, reference: &str) -> Result<(), EngineError> {
        images::remove(self, reference).await
    }

    /// Removes a network; gone already is success.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn remove_network(&self, name: &str) -> Result<(), EngineError> {
        networks::remove(self, name).await
    }

    /// Removes a volume; gone already is success.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        volumes::remove(self, name).await
    }
}

impl Engine for Docker {
    async fn info(&self) -> Result<EngineInfo, EngineError> {
        Ok(self.info.clone())
    }

    async fn containers(&self, labels: &[String]) -> Result<Vec<Inspection>, EngineError> {
        containers::list(self, labels).await
    }

    async fn container(&self, id_or_name: &str) -> Result<Option<Inspection>, EngineError> {
        containers::inspect(self, id_or_name).await
    }

    async fn image(&self, reference: &str) -> Result<Option<Image>, EngineError> {
        images::inspect(self, reference).await
    }

    async fn network(&self, name: &str) -> Result<Option<Network>, EngineError> {
        networks::inspect(self, name).await
    }

    async fn volume(&self, name: &str) -> Result<Option<Volume>, EngineError> {
        volumes::inspect(self, name).await
    }

    async fn pull(
        &self,
        reference: &str,
        platform: Option<&str>,
        progress: &mut dyn FnMut(LayerProgress),
    ) -> Result<(), EngineError> {
        images::pull(self, reference, platform, progress).await
    }

    async fn import_image(
        &self,
        tar: Vec<u8>,
        reference: &str,
        changes: &[&str],
    ) -> Result<(), EngineError> {
        images::import(self, tar, reference, changes).await
    }

    async fn tag(&self, image: &str, reference: &str) -> Result<(), EngineError> {
        images::tag(self, image, reference).await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, EngineError> {
        containers::create(self, spec).await
    }

    async fn connect(&self, id: &ContainerId, to: &Attachment) -> Result<(), EngineError> {
        networks::connect(self, id, to).await
    }

    async fn write_files(
        &self,
        id: &ContainerId,
        files: &[ContainerFile],
    ) -> Result<(), EngineError> {
        files::write(self, id, files).await
    }

    async fn start(&self, id: &ContainerId) -> Result<(), EngineError> {
        containers::start(self, id).await
    }

    async fn stop(&self, id: &ContainerId, grace: Option<Duration>) -> Result<(), EngineError> {
        containers::stop(self, id, grace).await
    }

    async fn set_restart_policy(
        &self,
        id: &ContainerId,
        policy: &RestartPolicy,
    ) -> Result<(), EngineError> {
        containers::set_restart_policy(self, id, policy).await
    }

    async fn remove(&self, id: &ContainerId) -> Result<(), EngineError> {
        containers::remove(self, id).await
    }

    async fn rename(&self, id: &ContainerId, name: &str) -> Result<(), EngineError> {
        containers::rename(self, id, name).await
    }

    async fn exec(
        &self,
        id: &ContainerId,
        exec: &Exec,
        deadline: Duration,
    ) -> Result<ExecResult, EngineError> {
        exec::run(self, id, exec, deadline).await
    }

    async fn attach(&self, id: &ContainerId) -> Result<Link, EngineError> {
        attach::attach(self, id).await
    }

    async fn logs(&self, id: &ContainerId, lines: usize) -> Result<Vec<String>, EngineError> {
        logs::tail(self, id, lines).await
    }

    async fn events(&self, of: &ContainerId) -> Result<EventStream, EngineError> {
        events::subscribe(self, of).await
    }

    async fn joins(&self) -> Result<EventStream, EngineError> {
        events::joins(self).await
    }

    async fn create_network(&self, body: &Value) -> Result<(), EngineError> {
        networks::create(self, body).await
    }

    async fn create_volume(&self, body: &Value) -> Result<(), EngineError> {
        volumes::create(self, body).await
    }

    async fn locks(&self, project: &str) -> Result<Vec<Volume>, EngineError> {
        volumes::locks(self, project).await
    }

    async fn remove_lock(&self, volume: &str, token: &str) -> Result<(), EngineError> {
        volumes::remove_lock(self, volume, token).await
    }

    async fn removals(&self, volume: &str) -> Result<RemovalStream, EngineError> {
        events::removals(self, volume).await
    }
}
