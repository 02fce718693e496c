//! Files of variables as v1 reads them: only `${NAME}` and `${NAME:-default}` are variables, in
//! quotes of both kinds, and earlier lines win over the environment.

use std::collections::BTreeMap;

/// The variables of a file's `text`; `outside` are those of the process.
pub(super) fn parse(
    text: &str,
    outside: &BTreeMap<String, String>,
) -> BTreeMap<String, Option<String>> {
    let mut variables: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some((name, value, after)) = statement(rest) {
        rest = after;
        if name.is_empty() {
            continue;
        }
        let lookup = |name: &str| {
            variables.get(name).cloned().flatten().or_else(|| outside.get(name).cloned())
        };
        let value = value.map(|value| resolve(&value, &lookup));
        variables.insert(name, value);
    }
    variables
}

/// The next line's name and value, and the text after it.
fn statement(text: &str) -> Option<(String, Option<String>, &str)> {
    let text = text.trim_start();
    if text.is_empty() {
        return None;
    }
    let line_end = text.find('\n').unwrap_or(text.len());
    let (line, next) = (&text[..line_end], text.get(line_end + 1..).unwrap_or_default());
    if line.starts_with('#') {
        return Some((String::new(), None, next));
    }
    let Some((name, _)) = line.split_once('=') else {
        return Some((bare(line), None, next));
    };
    let value = text[name.len() + 1..].trim_start_matches([' ', '\t']);
    let name = bare(name);
    let Some(quote @ ('\'' | '"')) = value.chars().next() else {
        return Some((name, Some(unquoted(value)), next));
    };
    let Some((value, after)) = quoted(&value[1..], quote) else {
        return Some((String::new(), None, next));
    };
    let next = after.split_once('\n').map_or("", |(_, next)| next);
    Some((name, Some(value), next))
}

/// The rest of the line without its comment.
fn unquoted(text: &str) -> String {
    let line = text.split('\n').next().unwrap_or_default();
    let begins_comment =
        |(at, c): &(usize, char)| *c == '#' && line[..*at].ends_with(char::is_whitespace);
    let end = line.char_indices().find(begins_comment).map_or(line.len(), |(at, _)| at);
    line[..end].trim_end().to_owned()
}

/// A name without what may stand around it; empty for a line v1 skips.
fn bare(name: &str) -> String {
    let name = name.trim();
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    let end = name.find(char::is_whitespace).unwrap_or(name.len());
    let is_alone = end == name.len() || name[end..].trim_start().starts_with('#');
    if is_alone { name[..end].trim_matches('\'').to_owned() } else { String::new() }
}

/// The value up to the closing quote, and the text after it.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match (quote, chars.next()?.1) {
                (_, c @ ('\\' | '\'')) => value.push(c),
                ('"', 'n') => value.push('\n'),
                ('"', 'r') => value.push('\r'),
                ('"', 't') => value.push('\t'),
                ('"', '"') => value.push('"'),
                (_, c) => value.extend(['\\', c]),
            },
            c if c == quote => return Some((value, &text[at + 1..])),
            c => value.push(c),
        }
    }
    None
}

fn resolve(value: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        let Some(end) = rest[start..].find('}').map(|end| start + end) else { break };
        out.push_str(&rest[..start]);
        let (name, default) = match rest[start + 2..end].split_once(":-") {
            Some((name, default)) => (name, default),
            None => (&rest[start + 2..end], ""),
        };
        out.push_str(&lookup(name).unwrap_or_else(|| default.to_owned()));
        rest = &rest[end + 1..];
    }
    out + rest
}
