//! Images: look, pull, import, remove.

use std::pin::pin;

use bollard::body_full;
use bollard::errors::Error;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::{CreateImageOptions, RemoveImageOptions, TagImageOptions};
use futures_util::{Stream, StreamExt as _};

use super::classify::{classify, found};
use super::client::{Docker, within};
use super::raw::encoded;
use crate::engine::EngineError;
use crate::engine::api::{Image, LayerProgress};

/// `GET /images/{reference}/json`.
pub(super) async fn inspect(
    docker: &Docker,
    reference: &str,
) -> Result<Option<Image>, EngineError> {
    let call = format!("inspect image `{reference}`");
    let path = format!("/images/{}/json", encoded(reference));
    Ok(found(docker.get(&call, &path).await)?.map(Image))
}

/// `POST /images/create?fromImage=…`.
pub(super) async fn pull(
    docker: &Docker,
    reference: &str,
    platform: Option<&str>,
    progress: &mut dyn FnMut(LayerProgress),
) -> Result<(), EngineError> {
    let options = CreateImageOptions {
        from_image: Some(reference.to_owned()),
        // Without a tag the engine would pull every tag there is.
        tag: (!has_version(reference)).then(|| "latest".to_owned()),
        platform: platform.unwrap_or_default().to_owned(),
        ..Default::default()
    };
    let lines = docker.client.create_image(Some(options), None, None);
    drain(docker, &format!("pull image `{reference}`"), lines, progress).await
}

/// `POST /images/create?fromSrc=-`: an image out of a tar of its root file system.
pub(super) async fn import(
    docker: &Docker,
    tar: Vec<u8>,
    reference: &str,
    changes: &[&str],
) -> Result<(), EngineError> {
    let options = CreateImageOptions {
        from_src: Some("-".into()),
        repo: Some(reference.to_owned()),
        changes: changes.iter().map(|change| (*change).to_owned()).collect(),
        ..Default::default()
    };
    let lines = docker.client.create_image(Some(options), Some(body_full(tar.into())), None);
    drain(docker, &format!("import image `{reference}`"), lines, &mut |_| {}).await
}

/// `POST /images/{image}/tag`.
pub(super) async fn tag(docker: &Docker, image: &str, reference: &str) -> Result<(), EngineError> {
    let call = format!("tag image `{reference}`");
    let (repo, tag) = match reference.rsplit_once(':') {
        Some((repo, tag)) if has_version(reference) => (repo, tag),
        _ => (reference, "latest"),
    };
    let options = TagImageOptions { repo: Some(repo.to_owned()), tag: Some(tag.to_owned()) };
    docker.ask(&call, docker.deadlines.write, docker.client.tag_image(image, Some(options))).await
}

/// `DELETE /images/{reference}` by force; 404 is success.
pub(super) async fn remove(docker: &Docker, reference: &str) -> Result<(), EngineError> {
    let call = format!("remove image `{reference}`");
    let options = RemoveImageOptions { force: true, ..Default::default() };
    let answer = docker.client.remove_image(reference, Some(options), None);
    found(docker.ask(&call, docker.deadlines.write, answer).await).map(|_| ())
}

/// Reads progress to its end; silence for too long is a timeout.
async fn drain(
    docker: &Docker,
    call: &str,
    lines: impl Stream<Item = Result<CreateImageInfo, Error>>,
    progress: &mut dyn FnMut(LayerProgress),
) -> Result<(), EngineError> {
    let silence = docker.deadlines.silence;
    let mut lines = pin!(lines);
    loop {
        let line = within(call, silence, async { Ok(lines.next().await) }).await?;
        match line {
            Some(line) => progress(layer(line.map_err(|error| classify(error, call))?)),
            None => return Ok(()),
        }
    }
}

fn layer(line: CreateImageInfo) -> LayerProgress {
    let bytes = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok());
    let detail = line.progress_detail.unwrap_or_default();
    LayerProgress {
        layer: line.id.unwrap_or_default(),
        status: line.status.unwrap_or_default(),
        current: bytes(detail.current),
        total: bytes(detail.total).filter(|total| *total > 0),
    }
}

/// Whether a reference has a tag or a digest: a `:` after the last `/`, or an `@`.
fn has_version(reference: &str) -> bool {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    name.contains([':', '@'])
}

#[cfg(test)]
mod tests {
    use super::has_version;

    #[test]
    fn a_port_is_not_a_tag() {
        for reference in ["ghost:3", "localhost:5000/ghost:3", "ghost@sha256:00"] {
            assert!(has_version(reference), "{reference}");
        }
        for reference in ["ghost", "localhost:5000/ghost", "library/ghost"] {
            assert!(!has_version(reference), "{reference}");
        }
    }
}
