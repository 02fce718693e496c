//! Containers: look, create, start, stop, remove, rename.

use std::time::Duration;

use bollard::query_parameters::{
    RemoveContainerOptions, RenameContainerOptions, StartContainerOptions, StopContainerOptions,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::classify::{found, nonsense};
use super::client::{Docker, within};
use super::raw::encoded;
use crate::engine::EngineError;
use crate::engine::api::{ContainerId, ContainerSpec, Inspection, RestartPolicy};

/// How many containers are looked at at the same time.
const AT_ONCE: usize = 8;
/// The engine's stop timeout where neither the caller nor the container has one.
const DEFAULT_GRACE: Duration = Duration::from_secs(10);
/// How often to look whether a removal that somebody else began has ended.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// `GET /containers/json` for the ids, then each one as a whole; those that vanish in between are
/// left out.
pub(super) async fn list(
    docker: &Docker,
    labels: &[String],
) -> Result<Vec<Inspection>, EngineError> {
    let call = "list containers";
    let filters = json!({ "label": labels }).to_string();
    let path = format!("/containers/json?all=true&filters={}", encoded(&filters));
    let answer = docker.get(call, &path).await?;
    let entries = answer.as_array().ok_or_else(|| nonsense(call, &"it is no list"))?;
    let ids: Vec<&str> = entries.iter().filter_map(|entry| entry["Id"].as_str()).collect();
    let looks = stream::iter(ids.into_iter().map(|id| inspect(docker, id))).buffered(AT_ONCE);
    looks.try_filter_map(async |seen| Ok(seen)).try_collect().await
}

/// `GET /containers/{id}/json`. The engine also answers to the beginning of an id; we do not, since
/// a name may look like one.
pub(super) async fn inspect(
    docker: &Docker,
    id_or_name: &str,
) -> Result<Option<Inspection>, EngineError> {
    let call = format!("inspect container `{}`", shown(id_or_name));
    let path = format!("/containers/{}/json", encoded(id_or_name));
    let seen = found(docker.get(&call, &path).await)?.map(Inspection);
    Ok(seen.filter(|seen| seen.id().0 == id_or_name || seen.name() == id_or_name))
}

/// `POST /containers/create`.
pub(super) async fn create(
    docker: &Docker,
    spec: &ContainerSpec,
) -> Result<ContainerId, EngineError> {
    let call = format!("create container `{}`", spec.name);
    let name = encoded(&spec.name);
    let platform = spec.platform.iter().map(|it| format!("&platform={}", encoded(it)));
    let path = format!("/containers/create?name={name}{}", platform.collect::<String>());
    let answer = docker.post(&call, &path, &spec.body).await?;
    let id = answer.get("Id").and_then(Value::as_str);
    id.map(|id| ContainerId(id.to_owned())).ok_or_else(|| nonsense(&call, &"it has no `Id`"))
}

/// `POST /containers/{id}/start`; 304 is success.
pub(super) async fn start(docker: &Docker, id: &ContainerId) -> Result<(), EngineError> {
    let call = format!("start container `{}`", id.short());
    let answer = docker.client.start_container(&id.0, None::<StartContainerOptions>);
    docker.ask(&call, docker.deadlines.write, answer).await
}

/// `POST /containers/{id}/stop`; 304 and 404 are success.
pub(super) async fn stop(
    docker: &Docker,
    id: &ContainerId,
    grace: Option<Duration>,
) -> Result<(), EngineError> {
    let call = format!("stop container `{}`", id.short());
    let seconds = grace.map(|grace| i32::try_from(grace.as_secs()).unwrap_or(i32::MAX));
    let grace = match grace {
        Some(grace) => grace,
        None => own_grace(docker, id).await?,
    };
    let options = StopContainerOptions { t: seconds, signal: None };
    let answer = docker.client.stop_container(&id.0, Some(options));
    found(docker.ask(&call, grace + docker.deadlines.write, answer).await).map(|_| ())
}

async fn own_grace(docker: &Docker, id: &ContainerId) -> Result<Duration, EngineError> {
    let seen = inspect(docker, &id.0).await?;
    let seconds = seen.and_then(|seen| seen.0.pointer("/Config/StopTimeout")?.as_u64());
    Ok(seconds.map_or(DEFAULT_GRACE, Duration::from_secs))
}

/// `POST /containers/{id}/update`; 404 is success.
pub(super) async fn set_restart_policy(
    docker: &Docker,
    id: &ContainerId,
    policy: &RestartPolicy,
) -> Result<(), EngineError> {
    let call = format!("set restart policy `{policy}` of container `{}`", id.short());
    let path = format!("/containers/{}/update", encoded(&id.0));
    let body = json!({ "RestartPolicy": policy.body() });
    found(docker.post(&call, &path, &body).await).map(|_| ())
}

/// `DELETE /containers/{id}` by force, never its volumes; 404 is success.
pub(super) async fn remove(docker: &Docker, id: &ContainerId) -> Result<(), EngineError> {
    let call = format!("remove container `{}`", id.short());
    let options = RemoveContainerOptions { force: true, v: false, link: false };
    let answer = docker.client.remove_container(&id.0, Some(options));
    match docker.ask(&call, docker.deadlines.write, answer).await {
        Err(EngineError::NotFound { .. }) => Ok(()),
        Err(EngineError::Conflict { message, .. }) if message.contains("already in progress") => {
            within(&call, docker.deadlines.write, gone(docker, id)).await
        }
        end => end,
    }
}

async fn gone(docker: &Docker, id: &ContainerId) -> Result<(), EngineError> {
    while inspect(docker, &id.0).await?.is_some() {
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// `POST /containers/{id}/rename`. The engine refuses the name that the container has already.
pub(super) async fn rename(
    docker: &Docker,
    id: &ContainerId,
    name: &str,
) -> Result<(), EngineError> {
    let call = format!("rename container `{}` to `{name}`", id.short());
    let options = RenameContainerOptions { name: name.to_owned() };
    let answer = docker.client.rename_container(&id.0, options);
    match docker.ask(&call, docker.deadlines.write, answer).await {
        Err(error) if !error.is_ambiguous() => {
            let seen = inspect(docker, &id.0).await?;
            if seen.is_some_and(|seen| seen.name() == name) { Ok(()) } else { Err(error) }
        }
        end => end,
    }
}

/// An id short, a name whole.
fn shown(id_or_name: &str) -> &str {
    let is_id = id_or_name.len() == 64 && id_or_name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { crate::text::short_id(id_or_name) } else { id_or_name }
}
