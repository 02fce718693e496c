//! What is wrong with a text that is not YAML, in words people use.

use granit_parser::ErrorKind;

/// A sentence fragment for `kind`.
pub(super) fn explain(kind: &ErrorKind) -> String {
    let text = match kind {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation => {
            "a tab indents this line; YAML indents with spaces"
        }
        ErrorKind::MappingValueNotAllowed => {
            "no `:` was expected here; put the text in quotes, or check the lines before"
        }
        ErrorKind::UnclosedQuotedScalar => "this quote is never closed",
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            "there is more text after the closing quote"
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => {
            "this text has an escape that `\"` quotes do not know; use `'` quotes or write `\\\\`"
        }
        ErrorKind::UnknownAnchor => "this alias names no anchor that stands before it",
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::InvalidColonPlacement
        | ErrorKind::InvalidFlowScalarIndent => {
            "a `[` or `{` before this place is not closed, or a comma is missing"
        }
        ErrorKind::MisplacedFlowCollectionEnd | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            "this bracket closes nothing that is open"
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::InvalidBlockScalarIndent => "the indentation does not fit the lines before",
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            "a key is not followed by `:` before this place"
        }
        ErrorKind::RecursionLimitExceeded => "values are nested too deeply",
        ErrorKind::BomInsideDocument => "a byte order mark stands in the middle of the file",
        ErrorKind::UnclosedFlowCollection { open } => {
            return format!("this `{open}` is never closed");
        }
        ErrorKind::UnexpectedCharacter { character } => {
            return format!(
                "no value can begin with `{}`; put it in quotes",
                character.escape_default()
            );
        }
        other => return format!("this is not valid YAML: {other}"),
    };
    text.to_owned()
}
