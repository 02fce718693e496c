//! Quoted values: where they end and what their escapes mean.

/// A quoted value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Quoted {
    /// Between the quotes, escaped quotes without their backslash.
    pub(super) text: String,
    /// Bytes of the value, both quotes included.
    pub(super) length: usize,
}

/// The quoted value at the start of `source`, or nothing if the quote is not closed.
pub(super) fn scan(source: &str, quote: char) -> Option<Quoted> {
    let mut text = String::new();
    let mut escaped = false;
    for (at, c) in source.char_indices().skip(1) {
        if c == quote && !escaped {
            return Some(Quoted { text, length: at + c.len_utf8() });
        }
        if c == '\\' && !escaped {
            escaped = true;
            continue;
        }
        if escaped && c != quote {
            text.push('\\');
        }
        escaped = false;
        text.push(c);
    }
    None
}

/// Resolves the escapes of a double-quoted value; `\$` becomes `$$`, for the template to resolve.
/// What is no escape stays, backslash included.
pub(super) fn unescape(text: &str) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        resolved.push_str(&rest[..at]);
        rest = &rest[at..];
        let (replacement, length) = escape(rest);
        resolved.push_str(&replacement);
        rest = &rest[length..];
    }
    resolved + rest
}

/// What the escape at the start of `text` stands for, and its length in bytes.
fn escape(text: &str) -> (String, usize) {
    let simple = match text.as_bytes().get(1) {
        Some(b'0') => return octal(text),
        Some(b'a') => "\x07",
        Some(b'b') => "\x08",
        Some(b'f') => "\x0c",
        Some(b'n') => "\n",
        Some(b'r') => "\r",
        Some(b't') => "\t",
        Some(b'v') => "\x0b",
        Some(b'$') => "$$",
        Some(b'"') => "\"",
        Some(b'\\') => "\\",
        _ => return ("\\".to_owned(), 1),
    };
    (simple.to_owned(), 2)
}

/// `\0` with up to three digits. Compose takes the zero away and keeps what is then no escape.
fn octal(text: &str) -> (String, usize) {
    let digits: String = text[2..].chars().take(3).take_while(char::is_ascii_digit).collect();
    let code = if digits.len() == 3 { u8::from_str_radix(&digits, 8).ok() } else { None };
    let replacement = match code {
        Some(code) if code.is_ascii() => char::from(code).to_string(),
        _ => format!("\\{digits}"),
    };
    (replacement, 2 + digits.len())
}
