//! `ports` as v1 has them: `[target, published, protocol, mode, address]`.

use super::value::{Dict, Py};
use crate::compose::ComposeError;

/// A port specification taken apart: container ports and what each is published as.
pub(super) struct Split<'a> {
    /// Ports of the container.
    targets: Vec<i128>,
    /// What each is published as; nothing if the specification does not say.
    published: Option<Vec<Option<String>>>,
    address: Option<&'a str>,
    protocol: Option<&'a str>,
}

/// Takes `[[address:][port]:]port[/protocol]` apart; nothing if it is not of that form.
pub(super) fn split(spec: &str) -> Option<Split<'_>> {
    let (ports, protocol) = match spec.split_once('/') {
        Some((ports, protocol @ ("tcp" | "udp" | "sctp"))) => (ports, Some(protocol)),
        Some(_) => return None,
        None => (spec, None),
    };
    let (outside, target) = match ports.rsplit_once(':') {
        Some((outside, target)) => (Some(outside), target),
        None => (None, ports),
    };
    let (first, last) = range(target)?;
    let targets: Vec<i128> = (first..=last).collect();
    let (address, published) = match outside.map(|outside| outside.rsplit_once(':')) {
        Some(Some((address, published))) => (Some(bare(address)?), Some(published)),
        Some(None) => (None, outside),
        None => (None, None),
    };
    let published = match published {
        // Only with an address may the port be left to the engine.
        Some("") if address.is_some() => Some(vec![None; targets.len()]),
        Some(text) => {
            let ports = published_ports(text, targets.len())?;
            Some(ports.into_iter().map(Some).collect())
        }
        None => None,
    };
    Some(Split { targets, published, address, protocol })
}

/// As many published ports as there are targets; a range for one target is the engine's choice.
fn published_ports(text: &str, targets: usize) -> Option<Vec<String>> {
    let (first, last) = range(text)?;
    if targets == 1 && text.contains('-') {
        return Some(vec![text.to_owned()]);
    }
    let ports: Vec<String> = (first..=last).map(|port| port.to_string()).collect();
    (ports.len() == targets).then_some(ports)
}

/// An address without the brackets that may stand around it.
fn bare(address: &str) -> Option<&str> {
    let address = address.strip_prefix('[').unwrap_or(address);
    let address = address.strip_suffix(']').unwrap_or(address);
    let fits = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':');
    (!address.is_empty() && address.chars().all(fits)).then_some(address)
}

/// Both ends of `80-90`; one number is both.
fn range(text: &str) -> Option<(i128, i128)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number =
        |text: &str| text.parse().ok().filter(|_| text.bytes().all(|c| c.is_ascii_digit()));
    Some((number(first)?, number(last)?))
}

/// The ports of one item, several for a range.
///
/// # Errors
/// It is no port.
pub(super) fn parse(item: &Py) -> Result<Vec<Py>, ComposeError> {
    match item {
        Py::List(_) => Ok(vec![item.clone()]),
        Py::Dict(long) => Ok(vec![from_long(long)]),
        short => {
            let text = short.text();
            let split = split(&text);
            split.map(from_short).ok_or_else(|| ComposeError::new(format!("`{text}` is no port")))
        }
    }
}

fn from_long(long: &Dict) -> Py {
    let field = |key: &str| long.get(key).cloned().unwrap_or(Py::None);
    let keys = ["target", "published", "protocol", "mode"];
    Py::List(keys.map(field).into_iter().chain([Py::None]).collect())
}

fn from_short(split: Split<'_>) -> Vec<Py> {
    let optional = |text: Option<&str>| text.map_or(Py::None, Py::str);
    let published = split.published.unwrap_or_else(|| vec![None; split.targets.len()]);
    let ports = split.targets.into_iter().zip(published).map(|(target, published)| {
        let published = published.map_or(Py::None, |text| match text.parse() {
            Ok(port) => Py::Int(port),
            Err(_) => Py::Str(text),
        });
        Py::List(vec![
            Py::Int(target),
            published,
            optional(split.protocol),
            Py::None,
            optional(split.address),
        ])
    });
    ports.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(spec: &str) -> String {
        parse(&Py::str(spec)).map_or_else(|_| "-".to_owned(), |ports| Py::List(ports).json())
    }

    /// As v1 answers.
    const CASES: &[(&str, &str)] = &[
        ("80", "[[80,null,null,null,null]]"),
        ("8080:80/udp", r#"[[80,8080,"udp",null,null]]"#),
        ("8080-8081:80-81", "[[80,8080,null,null,null],[81,8081,null,null,null]]"),
        ("8080-8090:80", r#"[[80,"8080-8090",null,null,null]]"#),
        ("127.0.0.1::80", r#"[[80,null,null,null,"127.0.0.1"]]"#),
        ("[::1]:8080:80", r#"[[80,8080,null,null,"::1"]]"#),
        ("::1:8080:80", r#"[[80,8080,null,null,"::1"]]"#),
        (":80", "-"),
        ("8080-8082:80-81", "-"),
        ("80/icmp", "-"),
        ("host:8080:80", "-"),
        ("a", "-"),
        ("", "-"),
        ("80:", "-"),
    ];

    #[test]
    fn short_ports_are_read_as_v1_reads_them() {
        for (spec, expected) in CASES {
            assert_eq!(parsed(spec), *expected, "{spec}");
        }
    }
}
