//! Volumes: look, create, remove.

use bollard::query_parameters::RemoveVolumeOptions;
use serde_json::{Value, json};

use super::classify::found;
use super::client::Docker;
use super::raw::encoded;
use crate::engine::EngineError;
use crate::engine::api::Volume;
use crate::labels;

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

/// `GET /volumes` with the label of a project's locks.
pub(super) async fn locks(docker: &Docker, project: &str) -> Result<Vec<Volume>, EngineError> {
    let call = format!("list the locks of `{project}`");
    let filters = json!({ "label": [format!("{}={project}", labels::LOCK)] }).to_string();
    let path = format!("/volumes?filters={}", encoded(&filters));
    let answer = docker.get(&call, &path).await?;
    // The engine says `null` where there are none.
    let volumes = answer["Volumes"].as_array().cloned().unwrap_or_default();
    Ok(volumes.into_iter().map(Volume).collect())
}

/// [`remove`] for a lock alone.
pub(super) async fn remove_lock(
    docker: &Docker,
    name: &str,
    token: &str,
) -> Result<(), EngineError> {
    match inspect(docker, name).await? {
        None => Ok(()),
        Some(volume) if volume.is_lock(token) => remove(docker, name).await,
        Some(_) => Err(EngineError::foreign_lock(name)),
    }
}
