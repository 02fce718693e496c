//! Networks of a container: its mode, its endpoints, and what is connected after the create.

use std::cmp::Reverse;

use serde_json::{Map, Value};

use super::object::Object;
use super::release::Change;
use super::{SpecError, SpecInput, links, peers};
use crate::compose::model::ServiceNetwork;
use crate::engine::api::Attachment;

/// How a container is attached to networks.
#[derive(Default)]
pub(super) struct Networking {
    /// `HostConfig.NetworkMode`.
    pub(super) mode: String,
    /// `MacAddress` of the container as a whole; the engine reads it below API 1.44.
    pub(super) mac_address: Option<String>,
    /// `NetworkingConfig.EndpointsConfig`: endpoints in the create call.
    pub(super) endpoints: Map<String, Value>,
    /// Endpoints that take a call each after it, which is so below API 1.44.
    pub(super) connect: Vec<Attachment>,
}

/// The first API version that takes several endpoints, with a MAC address each, in one create.
const ENDPOINTS_IN_CREATE: (u32, u32) = (1, 44);
/// The first API version that names interfaces.
const INTERFACE_NAMES: (u32, u32) = (1, 49);
/// The driver option `interface_name` becomes.
const INTERFACE_NAME_OPTION: &str = "com.docker.network.endpoint.ifname";

/// Attaches the service to the networks the project says.
pub(super) fn networking(input: &SpecInput) -> Result<Networking, SpecError> {
    let service = input.service;
    if let Some(mode) = &service.network_mode {
        return Ok(Networking {
            mode: peers::namespace(input, "network_mode", mode)?,
            mac_address: service.mac_address.clone(),
            ..Networking::default()
        });
    }
    let keys = by_priority(input);
    let Some((primary, others)) = keys.split_first() else {
        return Ok(Networking { mode: "none".to_owned(), ..Networking::default() });
    };
    let in_create = input.engine.speaks(ENDPOINTS_IN_CREATE.0, ENDPOINTS_IN_CREATE.1);
    let mut networking = Networking {
        mode: engine_name(input, primary),
        mac_address: if in_create { None } else { only_mac_address(input, primary)? },
        ..Networking::default()
    };
    let fallback = service.mac_address.as_ref().filter(|_| in_create);
    let primary = endpoint(input, primary, fallback)?;
    networking.endpoints.insert(networking.mode.clone(), primary);
    for key in others {
        let (network, endpoint) = (engine_name(input, key), endpoint(input, key, None)?);
        if in_create {
            networking.endpoints.insert(network, endpoint);
        } else {
            networking.connect.push(Attachment { network, endpoint });
        }
    }
    Ok(networking)
}

/// Keys of the service's networks, the primary one first: highest priority, then by name.
fn by_priority<'a>(input: &SpecInput<'a>) -> Vec<&'a str> {
    if input.project.networks.is_empty() {
        return Vec::new();
    }
    if input.service.networks.is_empty() {
        return vec!["default"];
    }
    let mut keys: Vec<&str> = input.service.networks.keys().map(String::as_str).collect();
    keys.sort_by_key(|key| (Reverse(body(input, key).map_or(0, |body| body.priority)), *key));
    keys
}

/// What the service says of a network, if it says more than its name.
fn body<'a>(input: &SpecInput<'a>, key: &str) -> Option<&'a ServiceNetwork> {
    input.service.networks.get(key)?.as_ref()
}

/// What the engine knows a network of the project by.
fn engine_name(input: &SpecInput, key: &str) -> String {
    let network = input.project.networks.get(key);
    let by_id = network.is_some_and(|network| network.external)
        && !input.is_v1()
        && !input.release().has(Change::ExternalNetworkByName);
    let id = input.network_ids.get(key).filter(|_| by_id);
    id.or(network.map(|network| &network.name)).cloned().unwrap_or_default()
}

/// `EndpointConfig` of one network.
fn endpoint(
    input: &SpecInput,
    key: &str,
    mac_address: Option<&String>,
) -> Result<Value, SpecError> {
    let mut endpoint = Object::default();
    let body = body(input, key);
    endpoint.set("Aliases", aliases(input, body));
    endpoint.set("Links", links::links(input));
    let own = body.and_then(|body| body.mac_address.as_ref());
    endpoint.set("MacAddress", own.or(mac_address).cloned());
    if let Some(body) = body {
        if input.is_v1() {
            endpoint.set("IPAMConfig", addresses(body));
        } else {
            // A body without addresses makes an empty object. The addresses stand twice, and the
            // second one under this name.
            endpoint.put("IPAMConfig", Some(addresses(body)));
            endpoint.set("IPAddress", body.ipv4_address.clone());
            endpoint.set("IPv6Gateway", body.ipv6_address.clone());
        }
        if input.release().has(Change::EndpointDriverOpts) {
            endpoint.set("DriverOpts", driver_opts(input, key, body)?);
        }
        if input.release().has(Change::GatewayPriority) {
            endpoint.set("GwPriority", body.gw_priority);
        }
    }
    Ok(endpoint.into())
}

/// The names other containers find this one by on the network.
fn aliases(input: &SpecInput, body: Option<&ServiceNetwork>) -> Vec<String> {
    let own = (!input.is_v1()).then(|| input.name.to_owned());
    let extra = body.map(|body| body.aliases.as_slice()).unwrap_or_default();
    own.into_iter().chain([input.service.name.clone()]).chain(extra.iter().cloned()).collect()
}

fn addresses(body: &ServiceNetwork) -> Value {
    let mut addresses = Object::default();
    addresses.set("IPv4Address", body.ipv4_address.clone());
    addresses.set("IPv6Address", body.ipv6_address.clone());
    addresses.set("LinkLocalIPs", body.link_local_ips.clone());
    addresses.into()
}

/// Driver options, with the name of the interface among them.
fn driver_opts(input: &SpecInput, key: &str, body: &ServiceNetwork) -> Result<Value, SpecError> {
    let mut options = body.driver_opts.clone();
    if let Some(name) = &body.interface_name {
        input.needs_api(INTERFACE_NAMES, &format!("networks.{key}.interface_name"))?;
        options.insert(INTERFACE_NAME_OPTION.to_owned(), name.clone());
    }
    Ok(options.into_iter().map(|(key, value)| (key, Value::String(value))).collect())
}

/// The one MAC address a container can have where endpoints cannot have their own.
fn only_mac_address(input: &SpecInput, primary: &str) -> Result<Option<String>, SpecError> {
    let service = input.service;
    let given = service.networks.values().flatten().filter(|body| body.mac_address.is_some());
    if given.count() > 1 {
        input.needs_api(ENDPOINTS_IN_CREATE, "networks.*.mac_address")?;
    }
    let of_primary = body(input, primary).and_then(|body| body.mac_address.clone());
    Ok(of_primary.or_else(|| service.mac_address.clone()))
}
