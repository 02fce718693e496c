//! What a container shares with containers of other services: namespaces and volumes.

use super::{Peer, SpecError, SpecInput};

/// `network_mode`, `ipc` or `pid`, with `service:X` replaced by X's container.
pub(super) fn namespace(input: &SpecInput, key: &str, mode: &str) -> Result<String, SpecError> {
    match mode.strip_prefix("service:") {
        Some(other) => Ok(format!("container:{}", first(input, key, other)?.id)),
        None => Ok(mode.to_owned()),
    }
}

/// `HostConfig.VolumesFrom`: containers, each with its access mode as Compose sends it (v1 does,
/// v2 leaves it out).
pub(super) fn volumes_from(input: &SpecInput) -> Result<Vec<String>, SpecError> {
    input.service.volumes_from.iter().map(|from| volume_source(input, from)).collect()
}

fn volume_source(input: &SpecInput, from: &str) -> Result<String, SpecError> {
    let given = from.strip_prefix("container:");
    let text = given.unwrap_or(from);
    let (name, mode) = text.split_once(':').unwrap_or((text, "rw"));
    let container = match given {
        Some(_) => name.to_owned(),
        None => first(input, "volumes_from", name)?.id.to_string(),
    };
    Ok(if input.is_v1() { format!("{container}:{mode}") } else { container })
}

/// Containers of another service in the order of their names, which is the one Compose takes.
pub(super) fn of<'a>(input: &SpecInput<'a>, service: &str) -> Vec<&'a Peer> {
    let mut peers: Vec<&Peer> = input.peers.get(service).into_iter().flatten().collect();
    peers.sort_by(|a, b| a.name.cmp(&b.name));
    peers
}

fn first<'a>(input: &SpecInput<'a>, key: &str, other: &str) -> Result<&'a Peer, SpecError> {
    of(input, other).first().copied().ok_or_else(|| SpecError::NoPeer {
        service: input.service.name.clone(),
        key: key.to_owned(),
        other: other.to_owned(),
        location: input.location_of(key),
    })
}
