//! Lines of quoted scalars that are indented less than their key: Compose's parser takes them, the
//! YAML specification and our parser do not.

use std::borrow::Cow;

use granit_parser::{ErrorKind, Options, Parser};

/// Spaces; deeper than any file nests. Inside quotes the indentation of a line has no meaning.
const PADDING: usize = 1024;
/// Every line costs a further reading of the file.
const MAX_LINES: usize = 256;

/// A text with enough indentation in its quoted scalars, and the way back to the bytes of the
/// file.
pub(super) struct Padded<'a> {
    pub(super) text: Cow<'a, str>,
    /// Where the padded lines begin in the file, in order.
    lines: Vec<usize>,
}

impl<'a> Padded<'a> {
    /// Pads what needs it; the text stays broken if more is wrong with it.
    pub(super) fn new(text: &'a str, options: &Options) -> Self {
        let mut padded = Self { text: Cow::Borrowed(text), lines: Vec::new() };
        while padded.lines.len() < MAX_LINES
            && let Some(at) = underindented(&padded.text, options)
        {
            let line = padded.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let source = padded.source(line);
            if padded.lines.last().is_some_and(|last| *last >= source) {
                break;
            }
            padded.lines.push(source);
            padded.text.to_mut().insert_str(line, &" ".repeat(PADDING));
        }
        padded
    }

    /// The byte of the file for the byte `at` of the text.
    pub(super) fn source(&self, at: usize) -> usize {
        self.lines.iter().fold(at, |at, line| {
            if at > *line { at.saturating_sub(PADDING).max(*line) } else { at }
        })
    }
}

/// The first place in a quoted scalar where the text is indented too little.
fn underindented(text: &str, options: &Options) -> Option<usize> {
    let mut events = Parser::new_from_str_with_options(text, options.clone());
    let error = events.find_map(Result::err)?;
    let kinds = [ErrorKind::InvalidQuotedScalarIndent, ErrorKind::TabInIndentation];
    kinds.contains(error.kind()).then(|| error.marker().byte_offset()).flatten()
}
