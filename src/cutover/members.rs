//! Who is on a network, under which addresses, and which one is next: pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use crate::engine::api::{ContainerId, Inspection, Network};

/// Addresses of the running containers on one network.
pub(super) type Members = BTreeMap<ContainerId, Vec<IpAddr>>;

/// The containers on a network with their addresses, as `GET /networks/{id}` tells them.
pub(super) fn members(network: &Network) -> Members {
    let containers = network.0.get("Containers").and_then(Value::as_object);
    containers.into_iter().flatten().map(|(id, end)| (ContainerId(id.clone()), ips(end))).collect()
}

/// A container's address in the first of its networks, by name, that gave it one; IPv4 before IPv6.
#[must_use]
pub fn own_address(container: &Inspection) -> Option<IpAddr> {
    let networks = container.networks();
    let of = |end: &Value| {
        let of_key = |key: &str| end.get(key)?.as_str()?.parse().ok();
        of_key("IPAddress").or_else(|| of_key("GlobalIPv6Address"))
    };
    networks.values().find_map(of)
}

/// The addresses that the engine will most likely hand out next, the lowest free one of each
/// subnet. It publishes the name of a container some milliseconds before it tells the address.
pub(super) fn next_addresses(network: &Network, members: &Members) -> Vec<IpAddr> {
    let configs = network.0.pointer("/IPAM/Config").and_then(Value::as_array);
    let next = |config: &Value| {
        let text = |key: &str| config.get(key).and_then(Value::as_str).filter(|it| !it.is_empty());
        let (base, prefix) = text("IPRange").or(text("Subnet"))?.split_once('/')?;
        let (base, prefix): (IpAddr, u32) = (base.parse().ok()?, prefix.parse().ok()?);
        let aux = config.get("AuxiliaryAddresses").and_then(Value::as_object);
        let aux = aux.into_iter().flatten().filter_map(|(_, value)| value.as_str());
        let taken: BTreeSet<IpAddr> = text("Gateway")
            .into_iter()
            .chain(aux)
            .filter_map(|text| text.split('/').next()?.parse().ok())
            .chain(members.values().flatten().copied())
            .collect();
        lowest_free(base, prefix, &taken)
    };
    configs.into_iter().flatten().filter_map(next).collect()
}

/// Neither the network's own address nor, of IPv4, the one for everybody is handed out.
fn lowest_free(base: IpAddr, prefix: u32, taken: &BTreeSet<IpAddr>) -> Option<IpAddr> {
    let (bits, first) = match base {
        IpAddr::V4(base) => (32_u32, u128::from(u32::from(base))),
        IpAddr::V6(base) => (128, u128::from(base)),
    };
    let hosts = bits.checked_sub(prefix)?;
    let size = 1_u128.checked_shl(hosts).unwrap_or(u128::MAX);
    let address = |number: u128| match base {
        IpAddr::V4(_) => u32::try_from(number).ok().map(|number| IpAddr::V4(number.into())),
        IpAddr::V6(_) => Some(IpAddr::V6(number.into())),
    };
    let candidates = (1..size.saturating_sub(u128::from(base.is_ipv4())))
        .filter_map(|offset| address(first.checked_add(offset)?));
    candidates.take(taken.len() + 1).find(|address| !taken.contains(address))
}

/// `172.18.0.3/16` without its prefix; a family that is not in use is empty.
fn ips(end: &Value) -> Vec<IpAddr> {
    let text = |key: &str| end.get(key).and_then(Value::as_str).unwrap_or_default();
    let parse = |text: &str| text.split('/').next().unwrap_or_default().parse().ok();
    ["IPv4Address", "IPv6Address"].iter().filter_map(|key| parse(text(key))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_have_the_addresses_of_both_families() {
        let network = Network(json!({ "Containers": {
            "aa": { "IPv4Address": "172.18.0.3/16", "IPv6Address": "fd00::3/64" },
            "bb": { "IPv4Address": "172.18.0.4/16", "IPv6Address": "" },
        } }));
        let of = |id: &str| {
            let found = &members(&network)[&ContainerId(id.into())];
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of("aa"), ["172.18.0.3", "fd00::3"]);
        assert_eq!(of("bb"), ["172.18.0.4"]);
        assert!(members(&Network(json!({ "Containers": null }))).is_empty());
    }

    fn next(config: &Value, taken: &[&str]) -> Vec<String> {
        let network = Network(json!({ "IPAM": { "Config": config } }));
        let ips = taken.iter().map(|ip| ip.parse().unwrap()).collect();
        let members = Members::from([(ContainerId("aa".into()), ips)]);
        next_addresses(&network, &members).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_lowest_address_that_nobody_has_is_next() {
        let plain = json!([{ "Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1" }]);
        assert_eq!(next(&plain, &["172.18.0.2", "172.18.0.4"]), ["172.18.0.3"]);
        let both = json!([{ "Subnet": "10.0.0.0/24" }, { "Subnet": "fd00::/64", "Gateway": "fd00::1/64" }]);
        assert_eq!(next(&both, &[]), ["10.0.0.1", "fd00::2"]);
        let range = json!([{ "Subnet": "10.0.0.0/24", "IPRange": "10.0.0.128/25" }]);
        assert_eq!(next(&range, &["10.0.0.129"]), ["10.0.0.130"]);
        let reserved =
            json!([{ "Subnet": "10.0.0.0/24", "AuxiliaryAddresses": { "x": "10.0.0.1" } }]);
        assert_eq!(next(&reserved, &[]), ["10.0.0.2"]);
    }

    #[test]
    fn a_network_that_is_full_or_says_nothing_has_no_next() {
        let full = json!([{ "Subnet": "10.0.0.0/30" }]);
        assert!(next(&full, &["10.0.0.1", "10.0.0.2"]).is_empty());
        assert!(next(&json!(null), &[]).is_empty());
        assert!(next(&json!([{ "Subnet": "10.0.0.0/40" }, { "Subnet": "x" }]), &[]).is_empty());
    }
}
