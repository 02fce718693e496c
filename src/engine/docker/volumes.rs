//! Volumes: look, create, remove.

use bollard::query_parameters::RemoveVolumeOptions;
use serde_json::Value;

use super::classify::found;
use super::client::Docker;
use super::raw::encoded;
use crate::engine::EngineError;
use crate::engine::api::Volume;

/// `GET /volumes/{name}`.
pub(super) async fn inspect(docker: &Docker, name: &str) -> Result<Option<Volume>, EngineError> {
    let call = format!("inspect volume `{name}`");
    let path = format!("/volumes/{}", encoded(name));
    Ok(found(docker.get(&call, &path).await)?.map(Volume))
}

/// `POST /volumes/create`.
pub(super) async fn create(docker: &Docker, body: &Value) -> Result<(), EngineError> {
    let call = format!("create volume `{}`", body["Name"].as_str().unwrap_or_default());
    docker.post(&call, "/volumes/create", body).await.map(|_| ())
}

/// `DELETE /volumes/{name}`; 404 is success.
pub(super) async fn remove(docker: &Docker, name: &str) -> Result<(), EngineError> {
    let call = format!("remove volume `{name}`");
    let answer = docker.client.remove_volume(name, None::<RemoveVolumeOptions>);
    found(docker.ask(&call, docker.deadlines.write, answer).await).map(|_| ())
}
