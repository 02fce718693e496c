//! What a container shares with other containers: namespaces and volumes.

use crate::compose::hash::v1::{Reference, Service};
use crate::engine::spec::{SpecError, SpecInput, peers};

/// The mode of a namespace, with the id of the container it means.
pub(super) fn namespace(
    input: &SpecInput,
    key: &str,
    mode: &Reference,
) -> Result<String, SpecError> {
    Ok(match mode {
        Reference::Mode(mode) => mode.clone(),
        other => format!("container:{}", container(input, key, other)?),
    })
}

/// `HostConfig.VolumesFrom`: containers, each with its access mode.
pub(super) fn volumes_from(input: &SpecInput, service: &Service) -> Result<Vec<String>, SpecError> {
    let sources = service.volumes_from.iter();
    let source = sources.map(|from| {
        let container = container(input, "volumes_from", &from.source)?;
        Ok(format!("{container}:{}", from.mode))
    });
    source.collect()
}

/// v1 sends the id of another container; the engine takes its name for the same one.
fn container(input: &SpecInput, key: &str, of: &Reference) -> Result<String, SpecError> {
    match of {
        Reference::Service(name) => Ok(peers::first(input, key, name)?.id.to_string()),
        Reference::Container(name) | Reference::Mode(name) => Ok(name.clone()),
    }
}
