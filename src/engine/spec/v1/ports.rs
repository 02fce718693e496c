//! `ports` and `expose`; a port is `[target, published, protocol, mode, address]` by now.

use serde_json::{Map, Value, json};

use super::value::{items, texts};
use crate::compose::hash::v1::{Dict, Py};

/// `ExposedPorts`: every port of the container, one at a time.
pub(super) fn exposed(options: &Dict) -> Value {
    let published = items(options, "ports").into_iter().map(|port| key(&fields(port)));
    let exposed = texts(options, "expose");
    let exposed = exposed.iter().flat_map(|text| one_by_one(text));
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
pub(super) fn bindings(options: &Dict) -> Value {
    let mut bindings = Map::new();
    for port in items(options, "ports").into_iter().map(fields) {
        let text = |at: usize| port.get(at).filter(|field| **field != Py::None).map(Py::text);
        let binding = json!({
            "HostIp": text(4).unwrap_or_default(),
            "HostPort": text(1).unwrap_or_default(),
        });
        let known = bindings.entry(key(&port)).or_insert_with(|| json!([]));
        if let Value::Array(known) = known {
            known.push(binding);
        }
    }
    Value::Object(bindings)
}

fn fields(port: Py) -> Vec<Py> {
    port.into_items()
}

fn key(port: &[Py]) -> String {
    let protocol = port.get(2).and_then(Py::as_str).unwrap_or("tcp");
    format!("{}/{protocol}", port.first().map(Py::text).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_exposed_port_by_port() {
        let expose = ["3000", "9000-9001/udp"].map(Py::str);
        let options = Dict::from([("expose".to_owned(), Py::List(expose.into()))]);
        let expected = json!({"3000/tcp": {}, "9000/udp": {}, "9001/udp": {}});
        assert_eq!(exposed(&options), expected);
    }
}
