//! `ports` and `expose`.

use serde_json::{Map, Value, json};

use super::SpecInput;
use crate::compose::model::Service;

/// `ExposedPorts`: what `expose` says and every container port of `ports`. v2 sends `expose`
/// verbatim, v1 one port at a time and with a protocol.
pub(super) fn exposed(input: &SpecInput) -> Value {
    let service = input.service;
    let published = service.ports.iter().map(|port| format!("{}/{}", port.target, port.protocol));
    let exposed = service
        .expose
        .iter()
        .flat_map(|text| if input.is_v1() { one_by_one(text) } else { vec![text.clone()] });
    exposed.chain(published).map(|port| (port, json!({}))).collect()
}

/// `9000-9002/udp` as three ports.
fn one_by_one(text: &str) -> Vec<String> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(first), Ok(last)) => (first..=last).map(|port| format!("{port}/{protocol}")).collect(),
        _ => vec![text.to_owned()],
    }
}

/// `HostConfig.PortBindings`: host addresses by container port.
pub(super) fn bindings(service: &Service) -> Value {
    let mut bindings = Map::new();
    for port in &service.ports {
        let address = port.host_ip.as_deref().unwrap_or_default();
        let published = port.published.as_deref().unwrap_or_default();
        let binding = json!({"HostIp": address, "HostPort": published});
        let key = format!("{}/{}", port.target, port.protocol);
        let known = bindings.entry(key).or_insert_with(|| json!([]));
        if let Value::Array(known) = known {
            known.push(binding);
        }
    }
    Value::Object(bindings)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Given;
    use super::*;

    #[test]
    fn v2_exposes_ranges_verbatim_and_v1_port_by_port() {
        let expose = ["3000", "9000-9001/udp"].map(str::to_owned).to_vec();
        let mut given = Given::new(Service { expose, ..Service::default() });
        assert_eq!(given.sends("/ExposedPorts"), json!({"3000": {}, "9000-9001/udp": {}}));
        given.version = "1.29.2";
        let expected = json!({"3000/tcp": {}, "9000/udp": {}, "9001/udp": {}});
        assert_eq!(given.sends("/ExposedPorts"), expected);
    }
}
