//! What a container wrote.

use bollard::query_parameters::LogsOptions;
use futures_util::TryStreamExt as _;

use super::client::Docker;
use crate::engine::EngineError;
use crate::engine::api::ContainerId;

/// `GET /containers/{id}/logs?tail=…`, both streams in the order of their lines.
pub(super) async fn tail(
    docker: &Docker,
    id: &ContainerId,
    lines: usize,
) -> Result<Vec<String>, EngineError> {
    let call = format!("read the log of container `{}`", id.short());
    let options =
        LogsOptions { stdout: true, stderr: true, tail: lines.to_string(), ..Default::default() };
    let chunks = docker.client.logs(&id.0, Some(options)).try_collect::<Vec<_>>();
    let chunks = docker.ask(&call, docker.deadlines.read, chunks).await?;
    let text = chunks.into_iter().map(|chunk| chunk.to_string());
    let all: Vec<String> =
        text.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    Ok(all[all.len().saturating_sub(lines)..].to_vec())
}
