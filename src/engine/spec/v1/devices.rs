//! Devices of the host, and requests for devices that a driver hands out.

use serde_json::{Value, json};

use super::value::{items, json as to_json, option, texts};
use crate::compose::hash::v1::{Dict, Py};
use crate::engine::spec::object::Object;

/// Sets `Devices` and `DeviceRequests`.
pub(super) fn set(host: &mut Object, options: &Dict) {
    host.set(
        "Devices",
        texts(options, "devices").iter().map(|text| mapping(text)).collect::<Vec<_>>(),
    );
    host.set(
        "DeviceRequests",
        items(options, "device_requests").iter().map(request).collect::<Vec<_>>(),
    );
}

/// `host[:container[:permissions]]`.
fn mapping(text: &str) -> Value {
    let mut parts = text.split(':');
    let on_host = parts.next().unwrap_or_default();
    json!({
        "PathOnHost": on_host,
        "PathInContainer": parts.next().unwrap_or(on_host),
        "CgroupPermissions": parts.next().unwrap_or("rwm"),
    })
}

fn request(device: &Py) -> Value {
    let none = Dict::new();
    let device = device.as_dict().unwrap_or(&none);
    let mut body = Object::default();
    for (key, field) in [
        ("driver", "Driver"),
        ("count", "Count"),
        ("device_ids", "DeviceIDs"),
        ("capabilities", "Capabilities"),
    ] {
        body.set(field, option(device, key));
    }
    body.set("Options", device.get("options").map_or(Value::Null, to_json));
    body.into()
}
