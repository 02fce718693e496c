//! Whether a text without quotes would be read as something else.

use crate::compose::document::is_text;

/// Whether every reader takes `text` for text: those of YAML 1.1 see booleans in `yes` and numbers
/// of base 60 in `22:22`.
pub(super) fn stays_text(text: &str) -> bool {
    is_text(text) && !is_old_boolean(text) && !is_base_60(text)
}

fn is_old_boolean(text: &str) -> bool {
    const WORDS: [&str; 16] = [
        "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off",
        "OFF",
    ];
    WORDS.contains(&text)
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (digits, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut parts = digits.split(':');
    let first = parts.next().unwrap_or_default();
    let is_number = |text: &str| text.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit());
    let mut rest = parts.peekable();
    first.starts_with(|c: char| c.is_ascii_digit())
        && is_number(first)
        && is_number(fraction)
        && rest.peek().is_some()
        && rest.all(is_below_60)
}

fn is_below_60(part: &str) -> bool {
    match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => matches!(ten, b'0'..=b'5') && one.is_ascii_digit(),
        _ => false,
    }
}
