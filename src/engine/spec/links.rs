//! `links` and `external_links`.

use super::{Peer, SpecInput, peers};

/// Each link as `container:alias`, in `HostConfig` and in every endpoint.
pub(super) fn links(input: &SpecInput) -> Vec<String> {
    let own = input.service.links.iter().flat_map(|link| service_links(input, link));
    let external = input.service.external_links.iter().map(|link| {
        let (container, alias) = link.split_once(':').unwrap_or((link, link));
        format!("{container}:{alias}")
    });
    let mut links: Vec<String> = own.chain(external).collect();
    if input.is_v1() {
        links.sort();
        links.dedup();
    }
    links
}

fn service_links(input: &SpecInput, link: &str) -> Vec<String> {
    let (service, alias) = link.split_once(':').unwrap_or((link, link));
    let links = peers::of(input, service).into_iter().map(|peer| {
        let names = [alias.to_owned()].into_iter().chain(peer_names(input, service, peer));
        names.map(|name| format!("{}:{name}", peer.name)).collect::<Vec<_>>()
    });
    links.flatten().collect()
}

/// What a linked container is called beside its alias. v1 uses its own names; v2 (sic) the ones its
/// replica of the linking container's number would have.
fn peer_names(input: &SpecInput, service: &str, peer: &Peer) -> [String; 2] {
    let project = &input.project.name;
    if input.is_v1() {
        let prefix = format!("{}_", project.trim_start_matches(['-', '_']));
        let short = peer.name.strip_prefix(&prefix).unwrap_or(&peer.name);
        return [peer.name.clone(), short.to_owned()];
    }
    let number = input.number;
    [format!("{service}-{number}"), format!("{project}-{service}-{number}")]
}
