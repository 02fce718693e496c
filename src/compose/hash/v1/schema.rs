//! What v1 lets a value be. It checks each file on its own, variables put in and types converted.

use std::net::Ipv6Addr;

use super::ports;
use crate::compose::ComposeError;
use crate::compose::document::{Node, Value, first_repeated};
use crate::compose::path::Path;

/// The values a place can take.
#[derive(Debug)]
pub(super) enum Shape {
    /// Anything.
    Any,
    /// Null.
    Null,
    /// A boolean.
    Bool,
    /// A text.
    Text,
    /// An integer.
    Int,
    /// An integer between two others.
    Between(i128, i128),
    /// A number.
    Number,
    /// One of a few texts.
    Choice(&'static [&'static str]),
    /// A port or a range of them, with what it is published as.
    Port,
    /// A port or a range of them, and perhaps a protocol.
    Expose,
    /// A subnet in the form `address/bits`.
    Subnet,
    /// A list; in the second form each item once.
    List(&'static Shape),
    Set(&'static Shape),
    /// A mapping whose keys the file chooses.
    Map(Keys, &'static Shape),
    /// A mapping with keys of its own.
    Record(Record),
    /// Any one of several.
    Either(&'static [&'static Shape]),
}

/// Which keys a mapping can have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Keys {
    /// Every key that is not empty.
    All,
    /// Letters, digits, `.`, `_` and `-`.
    Names,
    /// Letters, digits, `.`, `_` and `-`; other keys are let pass with whatever they hold.
    NamesOnly,
    /// Small letters; other keys are let pass with whatever they hold.
    SmallOnly,
}

/// A mapping with keys of its own.
#[derive(Debug)]
pub(super) struct Record {
    /// The keys.
    pub(super) fields: &'static [(&'static str, &'static Shape)],
    /// Those that must be there.
    pub(super) required: &'static [&'static str],
    /// Which others may be there.
    pub(super) others: Others,
}

/// Keys of a record that are not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// None.
    None,
    /// Those that begin with `x-`.
    Extensions,
    /// Whichever.
    All,
}

/// Checks `node`, which stands at `path`.
pub(super) fn check(node: &Node, path: &Path<'_>, shape: &Shape) -> Result<(), ComposeError> {
    match (shape, &node.value) {
        (Shape::Any, _)
        | (Shape::Null, Value::Null)
        | (Shape::Bool, Value::Bool(_))
        | (Shape::Text, Value::Str(_))
        | (Shape::Int, Value::Int(_))
        | (Shape::Number | Shape::Expose, Value::Int(_) | Value::Float(_)) => Ok(()),
        (Shape::Between(least, most), Value::Int(number)) => {
            let fits = (least..=most).contains(&number);
            holds(node, fits, || format!("`{path}` must lie between {least} and {most}"))
        }
        (Shape::Choice(choices), Value::Str(text)) => {
            holds(node, choices.contains(&text.as_str()), || {
                format!("`{path}` must be one of `{}`", choices.join("`, `"))
            })
        }
        (Shape::Port, Value::Str(_) | Value::Int(_) | Value::Float(_)) => {
            let port = super::value::Py::of(node).text();
            holds(node, ports::split(&port).is_some(), || {
                format!("`{path}` is no port: `{port}`; write `[[address:]port:]port[/protocol]`")
            })
        }
        (Shape::Expose, Value::Str(text)) => holds(node, is_exposable(text), || {
            format!("`{path}` is no port: `{text}`; write `port[/protocol]`")
        }),
        (Shape::Subnet, Value::Str(text)) => holds(node, is_subnet(text), || {
            format!("`{path}` is no subnet: `{text}`; write `address/bits`")
        }),
        (Shape::List(item), Value::Seq(items)) => list(items, path, item),
        (Shape::Set(item), Value::Seq(items)) => {
            list(items, path, item)?;
            first_repeated(items)
                .map_or(Ok(()), |item| Err(at(item, format!("`{path}` has the same item twice"))))
        }
        (Shape::Map(keys, value), Value::Map(_)) => mapping(node, path, *keys, value),
        (Shape::Record(record), Value::Map(_)) => fields(node, path, record),
        (Shape::Either(shapes), _) => either(node, path, shapes),
        _ => {
            let message = format!("`{path}` must be {}, not {}", shape.kind(), node.kind());
            Err(at(node, message))
        }
    }
}

fn at(node: &Node, message: String) -> ComposeError {
    ComposeError::at(node.location.clone(), message)
}

fn holds(node: &Node, fits: bool, message: impl Fn() -> String) -> Result<(), ComposeError> {
    if fits { Ok(()) } else { Err(at(node, message())) }
}

fn list(items: &[Node], path: &Path<'_>, item: &Shape) -> Result<(), ComposeError> {
    let at = path.child("[]");
    items.iter().try_for_each(|node| check(node, &at, item))
}

fn mapping(node: &Node, path: &Path<'_>, keys: Keys, value: &Shape) -> Result<(), ComposeError> {
    for (key, entry) in node.as_map().into_iter().flatten() {
        let (fits, is_strict) = keys.take(key);
        if fits {
            check(&entry.node, &path.child(key), value)?;
        } else if is_strict {
            let message = format!("`{key}` is no name that `{path}` can have");
            return Err(ComposeError::at(entry.key.clone(), message)
                .with_help("use letters, digits, `.`, `_` and `-`"));
        }
    }
    Ok(())
}

fn fields(node: &Node, path: &Path<'_>, record: &Record) -> Result<(), ComposeError> {
    if let Some(missing) = record.required.iter().find(|key| node.get(key).is_none()) {
        return Err(at(node, format!("`{path}` has no `{missing}`")));
    }
    for (key, entry) in node.as_map().into_iter().flatten() {
        if let Some((_, shape)) = record.fields.iter().find(|(name, _)| name == key) {
            check(&entry.node, &path.child(key), shape)?;
        } else if !record.others.take(key) {
            let message = format!("`{}` is not a key Compose 1.29 knows", path.child(key));
            return Err(ComposeError::at(entry.key.clone(), message));
        }
    }
    Ok(())
}

/// The shapes differ in their kind: what is wrong is said of the one that has the value's.
fn either(node: &Node, path: &Path<'_>, shapes: &[&Shape]) -> Result<(), ComposeError> {
    if let Some(shape) = shapes.iter().find(|shape| shape.has_kind_of(&node.value)) {
        return check(node, path, shape);
    }
    let kinds: Vec<&str> = shapes.iter().map(|shape| shape.kind()).collect();
    Err(at(node, format!("`{path}` must be {}, not {}", kinds.join(" or "), node.kind())))
}

impl Shape {
    /// The kind as messages name it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Text | Self::Choice(_) | Self::Subnet => "a text",
            Self::Int | Self::Between(..) => "an integer",
            Self::Number => "a number",
            Self::Port | Self::Expose => "a port",
            Self::List(_) | Self::Set(_) => "a list",
            Self::Map(..) | Self::Record(_) => "a mapping",
            Self::Either(_) => "one of several",
        }
    }

    fn has_kind_of(&self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Null => matches!(value, Value::Null),
            Self::Bool => matches!(value, Value::Bool(_)),
            Self::Text | Self::Choice(_) | Self::Subnet => matches!(value, Value::Str(_)),
            Self::Int | Self::Between(..) => matches!(value, Value::Int(_)),
            Self::Number => matches!(value, Value::Int(_) | Value::Float(_)),
            Self::Port | Self::Expose => {
                matches!(value, Value::Str(_) | Value::Int(_) | Value::Float(_))
            }
            Self::List(_) | Self::Set(_) => matches!(value, Value::Seq(_)),
            Self::Map(..) | Self::Record(_) => matches!(value, Value::Map(_)),
            Self::Either(shapes) => shapes.iter().any(|shape| shape.has_kind_of(value)),
        }
    }
}

impl Keys {
    /// Whether the value of `key` is checked, and whether the key is refused if it is not.
    fn take(self, key: &str) -> (bool, bool) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let all = |fits: &dyn Fn(char) -> bool| !key.is_empty() && key.chars().all(fits);
        match self {
            Self::All => (!key.is_empty(), true),
            Self::Names => (all(&is_name), true),
            Self::NamesOnly => (all(&is_name), false),
            Self::SmallOnly => (all(&|c| c.is_ascii_lowercase()), false),
        }
    }
}

impl Others {
    fn take(self, key: &str) -> bool {
        match self {
            Self::None => false,
            Self::Extensions => key.starts_with("x-"),
            Self::All => true,
        }
    }
}

/// `9000-9002/udp`.
fn is_exposable(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = ports.split_once('-').unwrap_or((ports, "0"));
    let is_word = !protocol.is_empty() && protocol.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_number(first) && is_number(last) && is_word
}

/// `10.1.0.0/16`, `fd00::/64`, `fe80::1%eth0/64`.
fn is_subnet(text: &str) -> bool {
    let Some((address, bits)) = text.rsplit_once('/') else { return false };
    let is_short = bits.len() == 1 || !bits.starts_with('0');
    let is_digits = bits.bytes().all(|byte| byte.is_ascii_digit());
    let Some(bits) = bits.parse::<u8>().ok().filter(|_| is_short && is_digits) else {
        return false;
    };
    if address.contains(':') {
        let (address, zone) = address.split_once('%').unwrap_or((address, "0"));
        let is_zone = !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_alphanumeric());
        return bits <= 128 && is_zone && address.parse::<Ipv6Addr>().is_ok();
    }
    let segments: Vec<&str> = address.split('.').collect();
    let fits =
        |part: &&str| matches!(part.len(), 1 | 2) || (part.len() == 3 && !part.starts_with('0'));
    let is_byte =
        |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u8>().is_ok();
    bits <= 32 && segments.len() == 4 && segments.iter().all(|part| fits(part) && is_byte(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_are_an_address_and_its_bits() {
        for subnet in ["0.0.0.0/0", "10.1.0.0/16", "fd00::/64", "::/128", "fe80::1%eth0/64"] {
            assert!(is_subnet(subnet), "{subnet}");
        }
        for other in ["10.1.0.0", "10.1.0.0/33", "10.1.0/8", "10.1.0.256/8", "fd00::/129", "x/8"] {
            assert!(!is_subnet(other), "{other}");
        }
    }

    #[test]
    fn ports_to_expose_have_no_address_and_no_published_port() {
        for port in ["1", "1-2", "1/udp", "1-2/x"] {
            assert!(is_exposable(port), "{port}");
        }
        for other in ["", "1:2", "1/", "/tcp", "a", "1-", "1/2"] {
            assert!(!is_exposable(other), "{other}");
        }
    }
}
