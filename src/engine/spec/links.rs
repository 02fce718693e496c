//! `links` and `external_links`.

use super::{SpecInput, peers};

/// Each link as `container:alias`, in `HostConfig` and in every endpoint.
pub(super) fn links(input: &SpecInput) -> Vec<String> {
    let own = input.service.links.iter().flat_map(|link| service_links(input, link));
    let external = input.service.external_links.iter().map(|link| {
        let (container, alias) = link.split_once(':').unwrap_or((link, link));
        format!("{container}:{alias}")
    });
    own.chain(external).collect()
}

fn service_links(input: &SpecInput, link: &str) -> Vec<String> {
    let (service, alias) = link.split_once(':').unwrap_or((link, link));
    let links = peers::of(input, service).into_iter().map(|peer| {
        let names = [alias.to_owned()].into_iter().chain(peer_names(input, service));
        names.map(|name| format!("{}:{name}", peer.name)).collect::<Vec<_>>()
    });
    links.flatten().collect()
}

/// What a linked container is called beside its alias: (sic) the names its replica of the linking
/// container's number would have.
fn peer_names(input: &SpecInput, service: &str) -> [String; 2] {
    let (project, number) = (&input.project.name, input.number);
    [format!("{service}-{number}"), format!("{project}-{service}-{number}")]
}
