//! The short form of `ports`: `[[address:]published:]target[/protocol]`, with ranges.

use std::net::IpAddr;

use crate::compose::ComposeError;
use crate::compose::document::{Node, Value};
use crate::compose::model::decode::{mismatch, scalar_text};
use crate::compose::path::Path;

use super::tree;

/// Replaces the short forms of a list of ports by long ones, several for a range.
///
/// # Errors
/// It is no list, or has an item that is no port.
pub(super) fn canonical(node: &mut Node, path: &Path<'_>) -> Result<(), ComposeError> {
    let Value::Seq(items) = &mut node.value else { return Err(mismatch(node, path, "a list")) };
    let mut ports = Vec::with_capacity(items.len());
    for item in std::mem::take(items) {
        match &item.value {
            Value::Map(_) => ports.push(item),
            Value::Int(_) | Value::Str(_) => ports.extend(expand(&item, &path.child("[]"))?),
            _ => return Err(mismatch(&item, &path.child("[]"), "a port")),
        }
    }
    *items = ports;
    Ok(())
}

/// One port of a short form.
#[derive(Debug, PartialEq, Eq)]
struct ShortPort {
    host_ip: String,
    published: String,
    target: u16,
    protocol: String,
}

fn expand(item: &Node, path: &Path<'_>) -> Result<Vec<Node>, ComposeError> {
    let spec = scalar_text(item).unwrap_or_default();
    let mut ports = parse(&spec).map_err(|why| {
        ComposeError::at(item.location.clone(), format!("`{path}` is no port: {why}"))
            .with_help("write `[[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL]`")
    })?;
    // Compose sorts the ports of one item as texts.
    ports.sort_by_key(|port| format!("{}/{}", port.target, port.protocol));
    let long = |port: ShortPort| {
        let mut node = tree::record(
            &item.location,
            [
                ("mode", Value::Str("ingress".to_owned())),
                ("host_ip", Value::Str(port.host_ip)),
                ("target", Value::Int(port.target.into())),
                ("published", Value::Str(port.published)),
                ("protocol", Value::Str(port.protocol)),
            ],
        );
        if let Some(fields) = tree::entries_mut(&mut node) {
            fields.retain(|_, entry| entry.node.as_str() != Some(""));
        }
        node
    };
    Ok(ports.into_iter().map(long).collect())
}

fn parse(spec: &str) -> Result<Vec<ShortPort>, String> {
    let (rest, target) = spec.rsplit_once(':').unwrap_or(("", spec));
    let (host_ip, published) = rest.rsplit_once(':').unwrap_or(("", rest));
    let (target, protocol) = target.split_once('/').unwrap_or((target, "tcp"));
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol.to_lowercase() };
    let host_ip = host_ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')).unwrap_or(host_ip);
    if !host_ip.is_empty() && host_ip.parse::<IpAddr>().is_err() {
        return Err(format!("`{host_ip}` is no address"));
    }
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(format!("`{protocol}` is no protocol"));
    }
    let targets = range(target)?;
    let hosts = if published.is_empty() { None } else { Some(range(published)?) };
    let published_for = |at: u16| match hosts {
        None => Ok(String::new()),
        Some((first, last)) if targets.0 == targets.1 && first != last => {
            Ok(format!("{first}-{last}"))
        }
        Some((first, last)) if last - first == targets.1 - targets.0 => {
            Ok((first + (at - targets.0)).to_string())
        }
        Some(_) => Err(format!("the ranges `{published}` and `{target}` differ in length")),
    };
    (targets.0..=targets.1)
        .map(|target| {
            let published = published_for(target)?;
            let (host_ip, protocol) = (host_ip.to_owned(), protocol.clone());
            Ok(ShortPort { host_ip, published, target, protocol })
        })
        .collect()
}

fn range(text: &str) -> Result<(u16, u16), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is no port number"));
    let (first, last): (u16, u16) = (number(first)?, number(last)?);
    if last < first { Err(format!("`{text}` ends before it begins")) } else { Ok((first, last)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(spec: &str) -> String {
        let show = |port: &ShortPort| {
            format!("{}|{}|{}|{}", port.host_ip, port.published, port.target, port.protocol)
        };
        match parse(spec) {
            Ok(ports) => ports.iter().map(show).collect::<Vec<_>>().join(" "),
            Err(why) => why,
        }
    }

    #[test]
    fn short_forms_and_ranges_are_taken_apart() {
        let cases = [
            ("80", "||80|tcp"),
            ("8080:80/UDP", "|8080|80|udp"),
            ("127.0.0.1::80", "127.0.0.1||80|tcp"),
            ("[::1]:1:2", "::1|1|2|tcp"),
            ("::1:1:2", "::1|1|2|tcp"),
            ("90-91:80-81", "|90|80|tcp |91|81|tcp"),
            ("90-99:80", "|90-99|80|tcp"),
            ("90-99:80-81", "the ranges `90-99` and `80-81` differ in length"),
            ("a:80", "`a` is no port number"),
            ("70000", "`70000` is no port number"),
            ("80/x", "`x` is no protocol"),
            ("x:1:2", "`x` is no address"),
            ("81-80", "`81-80` ends before it begins"),
        ];
        for (spec, expected) in cases {
            assert_eq!(shown(spec), expected, "{spec}");
        }
    }
}
