//! A command in a running container.

use std::time::Duration;

use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use futures_util::TryStreamExt as _;
use tokio::time::sleep;

use super::client::Docker;
use crate::engine::EngineError;
use crate::engine::api::{ContainerId, Exec, ExecResult};

/// How many bytes of the output are kept: more than the configuration of any proxy.
const OUTPUT_LIMIT: usize = 1024 * 1024;
/// How often to ask for the exit code: the output can end a moment before the command does.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// `POST /containers/{id}/exec`, `POST /exec/{id}/start`, `GET /exec/{id}/json`, all three within
/// `deadline`. The engine cannot end a command: one that outlives the deadline goes on.
pub(super) async fn run(
    docker: &Docker,
    id: &ContainerId,
    exec: &Exec,
    deadline: Duration,
) -> Result<ExecResult, EngineError> {
    let call = format!("run a command in container `{}`", id.short());
    docker.ask(&call, deadline, attached(&docker.client, id, exec)).await
}

async fn attached(
    client: &bollard::Docker,
    id: &ContainerId,
    exec: &Exec,
) -> Result<ExecResult, Error> {
    let options = CreateExecOptions {
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: Some(exec.command.clone()),
        user: exec.user.clone(),
        privileged: Some(exec.privileged),
        working_dir: exec.working_dir.clone(),
        env: Some(exec.env.clone()),
        ..Default::default()
    };
    let exec = client.create_exec(&id.0, options).await?.id;
    let output = output(client.start_exec(&exec, None::<StartExecOptions>).await?).await?;
    Ok(ExecResult { exit_code: exit_code(client, &exec).await?, output })
}

async fn output(started: StartExecResults) -> Result<String, Error> {
    let mut kept = Vec::new();
    if let StartExecResults::Attached { mut output, .. } = started {
        while let Some(chunk) = output.try_next().await? {
            kept.extend_from_slice(&chunk.into_bytes());
            kept.truncate(OUTPUT_LIMIT);
        }
    }
    Ok(String::from_utf8_lossy(&kept).into_owned())
}

async fn exit_code(client: &bollard::Docker, exec: &str) -> Result<i64, Error> {
    loop {
        let state = client.inspect_exec(exec).await?;
        match state.exit_code.filter(|_| state.running != Some(true)) {
            Some(exit_code) => return Ok(exit_code),
            None => sleep(LOOK_EVERY).await,
        }
    }
}
