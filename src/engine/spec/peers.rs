//! What a container shares with containers of other services: namespaces and volumes.

use super::{Peer, SpecError, SpecInput};

/// `network_mode`, `ipc` or `pid`, with `service:X` replaced by X's container.
pub(super) fn namespace(input: &SpecInput, key: &str, mode: &str) -> Result<String, SpecError> {
    match mode.strip_prefix("service:") {
        Some(other) => Ok(format!("container:{}", first(input, key, other)?.id)),
        None => Ok(mode.to_owned()),
    }
}

/// `HostConfig.VolumesFrom`: containers, whose access mode Compose leaves out.
pub(super) fn volumes_from(input: &SpecInput) -> Result<Vec<String>, SpecError> {
    input.service.volumes_from.iter().map(|from| volume_source(input, from)).collect()
}

fn volume_source(input: &SpecInput, from: &str) -> Result<String, SpecError> {
    let given = from.strip_prefix("container:");
    let text = given.unwrap_or(from);
    let name = text.split(':').next().unwrap_or(text);
    Ok(match given {
        Some(_) => name.to_owned(),
        None => first(input, "volumes_from", name)?.id.to_string(),
    })
}

/// Containers of another service in the order of their names, which is the one Compose takes.
pub(super) fn of<'a>(input: &SpecInput<'a>, service: &str) -> Vec<&'a Peer> {
    let mut peers: Vec<&Peer> = input.peers.get(service).into_iter().flatten().collect();
    peers.sort_by(|a, b| a.name.cmp(&b.name));
    peers
}

pub(super) fn first<'a>(
    input: &SpecInput<'a>,
    key: &str,
    other: &str,
) -> Result<&'a Peer, SpecError> {
    of(input, other).first().copied().ok_or_else(|| SpecError::NoPeer {
        service: input.service.name.clone(),
        key: key.to_owned(),
        other: other.to_owned(),
        location: input.location_of(key),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::Given;
    use crate::compose::model::Service;

    #[test]
    fn a_namespace_is_shared_with_the_first_container_by_name() {
        let service = Service { pid: Some("service:db".to_owned()), ..Service::default() };
        let given = Given::new(service).peer("db", "shop-db-2").peer("db", "shop-db-10");
        assert_eq!(given.sends("/HostConfig/PidMode"), "container:id-of-shop-db-10");
    }

    #[test]
    fn a_service_without_a_container_cannot_be_shared_with() {
        let service = Service { ipc: Some("service:db".to_owned()), ..Service::default() };
        let expected = "`services.web.ipc` needs a container of `db`, and there is none";
        assert_eq!(Given::new(service).error(), expected);
    }

    #[test]
    fn volumes_come_from_services_and_from_containers_without_their_mode() {
        let from = ["db:ro", "container:backup"].map(str::to_owned).to_vec();
        let service = Service { volumes_from: from, ..Service::default() };
        let given = Given::new(service).peer("db", "shop-db-1");
        assert_eq!(given.sends("/HostConfig/VolumesFrom"), json!(["id-of-shop-db-1", "backup"]));
    }
}
