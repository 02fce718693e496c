//! Values with a grammar of their own: sizes, durations, file modes, environments.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::decode::{self, Decode, extensions_text, text_of};
use super::encode::{Encode, Writer};
use crate::compose::ComposeError;
use crate::compose::document::{Node, Value};
use crate::compose::path::Path;

/// A size in bytes; 0 where none is given. Files write `512m`, `1.5gb` or a number; units count
/// by 1024.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub i64);

impl Decode for Bytes {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        let size = match &node.value {
            Value::Int(value) => i64::try_from(*value).ok(),
            Value::Str(text) => parse_size(text),
            // Compose accepts these and then ignores them.
            Value::Float(_) => Some(0),
            _ => None,
        };
        size.map(Self).ok_or_else(|| decode::mismatch(node, path, "a size such as `512m`"))
    }
}

impl Encode for Bytes {
    fn encode(&self, out: &mut Writer) {
        out.string(&self.0.to_string());
    }

    fn is_empty(&self) -> bool {
        self.0 == 0
    }
}

/// A size as Docker reads it: a decimal number, an optional space, a unit of powers of 1024.
fn parse_size(text: &str) -> Option<i64> {
    let end = text.rfind(|c: char| c.is_ascii_digit() || c == '.')? + 1;
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok().filter(|number| *number >= 0.0)?;
    let unit = unit.strip_prefix(' ').unwrap_or(unit).to_ascii_lowercase();
    let power = match unit.as_str() {
        "" | "b" => 0,
        "k" | "kb" | "ki" | "kib" => 1,
        "m" | "mb" | "mi" | "mib" => 2,
        "g" | "gb" | "gi" | "gib" => 3,
        "t" | "tb" | "ti" | "tib" => 4,
        "p" | "pb" | "pi" | "pib" => 5,
        _ => return None,
    };
    #[expect(clippy::cast_possible_truncation, reason = "fractions of a byte are cut")]
    Some((number * 1024_f64.powi(power)) as i64)
}

impl Decode for Duration {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        let duration = node.as_str().and_then(parse_duration);
        duration.ok_or_else(|| decode::mismatch(node, path, "a duration such as `1m30s`"))
    }
}

impl Encode for Duration {
    fn encode(&self, out: &mut Writer) {
        out.string(&duration_text(*self));
    }

    fn is_empty(&self) -> bool {
        self.is_zero()
    }
}

/// Units of durations in nanoseconds, longer names first where one begins with another.
const UNITS: [(&str, u64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

/// `1h30m`, `1.5s`: numbers with units, added up. A fraction is cut at a nanosecond.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let scale = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        total = total.checked_add(scaled(number, scale)?)?;
        rest = tail;
    }
    (!text.is_empty() && text != "+").then(|| Duration::from_nanos(total))
}

/// A decimal number times `scale`, exactly, without the rest below one.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let digits = fraction.get(..fraction.len().min(18))?;
    let parts: u128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let below = u128::from(scale) * parts / 10_u128.pow(u32::try_from(digits.len()).ok()?);
    whole.checked_mul(scale)?.checked_add(u64::try_from(below).ok()?)
}

/// A duration as Go prints it: `1m30s`, `1.5s`, `500ms`, `0s`.
fn duration_text(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let (value, unit) = match nanos {
        0 => return "0s".to_owned(),
        1..1_000 => (decimal(nanos, 0), "ns"),
        1_000..1_000_000 => (decimal(nanos, 3), "µs"),
        1_000_000..1_000_000_000 => (decimal(nanos, 6), "ms"),
        _ => {
            let (hours, minutes) = (duration.as_secs() / 3600, duration.as_secs() / 60 % 60);
            let seconds = decimal(nanos % 60_000_000_000, 9);
            let head = match (hours, minutes) {
                (0, 0) => String::new(),
                (0, minutes) => format!("{minutes}m"),
                (hours, minutes) => format!("{hours}h{minutes}m"),
            };
            (head + &seconds, "s")
        }
    };
    value + unit
}

/// `nanos / 10^places` without trailing zeros.
fn decimal(nanos: u128, places: u32) -> String {
    let scale = 10_u128.pow(places);
    let fraction = format!("{:0width$}", nanos % scale, width = places as usize);
    let fraction = if places == 0 { "" } else { fraction.trim_end_matches('0') };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}", nanos / scale)
}

/// Permissions of a file; texts are octal. The second number is what releases before 2.34 took
/// it for: they read texts as decimal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileMode(pub u32, u32);

impl FileMode {
    /// Permissions every release agrees on.
    #[must_use]
    pub fn new(bits: u32) -> Self {
        Self(bits, bits)
    }
}

impl Decode for FileMode {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        let mode = match &node.value {
            Value::Int(value) => u32::try_from(*value).ok().map(|mode| Self(mode, mode)),
            Value::Str(text) => u32::from_str_radix(text, 8)
                .ok()
                .map(|mode| Self(mode, text.parse().unwrap_or(mode))),
            _ => None,
        };
        mode.ok_or_else(|| decode::mismatch(node, path, "a file mode such as `0440`"))
    }
}

impl Encode for FileMode {
    fn encode(&self, out: &mut Writer) {
        if out.style.modes_as_text {
            out.string(&format!("0{:o}", self.0));
        } else {
            out.literal(self.1);
        }
    }
}

/// Variables of a container; one without a value is taken from nowhere, but hides one of the
/// same name in an `env_file`. Its `Debug` form shows the names alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(pub BTreeMap<String, Option<String>>);

impl Deref for Environment {
    type Target = BTreeMap<String, Option<String>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Environment {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Decode for Environment {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        match &node.value {
            Value::Map(_) => mapped_variables(node, path),
            Value::Seq(items) => {
                items.iter().map(|item| listed_variable(item, path)).collect::<Result<_, _>>()
            }
            _ => Err(decode::mismatch(node, path, "a mapping or a list")),
        }
        .map(Self)
    }
}

type Variables = BTreeMap<String, Option<String>>;

fn mapped_variables(node: &Node, path: &Path<'_>) -> Result<Variables, ComposeError> {
    let (mut variables, mut extensions) = (Variables::new(), Vec::new());
    for (name, entry) in decode::mapping(node, path)? {
        let value = match entry.node.value {
            Value::Null => None,
            _ => Some(text_of(&entry.node, &path.child(name))?),
        };
        if name.starts_with("x-") {
            extensions.push((name.as_str(), value.unwrap_or_else(|| "<nil>".to_owned())));
        } else {
            variables.insert(name.clone(), value);
        }
    }
    if let Some(text) = extensions_text(extensions) {
        variables.insert(decode::EXTENSIONS.to_owned(), Some(text));
    }
    Ok(variables)
}

fn listed_variable(item: &Node, path: &Path<'_>) -> Result<(String, Option<String>), ComposeError> {
    let text = text_of(item, &path.child("[]"))?;
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text.as_str(), None),
    };
    Ok((name.to_owned(), value))
}

impl Encode for Environment {
    fn encode(&self, out: &mut Writer) {
        self.0.encode(out);
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_count_by_1024() {
        let cases = [
            ("512m", Some(536_870_912)),
            ("1.5 GB", Some(1_610_612_736)),
            ("0.5k", Some(512)),
            ("7", Some(7)),
            ("1.9b", Some(1)),
            ("2kib", Some(2048)),
            ("-1", None),
            ("m", None),
            ("1x", None),
        ];
        for (text, size) in cases {
            assert_eq!(parse_size(text), size, "{text}");
        }
    }

    #[test]
    fn durations_read_and_print_as_in_go() {
        let cases = [
            ("90s", "1m30s"),
            ("1.5s", "1.5s"),
            ("500ms", "500ms"),
            ("250us", "250µs"),
            ("1h", "1h0m0s"),
            ("1d", "24h0m0s"),
            ("2h3m4.05s", "2h3m4.05s"),
            ("0", "0s"),
            ("0s", "0s"),
            ("12ns", "12ns"),
        ];
        for (text, printed) in cases {
            assert_eq!(parse_duration(text).map(duration_text).as_deref(), Some(printed), "{text}");
        }
        for text in ["", "5", "s", "1x", "1.2.3s", "-1s", "99999999999h"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
