//! Fits text into columns of the terminal.

use console::{Alignment, measure_text_width, pad_str, truncate_str};

use super::style::{Style, Tone};

/// Columns of the verb that begins a permanent line.
pub const VERB: usize = 12;

/// Cuts `text` to `width` columns, with `…` where something is missing.
#[must_use]
pub fn fit(text: &str, width: usize) -> String {
    truncate_str(text, width, "…").into_owned()
}

/// `text` filled with blanks, or cut, to exactly `width` columns.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    pad_str(text, width, Alignment::Left, Some("…")).into_owned()
}

/// `left` at the left edge and `right` at the right edge of `width` columns; `left` is cut first.
#[must_use]
pub fn justify(left: &str, right: &str, width: usize) -> String {
    if right.is_empty() {
        return fit(left, width);
    }
    let room = width.saturating_sub(measure_text_width(right) + 1);
    fit(&format!("{} {right}", pad(left, room)), width)
}

/// A permanent line: a right-aligned verb, then text; cut to `width` columns.
#[must_use]
pub fn verb_line(style: Style, tone: Tone, verb: &str, text: &str, width: usize) -> String {
    let verb = style.paint(tone, format!("{verb:>VERB$}"));
    fit(&format!("{verb} {text}"), width)
}

/// `prefix` and `text`, broken between words so that no line is wider than `width`; further lines
/// are indented by `indent` columns.
#[must_use]
pub fn wrap(prefix: &str, text: &str, indent: usize, width: usize) -> String {
    let mut lines = Vec::new();
    let mut line = prefix.to_owned();
    for word in text.split(' ') {
        let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if measure_text_width(&joined) <= width || line.trim().is_empty() {
            line = joined;
        } else {
            lines.push(line);
            line = format!("{}{word}", " ".repeat(indent));
        }
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_end_stays_and_the_left_is_cut() {
        assert_eq!(justify("rolling out", "4s", 20), "rolling out       4s");
        assert_eq!(justify("rolling out", "4s", 10), "rollin… 4s");
    }

    #[test]
    fn long_text_breaks_between_words_under_its_indent() {
        assert_eq!(wrap("hint:", "one two three", 2, 12), "hint: one\n  two three");
        assert_eq!(wrap("hint:", "unbreakable", 2, 8), "hint:\n  unbreakable");
    }

    #[test]
    fn wide_characters_count_as_two_columns() {
        assert_eq!(fit("漢字漢字", 5), "漢字…");
    }
}
