//! The forms of `extra_hosts`.

use super::tree;
use crate::compose::ComposeError;
use crate::compose::document::{Map, Node, Value};
use crate::compose::model::decode::{mismatch, scalar_text};
use crate::compose::path::Path;

/// Makes the list or mapping of hosts a sorted list of `host=address`.
///
/// # Errors
/// It is neither, or has a host without a name or an address.
pub(super) fn canonical(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let mut hosts = match &node.value {
        Value::Map(map) => of_map(map, path)?,
        Value::Seq(items) => of_list(items, path)?,
        _ => return Err(mismatch(node, path, "a list or a mapping")),
    };
    hosts.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    node.value = Value::Seq(hosts);
    Ok(())
}

/// `{host: address}` or `{host: [address, address]}`.
fn of_map(map: &Map, path: &Path<'_>) -> Result<Vec<Node>, ComposeError> {
    let mut hosts = Vec::new();
    for (host, entry) in map {
        let addresses = entry.node.as_seq().unwrap_or(std::slice::from_ref(&entry.node));
        for node in addresses {
            hosts.push(host_line(node, host, &address(node, &path.child(host))?)?);
        }
    }
    Ok(hosts)
}

/// `host=address,address` or `host:address`.
fn of_list(items: &[Node], path: &Path<'_>) -> Result<Vec<Node>, ComposeError> {
    let mut hosts = Vec::new();
    for item in items {
        let line = address(item, &path.child("[]"))?;
        let Some((host, addresses)) = line.split_once('=').or_else(|| line.split_once(':')) else {
            let message = format!("`{path}` has a host without an address");
            return Err(
                ComposeError::at(item.location.clone(), message).with_help("write `HOST=ADDRESS`")
            );
        };
        for address in addresses.split(',') {
            hosts.push(host_line(item, host, address)?);
        }
    }
    Ok(hosts)
}

fn address(node: &Node, path: &Path<'_>) -> Result<String, ComposeError> {
    scalar_text(node).ok_or_else(|| mismatch(node, path, "an address"))
}

/// One host with one address, without brackets around it.
fn host_line(node: &Node, host: &str, address: &str) -> Result<Node, ComposeError> {
    if host.is_empty() || host.contains([':', '=']) {
        let message = format!("`{host}` is no name of a host");
        return Err(ComposeError::at(node.location.clone(), message));
    }
    let bare = address.strip_prefix('[').and_then(|address| address.strip_suffix(']'));
    let address = bare.filter(|bare| !bare.is_empty()).unwrap_or(address);
    Ok(tree::text(format!("{host}={address}"), &node.location))
}
