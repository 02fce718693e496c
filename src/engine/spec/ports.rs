//! `ports` and `expose`.

use serde_json::{Map, Value, json};

use super::object::Object;
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
        let mut binding = Object::default();
        binding.set("HostIp", port.host_ip.clone());
        binding.set("HostPort", port.published.clone());
        let key = format!("{}/{}", port.target, port.protocol);
        let known = bindings.entry(key).or_insert_with(|| json!([]));
        if let Value::Array(known) = known {
            known.push(binding.into());
        }
    }
    Value::Object(bindings)
}
