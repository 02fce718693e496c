//! Networks: look, create, connect, remove.

use serde_json::{Value, json};

use super::classify::found;
use super::client::Docker;
use super::containers;
use super::raw::encoded;
use crate::engine::EngineError;
use crate::engine::api::{Attachment, ContainerId, Network};

/// `GET /networks/{name}`. The engine also answers to the beginning of an id; we do not.
pub(super) async fn inspect(docker: &Docker, name: &str) -> Result<Option<Network>, EngineError> {
    let call = format!("inspect network `{name}`");
    let path = format!("/networks/{}", encoded(name));
    let seen = found(docker.get(&call, &path).await)?.map(Network);
    Ok(seen.filter(|seen| seen.name() == name || seen.id() == name))
}

/// `POST /networks/create`.
pub(super) async fn create(docker: &Docker, body: &Value) -> Result<(), EngineError> {
    let call = format!("create network `{}`", body["Name"].as_str().unwrap_or_default());
    docker.post(&call, "/networks/create", body).await.map(|_| ())
}

/// `POST /networks/{name}/connect`. Engines refuse a second connect in different words, so a
/// refusal is settled by looking.
pub(super) async fn connect(
    docker: &Docker,
    id: &ContainerId,
    to: &Attachment,
) -> Result<(), EngineError> {
    let call = format!("connect container `{}` to network `{}`", id.short(), to.network);
    let path = format!("/networks/{}/connect", encoded(&to.network));
    if to.is_again {
        disconnect(docker, id, &to.network).await?;
    }
    let body = json!({ "Container": id, "EndpointConfig": to.endpoint_of(id) });
    match docker.post(&call, &path, &body).await {
        Err(error) if !error.is_ambiguous() => {
            let seen = containers::inspect(docker, &id.0).await?;
            let connected = seen.is_some_and(|seen| seen.networks().contains_key(&to.network));
            if connected { Ok(()) } else { Err(error) }
        }
        end => end.map(|_| ()),
    }
}

/// `POST /networks/{name}/disconnect`. Engines refuse it for a container that is not connected in
/// different words, so a refusal is settled by looking.
async fn disconnect(docker: &Docker, id: &ContainerId, network: &str) -> Result<(), EngineError> {
    let call = format!("disconnect container `{}` from network `{network}`", id.short());
    let path = format!("/networks/{}/disconnect", encoded(network));
    match docker.post(&call, &path, &json!({ "Container": id })).await {
        Err(error) if !error.is_ambiguous() => {
            let seen = containers::inspect(docker, &id.0).await?;
            let connected = seen.is_none_or(|seen| seen.networks().contains_key(network));
            if connected { Err(error) } else { Ok(()) }
        }
        end => end.map(|_| ()),
    }
}

/// `DELETE /networks/{name}`; 404 is success.
pub(super) async fn remove(docker: &Docker, name: &str) -> Result<(), EngineError> {
    let call = format!("remove network `{name}`");
    let answer = docker.client.remove_network(name);
    found(docker.ask(&call, docker.deadlines.write, answer).await).map(|_| ())
}
