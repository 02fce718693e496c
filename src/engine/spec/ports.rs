//! `ports` and `expose`.

use serde_json::{Map, Value, json};

use crate::compose::model::Service;

/// `ExposedPorts`: what `expose` says, verbatim, and every container port of `ports`.
pub(super) fn exposed(service: &Service) -> Value {
    let published = service.ports.iter().map(|port| format!("{}/{}", port.target, port.protocol));
    service.expose.iter().cloned().chain(published).map(|port| (port, json!({}))).collect()
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
    fn ranges_are_exposed_verbatim() {
        let expose = ["3000", "9000-9001/udp"].map(str::to_owned).to_vec();
        let given = Given::new(Service { expose, ..Service::default() });
        assert_eq!(given.sends("/ExposedPorts"), json!({"3000": {}, "9000-9001/udp": {}}));
    }
}
