//! The layout: mappings and lists on lines of their own, two blanks deeper than what holds them.

use serde_json::{Map, Number, Value};

use super::style::{Style, is_printable, style_of};
use crate::compose::model::decode::float_text;

/// Keys longer than this stand behind a `?`.
const LONGEST_KEY: usize = 128;

/// A whole document.
pub(crate) fn document(value: &Value) -> String {
    let mut text = String::new();
    node(&mut text, value, 0);
    text.push('\n');
    text
}

/// Writes a value whose own lines begin after `indent` blanks; its first line begins where the
/// text ends.
fn node(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(value) => out.push_str(&number(value)),
        Value::String(text) => scalar(out, text, indent, false),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Object(map) if map.is_empty() => out.push_str("{}"),
        Value::Array(items) => list(out, items, indent),
        Value::Object(map) => mapping(out, map, indent),
    }
}

fn number(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(value) => float_text(value),
        None => number.to_string(),
    }
}

fn list(out: &mut String, items: &[Value], indent: usize) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            line(out, indent);
        }
        out.push_str("- ");
        node(out, item, indent + 2);
    }
}

fn mapping(out: &mut String, map: &Map<String, Value>, indent: usize) {
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 {
            line(out, indent);
        }
        let is_long = key.len() > LONGEST_KEY || key.contains('\n');
        if is_long {
            out.push_str("? ");
            scalar(out, key, indent + 2, false);
            line(out, indent);
        } else {
            scalar(out, key, indent + 2, true);
        }
        out.push(':');
        entry(out, value, indent + 2, is_long);
    }
}

/// What follows the colon of a key.
fn entry(out: &mut String, value: &Value, indent: usize, is_after_long_key: bool) {
    let is_block = match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => false,
    };
    if is_block && !is_after_long_key {
        line(out, indent);
    } else {
        out.push(' ');
    }
    node(out, value, indent);
}

fn line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn scalar(out: &mut String, text: &str, indent: usize, is_key: bool) {
    match style_of(text, is_key) {
        Style::Plain => out.push_str(text),
        Style::Single => {
            out.push('\'');
            out.push_str(&text.replace('\'', "''"));
            out.push('\'');
        }
        Style::Double => double(out, text),
        Style::Literal => literal(out, text, indent),
    }
}

fn double(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match escape(c) {
            Some(sign) => out.extend(['\\', sign]),
            None if is_printable(c) => out.push(c),
            None => out.push_str(&numbered(c)),
        }
    }
    out.push('"');
}

/// The escape by number.
fn numbered(c: char) -> String {
    match u32::from(c) {
        code @ ..=0xff => format!("\\x{code:02X}"),
        code @ ..=0xffff => format!("\\u{code:04X}"),
        code => format!("\\U{code:08X}"),
    }
}

/// The short form of an escape.
fn escape(c: char) -> Option<char> {
    Some(match c {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0b' => 'v',
        '\x0c' => 'f',
        '\r' => 'r',
        '\x1b' => 'e',
        '"' | '\\' => c,
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => return None,
    })
}

/// `|` with what a reader needs to know of the first and the last line.
fn literal(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    let body = match text.strip_suffix('\n') {
        None => {
            out.push('-');
            text
        }
        Some(body) => {
            if body.is_empty() || body.ends_with('\n') {
                out.push('+');
            }
            body
        }
    };
    for part in body.split('\n') {
        out.push('\n');
        if !part.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As Compose 2.40 prints the same values.
    #[test]
    fn values_are_laid_out_as_compose_does() {
        let value = json!({
            "a": [],
            "b": {},
            "c": ["x", {"d": 1, "e": [true, null]}, ["y"]],
            "f": {"g": 0.5, "h": 1e30, "": ""},
            "i": "two\nlines\n",
            "j": ["a\n\nb", " c\nd\n\n"],
        });
        let expected = "a: []
b: {}
c:
  - x
  - d: 1
    e:
      - true
      - null
  - - \"y\"
f:
  g: 0.5
  h: 1e+30
  \"\": \"\"
i: |
  two
  lines
j:
  - |-
    a

    b
  - |2+
     c
    d

";
        assert_eq!(document(&value), expected);
    }

    #[test]
    fn texts_are_quoted_as_compose_does() {
        let cases = [
            ("plain text", "plain text"),
            ("8080:80", "8080:80"),
            ("22:22", "\"22:22\""),
            ("yes", "\"yes\""),
            ("1.10", "\"1.10\""),
            ("2001-01-01", "\"2001-01-01\""),
            ("<<", "<<"),
            ("a: b", "'a: b'"),
            ("a #b", "'a #b'"),
            ("a#b", "a#b"),
            ("- a", "'- a'"),
            ("-a", "-a"),
            ("*it's*", "'*it''s*'"),
            ("--- a", "'--- a'"),
            (" a", "' a'"),
            ("a\tb", "\"a\\tb\""),
            ("\u{1f600}", "\"\\U0001F600\""),
            ("é\u{a0}", "é\u{a0}"),
            ("\u{2028}", "'\u{2028}'"),
            ("a \nb", "\"a \\nb\""),
            ("\x1b\"\\", "\"\\e\\\"\\\\\""),
        ];
        for (text, expected) in cases {
            assert_eq!(document(&json!(text)), format!("{expected}\n"), "{text:?}");
        }
    }

    #[test]
    fn a_long_key_stands_behind_a_question_mark() {
        let key = "k".repeat(129);
        assert_eq!(document(&json!({ key.clone(): "v" })), format!("? {key}\n: v\n"));
    }
}
