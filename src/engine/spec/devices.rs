//! Devices of the host, and requests for devices that a driver hands out.

use serde_json::{Value, json};

use super::SpecInput;
use super::object::Object;
use super::release::Change;
use crate::compose::model::{Device, DeviceRequest};

/// Sets `Devices`, `DeviceCgroupRules` and `DeviceRequests`.
pub(super) fn set(host: &mut Object, input: &SpecInput) {
    let service = input.service;
    let (by_name, by_path): (Vec<&Device>, Vec<&Device>) =
        service.devices.iter().partition(|device| is_cdi(input, device));
    host.set("Devices", by_path.into_iter().map(mapping).collect::<Vec<_>>());
    host.set("DeviceCgroupRules", service.device_cgroup_rules.clone());
    let mut requests: Vec<Value> = reserved(input).map(|device| request(input, device)).collect();
    if !by_name.is_empty() {
        let names: Vec<&str> = by_name.iter().map(|device| device.source.as_str()).collect();
        requests.push(json!({"Driver": "cdi", "DeviceIDs": names}));
    }
    if input.release().has(Change::DeviceRequests) {
        requests.extend(service.gpus.iter().map(|gpu| request(input, &with_gpu(gpu))));
    }
    host.set("DeviceRequests", requests);
}

/// Whether the device has a CDI name, such as `vendor.com/class=name`, instead of a path.
fn is_cdi(input: &SpecInput, device: &Device) -> bool {
    let named = device.source.split_once('=').is_some_and(|(kind, name)| {
        !name.is_empty() && !kind.starts_with('/') && kind.contains('/')
    });
    let same = device.target.as_ref().is_none_or(|target| *target == device.source);
    named && same && input.release().has(Change::DeviceRequests)
}

fn mapping(device: &Device) -> Value {
    json!({
        "PathOnHost": device.source,
        "PathInContainer": device.target.as_ref().unwrap_or(&device.source),
        "CgroupPermissions": device.permissions.as_deref().unwrap_or("rwm"),
    })
}

fn reserved<'a>(input: &SpecInput<'a>) -> impl Iterator<Item = &'a DeviceRequest> {
    let deploy = input.service.deploy.as_ref();
    let reservations = deploy.and_then(|deploy| deploy.resources.reservations.as_ref());
    reservations.into_iter().flat_map(|resources| &resources.devices)
}

fn with_gpu(gpu: &DeviceRequest) -> DeviceRequest {
    let capabilities = gpu.capabilities.iter().cloned().chain(["gpu".to_owned()]).collect();
    DeviceRequest { capabilities, ..gpu.clone() }
}

fn request(input: &SpecInput, device: &DeviceRequest) -> Value {
    let mut body = Object::default();
    body.set("Driver", device.driver.clone());
    body.set("Count", device.count.0);
    body.set("DeviceIDs", device.device_ids.clone());
    body.set("Capabilities", json!([device.capabilities]));
    if input.release().has(Change::DeviceRequests) {
        body.set("Options", json!(device.options));
    }
    body.into()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Given;
    use super::*;
    use crate::compose::model::{DeviceCount, Service};

    #[test]
    fn a_device_with_a_cdi_name_is_a_request() {
        let device = Device { source: "vendor.com/gpu=all".to_owned(), ..Device::default() };
        let given = Given::new(Service { devices: vec![device], ..Service::default() });
        let expected = json!([{"Driver": "cdi", "DeviceIDs": ["vendor.com/gpu=all"]}]);
        assert_eq!(given.sends("/HostConfig/DeviceRequests"), expected);
        assert_eq!(given.sends("/HostConfig/Devices"), Value::Null);
    }

    #[test]
    fn gpus_are_requests_since_2_30() {
        let gpu = DeviceRequest { count: DeviceCount(-1), ..DeviceRequest::default() };
        let mut given = Given::new(Service { gpus: vec![gpu], ..Service::default() });
        let expected = json!([{"Count": -1, "Capabilities": [["gpu"]]}]);
        assert_eq!(given.sends("/HostConfig/DeviceRequests"), expected);
        given.version = "2.26.1";
        assert_eq!(given.sends("/HostConfig/DeviceRequests"), Value::Null);
    }
}
