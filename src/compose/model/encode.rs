//! Values as the JSON that Go's `encoding/json` writes, byte for byte: Compose's config hash is
//! the hash of that text.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use super::extensions::Extensions;
use crate::compose::yaml;

/// What the text of some values depends on: the release of Compose that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each flag is one change of Compose")]
pub(crate) struct Style {
    /// `mode: 0440` is a text in octal; before 2.34.0 a number.
    pub(crate) modes_as_text: bool,
    /// Devices are objects; before 2.29.3 texts.
    pub(crate) devices_as_objects: bool,
    /// `exec` of a watch is written even when empty, since 2.32.0.
    pub(crate) always_exec: bool,
    /// Fields of a service's network in the order of 2.36.0.
    pub(crate) sorted_endpoints: bool,
    /// When `create_host_path` of a bind is written.
    pub(crate) create_host_path: CreateHostPath,
    /// What Compose writes as YAML: without empty records and missing commands, with `x-` keys.
    pub(crate) as_yaml: bool,
}

/// When `create_host_path` of a bind is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CreateHostPath {
    /// When true: to 2.40.
    IfTrue,
    /// When not true: 5.0.0.
    UnlessTrue,
    /// When the file says false: 5.0.2.
    IfFalse,
}

impl Style {
    /// Compose 2.40.
    pub(crate) const V2_40: Self = Self {
        modes_as_text: true,
        devices_as_objects: true,
        always_exec: true,
        sorted_endpoints: true,
        create_host_path: CreateHostPath::IfTrue,
        as_yaml: false,
    };
}

/// JSON that grows.
pub(crate) struct Writer {
    text: String,
    /// Whether the next value needs a comma before it.
    follows: bool,
    /// How deep the next value lies, if each has a line of its own.
    depth: Option<usize>,
    pub(crate) style: Style,
}

impl Writer {
    /// The JSON text of `value`.
    pub(crate) fn text_of(value: &impl Encode, style: Style) -> String {
        Self::write(value, None, style)
    }

    /// The same with every value on a line of its own, two blanks deeper than what holds it.
    pub(crate) fn lines_of(value: &impl Encode, style: Style) -> String {
        Self::write(value, Some(0), style)
    }

    fn write(value: &impl Encode, depth: Option<usize>, style: Style) -> String {
        let mut writer = Self { text: String::new(), follows: false, depth, style };
        value.encode(&mut writer);
        writer.text
    }

    /// Begins an object or a list.
    pub(crate) fn open(&mut self, bracket: char) {
        self.text.push(bracket);
        self.depth = self.depth.map(|depth| depth + 1);
        self.follows = false;
    }

    /// Ends an object or a list.
    pub(crate) fn close(&mut self, bracket: char) {
        self.depth = self.depth.map(|depth| depth.saturating_sub(1));
        if !self.text.ends_with(['{', '[']) {
            self.line();
        }
        self.text.push(bracket);
        self.follows = true;
    }

    /// One field of an object, left out if it is empty and not written always.
    pub(crate) fn field(&mut self, key: &str, value: &(impl Encode + ?Sized), always: bool) {
        let is_empty = if self.style.as_yaml { value.is_zero() } else { value.is_empty() };
        if always || !is_empty {
            self.comma();
            self.string(key);
            self.text.push_str(if self.depth.is_some() { ": " } else { ":" });
            value.encode(self);
            self.follows = true;
        }
    }

    /// The `x-` keys of a record; JSON does not have them.
    pub(crate) fn extensions(&mut self, extensions: &Extensions) {
        if self.style.as_yaml {
            self.entries(extensions.0.iter().map(|(key, value)| (key.as_str(), value)));
        }
    }

    /// A mapping with keys of the user's choice.
    pub(crate) fn mapping<'a, T: Encode + 'a>(
        &mut self,
        entries: impl Iterator<Item = (&'a str, &'a T)>,
    ) {
        self.open('{');
        self.entries(entries);
        self.close('}');
    }

    /// Entries that come in the order of their bytes; YAML has an order of its own.
    pub(crate) fn entries<'a, T: Encode + 'a>(
        &mut self,
        entries: impl Iterator<Item = (&'a str, &'a T)>,
    ) {
        let mut entries: Vec<(&str, &T)> = entries.collect();
        if self.style.as_yaml {
            entries.sort_by(|(a, _), (b, _)| yaml::compare(a, b));
        }
        for (key, value) in entries {
            self.field(key, value, true);
        }
    }

    /// One item of a list.
    pub(crate) fn item(&mut self, value: &impl Encode) {
        self.comma();
        value.encode(self);
        self.follows = true;
    }

    /// A literal without quotes: numbers, `true`, `null`.
    pub(crate) fn literal(&mut self, value: impl Display) {
        let _infallible = write!(self.text, "{value}");
    }

    /// A text with the escapes of Go.
    pub(crate) fn string(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            match c {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{c}' => self.text.push_str("\\f"),
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                    self.literal(format_args!("\\u{:04x}", u32::from(c)));
                }
                _ => self.text.push(c),
            }
        }
        self.text.push('"');
    }

    fn comma(&mut self) {
        if self.follows {
            self.text.push(',');
        }
        self.follows = false;
        self.line();
    }

    fn line(&mut self) {
        if let Some(depth) = self.depth {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n("  ", depth));
        }
    }
}

/// A value that Compose writes as JSON.
pub(crate) trait Encode {
    /// Writes the value.
    fn encode(&self, out: &mut Writer);

    /// Whether Go's `omitempty` leaves it out; it never leaves out a struct.
    fn is_empty(&self) -> bool {
        false
    }

    /// Whether Compose's YAML leaves it out, where a struct can be empty.
    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

macro_rules! literals {
    ($($type:ty),*) => {$(
        impl Encode for $type {
            fn encode(&self, out: &mut Writer) {
                out.literal(self);
            }
            fn is_empty(&self) -> bool {
                *self == Self::default()
            }
        }
    )*};
}
literals!(bool, i64, u64, u32, u16);

macro_rules! floats {
    ($($type:ty),*) => {$(
impl Encode for $type {
    fn encode(&self, out: &mut Writer) {
        let size = self.abs();
        if size != 0.0 && !(1e-6..1e21).contains(&size) {
            let text = format!("{self:e}");
            let signed = if text.contains("e-") { text } else { text.replace('e', "e+") };
            out.literal(signed);
        } else {
            out.literal(self);
        }
    }

    fn is_empty(&self) -> bool {
        *self == 0.0
    }
}
    )*};
}
floats!(f32, f64);

impl Encode for String {
    fn encode(&self, out: &mut Writer) {
        out.string(self);
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, out: &mut Writer) {
        match self {
            Some(value) => value.encode(out),
            None => out.literal("null"),
        }
    }

    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

impl<T: Encode> Encode for Box<T> {
    fn encode(&self, out: &mut Writer) {
        (**self).encode(out);
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: &mut Writer) {
        out.open('[');
        for item in self {
            out.item(item);
        }
        out.close(']');
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Encode> Encode for BTreeMap<String, T> {
    fn encode(&self, out: &mut Writer) {
        out.mapping(self.iter().map(|(key, value)| (key.as_str(), value)));
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &impl Encode) -> String {
        Writer::text_of(value, Style::V2_40)
    }

    #[test]
    fn strings_are_escaped_as_go_does() {
        let value = "\"\\\n\r\t\u{8}\u{c}\u{1}<>&\u{2028}\u{7f}é".to_owned();
        let expected = "\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u003c\\u003e\\u0026\\u2028\u{7f}é\"";
        assert_eq!(text(&value), expected);
    }

    #[test]
    fn numbers_are_the_shortest_that_read_back() {
        let cases: [(f32, &str); 6] = [
            (0.5, "0.5"),
            (0.1, "0.1"),
            (3.0, "3"),
            (1e-7, "1e-7"),
            (1e21, "1e+21"),
            (1.0 / 3.0, "0.33333334"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(&value), expected);
        }
    }

    #[test]
    fn collections_nest() {
        let value = BTreeMap::from([
            ("b".to_owned(), vec![Some(1_i64), None]),
            ("a".to_owned(), Vec::new()),
        ]);
        assert_eq!(text(&value), r#"{"a":[],"b":[1,null]}"#);
    }
}
