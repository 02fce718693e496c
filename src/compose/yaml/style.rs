//! Which quotes a text needs.

use super::plain::stays_text;

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As it is.
    Plain,
    /// In `'`.
    Single,
    /// In `"`, with escapes.
    Double,
    /// After `|`, line by line.
    Literal,
}

/// The style of a text; a key has to fit one line.
pub(super) fn style_of(text: &str, is_key: bool) -> Style {
    let signs = Signs::of(text);
    if text.contains('\n') {
        return if is_key || signs.special || signs.space_before_break || text.ends_with(' ') {
            Style::Double
        } else {
            Style::Literal
        };
    }
    if !stays_text(text) || signs.special || text.contains('\t') {
        return Style::Double;
    }
    let breaks_line = text.contains(['\u{2028}', '\u{2029}']);
    if begins_badly(text)
        || signs.separates
        || breaks_line
        || text.starts_with(' ')
        || text.ends_with(' ')
    {
        return Style::Single;
    }
    Style::Plain
}

/// What is found in a text.
struct Signs {
    /// A sign that only an escape can write.
    special: bool,
    /// A blank before the end of a line.
    space_before_break: bool,
    /// `: ` or ` #`, which would end it.
    separates: bool,
}

impl Signs {
    fn of(text: &str) -> Self {
        let mut signs = Self { special: false, space_before_break: false, separates: false };
        // A text begins as if after a line's end.
        let mut before = '\n';
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next_is_blank = chars.peek().is_none_or(|next| is_blank(*next));
            signs.special |= c != '\t' && !is_printable(c);
            signs.space_before_break |= c == '\n' && before == ' ';
            signs.separates |=
                c == ':' && next_is_blank || c == '#' && (is_blank(before) || before == '\n');
            before = c;
        }
        signs
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Whether the beginning means something in YAML.
fn begins_badly(text: &str) -> bool {
    let mut chars = text.chars();
    let (first, second) = (chars.next(), chars.next());
    let second_is_blank = second.is_none_or(is_blank);
    text.starts_with("---")
        || text.starts_with("...")
        || match first {
            Some('?' | '-' | ':') => second_is_blank,
            Some(first) => "#,[]{}&*!|>'\"%@`".contains(first),
            None => false,
        }
}

/// Whether the library writes the sign as it is.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && c != '\u{feff}'
}
