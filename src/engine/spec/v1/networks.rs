//! Networks: v1 creates a container on its first network, and at the start takes it off that one
//! and puts it on all of them, with its short id among its aliases.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::peers as namespaces;
use super::value::{option, texts};
use crate::compose::hash::v1::{Dict, Service};
use crate::engine::api::Attachment;
use crate::engine::spec::object::Object;
use crate::engine::spec::{Peer, SpecError, SpecInput, peers};

/// `HostConfig.NetworkMode`.
pub(super) fn mode(input: &SpecInput, service: &Service) -> Result<String, SpecError> {
    match &service.net {
        Some(mode) => namespaces::namespace(input, "network_mode", mode),
        None => Ok("default".to_owned()),
    }
}

/// `NetworkingConfig`: the first network.
pub(super) fn in_create(service: &Service) -> Value {
    let Some((name, body)) = service.networks.first() else { return Value::Null };
    let mut endpoint = Object::default();
    endpoint.set("Aliases", aliases(service, body));
    endpoint.put("IPAMConfig", Some(addresses(body, false)));
    json!({"EndpointsConfig": {name: Value::from(endpoint)}})
}

/// What is connected between the create and the start.
pub(super) fn attachments(input: &SpecInput, service: &Service) -> Vec<Attachment> {
    let links = links(input, service);
    let attach = |(at, (network, body)): (usize, &(String, Dict))| {
        let mut endpoint = Object::default();
        endpoint.set("Aliases", aliases(service, body));
        endpoint.set("Links", links.clone());
        endpoint.set("IPAMConfig", addresses(body, true));
        let (network, endpoint) = (network.clone(), endpoint.into());
        Attachment { network, endpoint, is_again: at == 0, has_short_id: true }
    };
    service.networks.iter().enumerate().map(attach).collect()
}

/// The service's name and what else it is called on the network, each once.
fn aliases(service: &Service, body: &Dict) -> Vec<String> {
    let mut all = vec![service.name.clone()];
    for alias in texts(body, "aliases") {
        if !all.contains(&alias) {
            all.push(alias);
        }
    }
    all
}

fn addresses(body: &Dict, with_link_local: bool) -> Value {
    let mut addresses = Object::default();
    addresses.set("IPv4Address", option(body, "ipv4_address"));
    addresses.set("IPv6Address", option(body, "ipv6_address"));
    if with_link_local {
        addresses.set("LinkLocalIPs", option(body, "link_local_ips"));
    }
    addresses.into()
}

/// `container:alias` for each linked container under each of its names. An alias that several
/// containers have is that of the oldest.
pub(super) fn links(input: &SpecInput, service: &Service) -> Vec<String> {
    let mut by_alias: BTreeMap<String, String> = BTreeMap::new();
    for (name, alias) in &service.links {
        let alias = alias.as_deref().filter(|alias| !alias.is_empty()).unwrap_or(name);
        for peer in peers::of(input, name).into_iter().rev() {
            by_alias.insert(alias.to_owned(), peer.name.clone());
            by_alias.insert(peer.name.clone(), peer.name.clone());
            by_alias.insert(short_name(service, name, peer), peer.name.clone());
        }
    }
    for link in texts(&service.options, "external_links") {
        let (container, alias) = link.split_once(':').unwrap_or((&link, &link));
        by_alias.insert(alias.to_owned(), container.to_owned());
    }
    let mut links: Vec<String> =
        by_alias.into_iter().map(|(alias, container)| format!("{container}:{alias}")).collect();
    links.sort();
    links
}

/// The name without the project's.
fn short_name(service: &Service, linked: &str, peer: &Peer) -> String {
    let prefix = format!("{}_", service.project);
    match peer.name.strip_prefix(&prefix) {
        Some(short) if short.starts_with(linked) => short.to_owned(),
        _ => peer.name.clone(),
    }
}
