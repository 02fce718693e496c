//! Networks and volumes a service needs: by whom they are made, and which are missing.

use std::collections::BTreeSet;

use super::build::Situation;
use super::steps::{Resource, ResourceKind};
use crate::compose::model::{Network, Project, Service, Volume};
use crate::engine::spec::{Style, network_body, volume_body};

/// The networks a service is in, by key.
pub(super) fn networks_of<'a>(
    project: &'a Project,
    service: &'a Service,
) -> impl Iterator<Item = (&'a String, &'a Network)> {
    service.networks.keys().filter_map(|key| project.networks.get_key_value(key))
}

/// The volumes a service mounts by name, by key.
pub(super) fn volumes_of<'a>(
    project: &'a Project,
    service: &'a Service,
) -> impl Iterator<Item = (&'a String, &'a Volume)> {
    let named = service.volumes.iter().filter(|mount| mount.kind == "volume");
    let keys: BTreeSet<&String> = named.filter_map(|mount| mount.source.as_ref()).collect();
    keys.into_iter().filter_map(|key| project.volumes.get_key_value(key))
}

/// What Compose would create before it creates containers of `service`: everything that is missing
/// and not external.
#[must_use]
pub fn missing(situation: &Situation, service: &Service, style: &Style) -> Vec<Resource> {
    let (project, observed) = (situation.after, situation.observed);
    let networks = networks_of(project, service)
        .filter(|(_, one)| !one.external && !observed.networks.contains_key(&one.name))
        .map(|(key, one)| Resource {
            kind: ResourceKind::Network,
            name: one.name.clone(),
            body: network_body(project, key, one, style),
        });
    let volumes = volumes_of(project, service)
        .filter(|(_, one)| !one.external && !observed.volumes.contains_key(&one.name))
        .map(|(key, one)| Resource {
            kind: ResourceKind::Volume,
            name: one.name.clone(),
            body: volume_body(project, key, one, style),
        });
    networks.chain(volumes).collect()
}
