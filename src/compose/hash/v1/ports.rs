//! `ports` as v1 has them: `[target, published, protocol, mode, address]`.

use super::value::{Dict, Py};

/// The ports of one item, several for a range; nothing if it is no port.
pub(super) fn parse(item: &Py) -> Option<Vec<Py>> {
    match item {
        Py::List(_) => Some(vec![item.clone()]),
        Py::Dict(long) => Some(vec![from_long(long)]),
        short => from_short(&short.text()),
    }
}

fn from_long(long: &Dict) -> Py {
    let field = |key: &str| long.get(key).cloned().unwrap_or(Py::None);
    let number = |value: Py| match value {
        Py::Str(text) => text.parse().map_or(Py::Str(text), Py::Int),
        other => other,
    };
    Py::List(vec![
        number(field("target")),
        number(field("published")),
        field("protocol"),
        field("mode"),
        Py::None,
    ])
}

fn from_short(spec: &str) -> Option<Vec<Py>> {
    let (ports, protocol) = match spec.split_once('/') {
        Some((ports, protocol)) => (ports, Py::str(protocol)),
        None => (spec, Py::None),
    };
    let (rest, target) = match ports.rsplit_once(':') {
        Some((rest, target)) => (Some(rest), target),
        None => (None, ports),
    };
    let (host, published) = match rest.and_then(|rest| rest.rsplit_once(':')) {
        Some((host, published)) => (Some(host.trim_matches(['[', ']'])), Some(published)),
        None => (None, rest),
    };
    let (first, last) = range(target)?;
    let published = published.filter(|published| !published.is_empty());
    let host = host.map_or(Py::None, Py::str);
    (first..=last)
        .map(|target| {
            let published = match published {
                None => Py::None,
                Some(text) if first == last && text.contains('-') => Py::str(text),
                Some(text) => {
                    let (from, to) = range(text)?;
                    (to - from == last - first).then(|| Py::Int(from + target - first))?
                }
            };
            Some(Py::List(vec![
                Py::Int(target),
                published,
                protocol.clone(),
                Py::None,
                host.clone(),
            ]))
        })
        .collect()
}

fn range(text: &str) -> Option<(i128, i128)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((first.parse().ok()?, last.parse().ok()?))
}
