//! Networks and volumes of a project, as Compose creates them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Style;
use super::object::Object;
use super::release::Change;
use crate::compose::hash::{network_hash, volume_hash};
use crate::compose::model::{Ipam, IpamPool, Network, Project, Volume};
use crate::labels;

/// Body of `POST /networks/create` for a network of the project that is not external.
#[must_use]
pub fn network_body(project: &Project, key: &str, network: &Network, style: &Style) -> Value {
    let v1 = style.release().is_v1();
    let mut own = own_labels(project, style, labels::NETWORK, key, &network.name);
    if style.release().has(Change::NetworkHash) {
        own.insert(labels::CONFIG_HASH.to_owned(), network_hash(network));
    }
    let mut body = Object::default();
    body.set("Name", network.name.clone());
    body.set("Driver", network.driver.clone());
    body.set("Options", json!(network.driver_opts));
    body.set("IPAM", ipam(network, v1));
    body.set("Internal", network.internal);
    body.set("Attachable", network.attachable || v1);
    body.put("EnableIPv4", network.enable_ipv4);
    body.put("EnableIPv6", network.enable_ipv6);
    body.set("Labels", json!(merged(&network.labels, own)));
    // Engines before API 1.44 take a second network of the same name without it.
    body.set("CheckDuplicate", true);
    body.into()
}

/// Body of `POST /volumes/create` for a volume of the project that is not external.
#[must_use]
pub fn volume_body(project: &Project, key: &str, volume: &Volume, style: &Style) -> Value {
    let mut own = own_labels(project, style, labels::VOLUME, key, &volume.name);
    if style.release().has(Change::VolumeHash) {
        own.insert(labels::CONFIG_HASH.to_owned(), volume_hash(volume));
    }
    let mut body = Object::default();
    body.set("Name", volume.name.clone());
    body.set("Driver", volume.driver.clone());
    body.set("DriverOpts", json!(volume.driver_opts));
    body.set("Labels", json!(merged(&volume.labels, own)));
    body.into()
}

/// Compose's labels. The one of the kind holds the key; v1 takes the name where it is a custom one.
fn own_labels(
    project: &Project,
    style: &Style,
    kind: &str,
    key: &str,
    name: &str,
) -> BTreeMap<String, String> {
    let custom = style.release().is_v1() && name != format!("{}_{key}", project.name);
    let value = if custom { name } else { key };
    BTreeMap::from([
        (kind.to_owned(), value.to_owned()),
        (labels::PROJECT.to_owned(), project.name.clone()),
        (labels::VERSION.to_owned(), style.version.clone()),
    ])
}

/// The user's labels, and over them Compose's own.
fn merged(
    user: &BTreeMap<String, String>,
    own: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    user.clone().into_iter().chain(own).collect()
}

/// v1 names the default driver.
fn ipam(network: &Network, v1: bool) -> Value {
    let mut body = Object::default();
    if v1 && network.ipam != Ipam::default() {
        body.set("Driver", "default");
    }
    body.set("Driver", network.ipam.driver.clone());
    body.set("Config", network.ipam.config.iter().map(pool).collect::<Vec<_>>());
    body.into()
}

fn pool(pool: &IpamPool) -> Value {
    let mut body = Object::default();
    body.set("Subnet", pool.subnet.clone());
    body.set("IPRange", pool.ip_range.clone());
    body.set("Gateway", pool.gateway.clone());
    body.set("AuxiliaryAddresses", json!(pool.aux_addresses));
    body.into()
}
