//! Lines of quoted scalars that are indented less than their key: Compose's parser takes them, the
//! YAML specification and our parser do not.

use std::borrow::Cow;

use granit_parser::{ErrorKind, Parser, StrInput};

/// Spaces; deeper than any file nests. Inside quotes the indentation of a line has no meaning.
const PADDING: usize = 1024;
/// Every line costs a further reading up to it: the bytes that may be read for all of them.
const READING: usize = 32 << 20;

/// What the YAML parser makes of a text.
pub(super) type Events<'a> = Parser<'a, StrInput<'a>>;

/// The events of `text`, comments left out.
pub(super) fn events(text: &str) -> Events<'_> {
    Parser::new_from_str_with_options(text, granit_parser::options! { emit_comments: false })
}

/// A text with enough indentation in its quoted scalars, and the way back to the bytes of the
/// file.
pub(super) struct Padded<'a> {
    pub(super) text: Cow<'a, str>,
    /// Where the padded lines begin in the file, in order.
    lines: Vec<usize>,
}

impl<'a> Padded<'a> {
    /// The text as it is.
    pub(super) fn none(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), lines: Vec::new() }
    }

    /// The text with padding, if a line needs it; it stays broken if more is wrong with it.
    pub(super) fn needed(text: &'a str) -> Option<Self> {
        let mut padded = Self::none(text);
        let mut left = READING;
        while let Some(at) = underindented(&padded.text) {
            let line = padded.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let source = padded.source(line);
            if padded.lines.last().is_some_and(|last| *last >= source) {
                break;
            }
            padded.lines.push(source);
            padded.text.to_mut().insert_str(line, &" ".repeat(PADDING));
            left = match left.checked_sub(at) {
                Some(left) => left,
                None => break,
            };
        }
        (!padded.lines.is_empty()).then_some(padded)
    }

    /// The byte of the file for the byte `at` of the text.
    pub(super) fn source(&self, at: usize) -> usize {
        self.lines.iter().fold(at, |at, line| {
            if at > *line { at.saturating_sub(PADDING).max(*line) } else { at }
        })
    }
}

/// The first place in a quoted scalar where the text is indented too little.
fn underindented(text: &str) -> Option<usize> {
    let error = events(text).find_map(Result::err)?;
    let kinds = [ErrorKind::InvalidQuotedScalarIndent, ErrorKind::TabInIndentation];
    kinds.contains(error.kind()).then(|| error.marker().byte_offset()).flatten()
}
