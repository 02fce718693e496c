//! Files into a container that does not run yet.

use bollard::body_full;
use bollard::query_parameters::UploadToContainerOptions;

use super::classify::nonsense;
use super::client::Docker;
use crate::engine::EngineError;
use crate::engine::api::{ContainerFile, ContainerId};

/// `PUT /containers/{id}/archive`; missing folders are made.
pub(super) async fn write(
    docker: &Docker,
    id: &ContainerId,
    files: &[ContainerFile],
) -> Result<(), EngineError> {
    let call = format!("write files into container `{}`", id.short());
    let archive = archive(files).map_err(|error| nonsense(&call, &error))?;
    let options = UploadToContainerOptions { path: "/".into(), ..Default::default() };
    let body = body_full(archive.into());
    let answer = docker.client.upload_to_container(&id.0, Some(options), body);
    docker.ask(&call, docker.deadlines.write, answer).await
}

fn archive(files: &[ContainerFile]) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for file in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.content.len() as u64);
        header.set_mode(file.mode);
        header.set_uid(file.uid);
        header.set_gid(file.gid);
        archive.append_data(&mut header, file.path.trim_start_matches('/'), &*file.content)?;
    }
    archive.into_inner()
}
