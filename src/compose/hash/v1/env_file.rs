//! Files of variables as v1 reads them, with `python-dotenv` 0.21: only `${NAME}` and
//! `${NAME:-default}` are variables, in quotes of both kinds, and the file wins over the process.

use std::collections::BTreeMap;

/// The variables of a file's `text`; `outside` are those of the process.
pub(super) fn parse(
    text: &str,
    outside: &BTreeMap<String, String>,
) -> BTreeMap<String, Option<String>> {
    let mut variables: BTreeMap<String, Option<String>> = BTreeMap::new();
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        rest = rest.trim_start();
        match binding(rest) {
            Ok((Some((name, value)), after)) => {
                let lookup = |name: &str| match variables.get(name) {
                    // A name without a value is set, and empty.
                    Some(value) => Some(value.clone().unwrap_or_default()),
                    None => outside.get(name).cloned(),
                };
                let value = value.map(|value| resolve(&value, &lookup));
                variables.insert(name.to_owned(), value);
                rest = after;
            }
            Ok((None, after)) => rest = after,
            Err(at) => rest = after_line(at),
        }
    }
    variables
}

/// A name, and its value if there is a `=`.
type Binding<'a> = Option<(&'a str, Option<String>)>;

/// The next line's binding, none in a comment, and the text after it; else the text from where it
/// makes no sense.
fn binding(text: &str) -> Result<(Binding<'_>, &str), &str> {
    let text = match text.strip_prefix("export") {
        Some(rest) if rest.starts_with(is_blank) => rest.trim_start_matches(is_blank),
        _ => text,
    };
    if text.is_empty() || text.starts_with('#') {
        return Ok((None, line_end(text)?));
    }
    let (name, rest) = name(text).ok_or(text)?;
    let rest = rest.trim_start_matches(is_blank);
    let (value, rest) = match rest.strip_prefix('=') {
        Some(rest) => {
            let (value, rest) = value(rest.trim_start_matches(is_blank))?;
            (Some(value), rest)
        }
        None => (None, rest),
    };
    Ok((Some((name, value)), line_end(rest)?))
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != '\n'
}

/// The text after this line, of which only a comment may be left.
fn line_end(text: &str) -> Result<&str, &str> {
    let rest = text.trim_start_matches(is_blank);
    if rest.is_empty() || rest.starts_with(['#', '\n']) { Ok(after_line(rest)) } else { Err(text) }
}

fn after_line(text: &str) -> &str {
    text.find('\n').map_or("", |end| &text[end + 1..])
}

fn name(text: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = text.strip_prefix('\'') {
        return quoted.split_once('\'').filter(|(name, _)| !name.is_empty());
    }
    let ends = |c: char| matches!(c, '=' | '#') || c.is_whitespace();
    let end = text.find(ends).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn value(text: &str) -> Result<(String, &str), &str> {
    if let Some(quote @ ('\'' | '"')) = text.chars().next() {
        return quoted(text, quote).ok_or(text);
    }
    let (line, rest) = text.split_at(text.find('\n').unwrap_or(text.len()));
    Ok((uncommented(line), rest))
}

/// The line without its comment, which space must come before.
fn uncommented(line: &str) -> String {
    let begins_comment =
        |(at, c): &(usize, char)| *c == '#' && line[..*at].ends_with(char::is_whitespace);
    let end = line.char_indices().find(begins_comment).map_or(line.len(), |(at, _)| at);
    line[..end].trim_end().to_owned()
}

/// The value in quotes and the text after it. A quote after a backslash closes the value only if no
/// other one does.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let inner = &text[1..];
    let all = || inner.match_indices(quote).map(|(at, _)| at);
    let end = all().find(|at| !inner[..*at].ends_with('\\')).or_else(|| all().next_back())?;
    Some((unescaped(&inner[..end], quote), &inner[end + 1..]))
}

fn unescaped(text: &str, quote: char) -> String {
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().filter(|_| c == '\\');
        let escaped = match next {
            Some(same @ ('\\' | '\'')) => Some(same),
            Some(next) if quote == '"' => control(next),
            _ => None,
        };
        if escaped.is_some() {
            chars.next();
        }
        value.push(escaped.unwrap_or(c));
    }
    value
}

fn control(c: char) -> Option<char> {
    let pairs = [
        ('"', '"'),
        ('a', '\u{7}'),
        ('b', '\u{8}'),
        ('f', '\u{c}'),
        ('n', '\n'),
        ('r', '\r'),
        ('t', '\t'),
        ('v', '\u{b}'),
    ];
    pairs.into_iter().find(|(letter, _)| *letter == c).map(|(_, control)| control)
}

/// Puts variables in; a `${` that is none stays as it is.
fn resolve(value: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        let (literal, expression) = rest.split_at(start);
        out.push_str(literal);
        if let Some((name, default, after)) = variable(&expression[2..]) {
            out.push_str(&lookup(name).unwrap_or_else(|| default.to_owned()));
            rest = after;
        } else {
            out.push_str("${");
            rest = &expression[2..];
        }
    }
    out + rest
}

/// Name, default and what follows of `NAME:-default}…`.
fn variable(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_at(text.find(['}', ':'])?);
    if let Some(after) = rest.strip_prefix('}') {
        return Some((name, "", after));
    }
    let (default, after) = rest.strip_prefix(":-")?.split_once('}')?;
    Some((name, default, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let outside = BTreeMap::from([("OUT".to_owned(), "out".to_owned())]);
        let pairs = parse(text, &outside).into_iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={value}"),
            None => name,
        });
        pairs.collect::<Vec<_>>().join("|")
    }

    /// As `python-dotenv` 0.21.0 answers.
    const CASES: &[(&str, &str)] = &[
        ("A=1\nB = 2 \n export C=3", "A=1|B=2|C=3"),
        ("A", "A"),
        ("A b=1\nC=1", "C=1"),
        ("=1\nC=1", "C=1"),
        ("# A=1\nB=2 # c\nC=#c\nD=x#c", "B=2|C=#c|D=x#c"),
        ("A='1' # c\nB='1'x\nC=1", "A=1|C=1"),
        ("A='it''s'\nB=1", "B=1"),
        ("A='a\nb'\nB=1", "A=a\nb|B=1"),
        (r"A='C:\'", r"A=C:\"),
        (r"A='it\'s' ", "A=it's"),
        (r#"A="q\"\n\v\q" "#, "A=q\"\n\u{b}\\q"),
        ("A='x\nB=1", "B=1"),
        ("'A B'=1", "A B=1"),
        ("A=${OUT}${OUT:-d}${NO:-d}${NO}", "A=outoutd"),
        ("A=${A:?x} $OUT ${", "A=${A:?x} $OUT ${"),
        ("OUT=own\nA=${OUT}", "A=own|OUT=own"),
        ("OUT\nA=x${OUT:-d}", "A=x|OUT"),
        ("A='${OUT}'", "A=out"),
        ("A=1\rB=2\r\nC=3", "A=1|B=2|C=3"),
        ("\u{feff}A=1", "A=1"),
    ];

    #[test]
    fn lines_are_read_as_python_dotenv_reads_them() {
        for (text, expected) in CASES {
            assert_eq!(read(text), *expected, "{text:?}");
        }
    }
}
