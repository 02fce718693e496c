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
            networking.connect.push(Attachment::new(network, endpoint));
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
        // A body without addresses makes an empty object. The addresses stand twice, and the second
        // one under this name.
        endpoint.put("IPAMConfig", Some(addresses(body)));
        endpoint.set("IPAddress", body.ipv4_address.clone());
        endpoint.set("IPv6Gateway", body.ipv6_address.clone());
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
    let own = [input.name.to_owned(), input.service.name.clone()];
    let extra = body.map(|body| body.aliases.as_slice()).unwrap_or_default();
    own.into_iter().chain(extra.iter().cloned()).collect()
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::Given;
    use super::*;
    use crate::compose::model::Service;

    fn on(networks: &[(&str, Option<ServiceNetwork>)]) -> Given {
        let service = Service {
            networks: networks
                .iter()
                .map(|(key, body)| ((*key).to_owned(), body.clone()))
                .collect(),
            ..Service::default()
        };
        let given = Given::new(service).network("front", false).network("back", false);
        given.network("net", true)
    }

    #[test]
    fn the_network_of_the_highest_priority_is_in_the_create_and_the_others_follow() {
        let high = ServiceNetwork { priority: 1, ..ServiceNetwork::default() };
        let spec = on(&[("back", None), ("front", Some(high)), ("net", None)]).spec().unwrap();
        assert_eq!(spec.body["HostConfig"]["NetworkMode"], "front-net");
        let connected: Vec<&str> = spec.connect.iter().map(|to| to.network.as_str()).collect();
        assert_eq!(connected, ["back-net", "net-net"]);
    }

    #[test]
    fn engines_that_can_take_all_networks_in_the_create() {
        let mut given = on(&[("back", None), ("front", None)]);
        given.api = "1.44";
        let spec = given.spec().unwrap();
        let endpoints = spec.body.pointer("/NetworkingConfig/EndpointsConfig").unwrap();
        assert_eq!(endpoints.as_object().unwrap().len(), 2);
        assert!(spec.connect.is_empty());
    }

    #[test]
    fn aliases_hold_the_final_name_while_the_container_has_a_temporary_one() {
        let body = ServiceNetwork { aliases: vec!["www".to_owned()], ..ServiceNetwork::default() };
        let aliases = "/NetworkingConfig/EndpointsConfig/front-net/Aliases";
        let given = on(&[("front", Some(body))]);
        assert_eq!(given.sends(aliases), json!(["shop-web-2", "web", "www"]));
    }

    #[test]
    fn an_external_network_is_named_by_its_id_before_2_30() {
        let mut given = on(&[("net", None)]);
        for (version, name) in [("2.40.3", "net-net"), ("2.26.1", "id-of-net")] {
            given.version = version;
            assert_eq!(given.sends("/HostConfig/NetworkMode"), name);
        }
    }

    #[test]
    fn a_mac_address_is_the_endpoint_s_where_the_engine_can_and_the_container_s_before() {
        let mut given = on(&[("front", None)]);
        given.service.mac_address = Some("02:42:ac:11:65:43".to_owned());
        let of_endpoint = "/NetworkingConfig/EndpointsConfig/front-net/MacAddress";
        assert_eq!(given.sends("/MacAddress"), "02:42:ac:11:65:43");
        assert_eq!(given.sends(of_endpoint), Value::Null);
        given.api = "1.44";
        assert_eq!(given.sends("/MacAddress"), Value::Null);
        assert_eq!(given.sends(of_endpoint), "02:42:ac:11:65:43");
    }

    #[test]
    fn two_mac_addresses_need_an_engine_that_can() {
        let body = |address: &str| {
            let mac_address = Some(address.to_owned());
            Some(ServiceNetwork { mac_address, ..ServiceNetwork::default() })
        };
        let given =
            on(&[("front", body("02:42:ac:11:65:43")), ("back", body("02:42:ac:11:65:44"))]);
        let expected =
            "`services.web.networks.*.mac_address` needs engine API 1.44; this engine speaks 1.41";
        assert_eq!(given.error(), expected);
    }

    #[test]
    fn an_interface_name_is_a_driver_option() {
        let body =
            ServiceNetwork { interface_name: Some("eth7".to_owned()), ..ServiceNetwork::default() };
        let mut given = on(&[("front", Some(body))]);
        given.api = "1.49";
        let options = "/NetworkingConfig/EndpointsConfig/front-net/DriverOpts";
        assert_eq!(given.sends(options), json!({"com.docker.network.endpoint.ifname": "eth7"}));
    }

    #[test]
    fn a_network_mode_leaves_no_endpoint() {
        let service = Service { network_mode: Some("service:db".to_owned()), ..Service::default() };
        let given = Given::new(service).peer("db", "shop-db-1");
        assert_eq!(given.sends("/HostConfig/NetworkMode"), "container:id-of-shop-db-1");
        assert_eq!(given.sends("/NetworkingConfig"), Value::Null);
    }
}
