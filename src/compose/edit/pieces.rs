//! Which bytes of which file every part of an interpolated value comes from.

use std::ops::Range;

use crate::compose::Dialect;
use crate::compose::source::Location;
use crate::compose::template::{self, Action, Part, TemplateError, Variable};

/// A variable that has a value.
#[derive(Clone, PartialEq)]
pub struct Known {
    /// The value.
    pub value: String,
    /// Who gave it.
    pub origin: Origin,
}

/// Who gave a variable its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A `.env` file; the value as written there, quotes included.
    File(Location),
    /// The environment of the process, which wins over every file.
    Process,
}

/// A part of a resolved value.
#[derive(Clone, PartialEq)]
pub(super) struct Piece {
    /// The bytes of the resolved value.
    pub(super) range: Range<usize>,
    /// Where the bytes come from.
    pub(super) source: Source,
}

/// Where bytes of a resolved value come from.
#[derive(Clone, PartialEq)]
pub(super) enum Source {
    /// They stand here as they are, in the scalar that is second.
    File(Location, Location),
    /// They stand here, but written in another way: escaped, or over several lines.
    Encoded(Location),
    /// The environment of the process gives them, by this variable.
    Process(String),
    /// The variable that is named has no value and no default.
    Unset(String),
}

/// A resolved value and its parts in order, without a gap.
#[derive(Clone, Default)]
pub(super) struct Resolved {
    pub(super) text: String,
    pub(super) pieces: Vec<Piece>,
}

impl Resolved {
    fn push(&mut self, text: &str, source: Source) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece { range: start..self.text.len(), source });
    }
}

/// What resolves a scalar.
pub(super) struct Resolver<'a> {
    pub(super) dialect: Dialect,
    pub(super) variables: &'a dyn Fn(&str) -> Option<Known>,
}

impl Resolver<'_> {
    /// Resolves `text`, the value of the scalar at `scalar`.
    pub(super) fn resolve(&self, text: &str, scalar: &Location) -> Result<Resolved, TemplateError> {
        let mut resolved = Resolved::default();
        self.template(text, &Written::new(text, scalar), &mut resolved)?;
        Ok(resolved)
    }

    fn template(
        &self,
        text: &str,
        written: &Written,
        resolved: &mut Resolved,
    ) -> Result<(), TemplateError> {
        if text.is_empty() {
            resolved.push("", written.source(0..0));
        }
        for part in template::parse(text, self.dialect)? {
            match part {
                Part::Literal(range) => resolved.push(&text[range.clone()], written.source(range)),
                Part::Escape(_) => resolved.push("$", Source::Encoded(written.scalar.clone())),
                Part::Variable(variable) => self.variable(text, &variable, written, resolved)?,
            }
        }
        Ok(())
    }

    fn variable(
        &self,
        text: &str,
        variable: &Variable,
        written: &Written,
        resolved: &mut Resolved,
    ) -> Result<(), TemplateError> {
        let name = &text[variable.name.clone()];
        let known = (self.variables)(name);
        if let Some((operator, operand)) = &variable.operator {
            let present =
                known.as_ref().is_some_and(|known| !(operator.colon && known.value.is_empty()));
            let stands_in = match operator.action {
                Action::Default => !present,
                Action::Alternative => present,
                Action::Required => false,
            };
            if stands_in {
                let operand_text = &text[operand.clone()];
                let written = written.inner(operand.start);
                if self.dialect == Dialect::V2 {
                    return self.template(operand_text, &written, resolved);
                }
                resolved.push(operand_text, written.source(0..operand_text.len()));
                return Ok(());
            }
        }
        let Some(Known { value, origin }) = known else {
            resolved.push("", Source::Unset(name.to_owned()));
            return Ok(());
        };
        let source = match origin {
            Origin::Process => Source::Process(name.to_owned()),
            Origin::File(scalar) => Written::new(&value, &scalar).source(0..value.len()),
        };
        resolved.push(&value, source);
        Ok(())
    }
}

/// A scalar and where the bytes of its value begin, if they stand in the file as they are.
struct Written {
    scalar: Location,
    start: Option<usize>,
}

impl Written {
    fn new(value: &str, scalar: &Location) -> Self {
        let text = scalar.text();
        let quoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
        let (inner, quote) = match quoted('"').or_else(|| quoted('\'')) {
            Some(inner) => (inner, 1),
            None => (text, 0),
        };
        let start = (inner == value).then_some(scalar.start + quote);
        Self { scalar: scalar.clone(), start }
    }

    /// The same scalar, its value counted from byte `at` on.
    fn inner(&self, at: usize) -> Self {
        Self { scalar: self.scalar.clone(), start: self.start.map(|start| start + at) }
    }

    fn source(&self, range: Range<usize>) -> Source {
        let Some(start) = self.start else { return Source::Encoded(self.scalar.clone()) };
        let mut place = self.scalar.clone();
        place.start = start + range.start;
        place.end = start + range.end;
        Source::File(place, self.scalar.clone())
    }
}
