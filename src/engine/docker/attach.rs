//! Standard input and output of a container, live.

use std::io;

use bollard::query_parameters::AttachContainerOptions;
use futures_util::{AsyncBufReadExt as _, StreamExt as _, TryStreamExt as _};

use super::client::Docker;
use crate::engine::EngineError;
use crate::engine::api::{ContainerId, Link};

/// `POST /containers/{id}/attach`, best before the container starts.
pub(super) async fn attach(docker: &Docker, id: &ContainerId) -> Result<Link, EngineError> {
    let call = format!("attach to container `{}`", id.short());
    let options =
        AttachContainerOptions { stream: true, stdin: true, stdout: true, ..Default::default() };
    let attached = docker.client.attach_container(&id.0, Some(options));
    let attached = docker.ask(&call, docker.deadlines.write, attached).await?;
    let chunks = attached.output.map_ok(bollard::container::LogOutput::into_bytes);
    let lines = chunks.map_err(io::Error::other).into_async_read().lines();
    let dropped = move |_| EngineError::Dropped { call: call.clone() };
    Ok(Link { input: attached.input, lines: lines.map_err(dropped).boxed() })
}
