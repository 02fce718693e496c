//! The grammar of `$NAME` and `${NAME:-default}` in values of compose files and `.env` files.

use std::ops::Range;

use super::Dialect;

/// A piece of a template; ranges are bytes of the template's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stays as it is.
    Literal(Range<usize>),
    /// `$$`, which gives one `$`.
    Escape(Range<usize>),
    /// A variable.
    Variable(Variable),
}

/// A variable in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The whole expression, `$` included.
    pub range: Range<usize>,
    /// Its name.
    pub name: Range<usize>,
    /// `${NAME:-operand}` and its relatives.
    pub operator: Option<(Operator, Range<usize>)>,
}

/// What the operand of `${NAME…operand}` is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// What happens.
    pub action: Action,
    /// With a colon an empty variable counts as an unset one.
    pub colon: bool,
}

/// The three families of operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// `-`: the operand stands in for an unset variable.
    Default,
    /// `+`: the operand stands in for a variable that is set.
    Alternative,
    /// `?`: an unset variable is an error, and the operand says which.
    Required,
}

/// Why a template gives no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The byte of the outermost `$` that cannot be resolved.
    pub at: usize,
    /// What is wrong, as a fragment.
    pub message: String,
}

/// Levels of variables in the operands of others; far above what people write.
const NESTING: usize = 100;
/// Bytes that variables may add to a text and, together, to the texts of a file; far above what
/// people write, far below what fills the memory.
pub(crate) const GROWTH: usize = 4 << 20;

/// The parts of `text`, operands not taken apart.
///
/// # Errors
/// A `${` that is not a variable, or is not closed in its line; in v1 also a lone `$`.
pub fn parse(text: &str, dialect: Dialect) -> Result<Vec<Part>, TemplateError> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let (mut literal, mut at) = (0, 0);
    while let Some(dollar) = text[at..].find('$').map(|offset| at + offset) {
        let part = match bytes.get(dollar + 1) {
            Some(b'$') => Part::Escape(dollar..dollar + 2),
            Some(b'{') => Part::Variable(braced(text, dollar, dialect)?),
            Some(byte) if starts_name(*byte) => {
                let name = dollar + 1..name_end(bytes, dollar + 1);
                Part::Variable(Variable { range: dollar..name.end, name, operator: None })
            }
            _ if dialect == Dialect::V1 => return Err(invalid(dollar)),
            _ => {
                at = dollar + 1;
                continue;
            }
        };
        if literal < dollar {
            parts.push(Part::Literal(literal..dollar));
        }
        at = part.range().end;
        literal = at;
        parts.push(part);
    }
    if literal < text.len() {
        parts.push(Part::Literal(literal..text.len()));
    }
    Ok(parts)
}

impl Part {
    /// The bytes of the template it was written in.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        match self {
            Self::Literal(range) | Self::Escape(range) => range.clone(),
            Self::Variable(variable) => variable.range.clone(),
        }
    }
}

/// The expression whose `${` is at `start`.
fn braced(text: &str, start: usize, dialect: Dialect) -> Result<Variable, TemplateError> {
    let bytes = text.as_bytes();
    let name = start + 2..name_end(bytes, start + 2);
    if name.is_empty() || !starts_name(bytes[name.start]) {
        return Err(invalid(start));
    }
    if bytes.get(name.end) == Some(&b'}') {
        return Ok(Variable { range: start..name.end + 1, name, operator: None });
    }
    let (operator, operand) = operator(bytes, name.end).ok_or_else(|| invalid(start))?;
    let close = match dialect {
        Dialect::V2 => close_v2(text, start, operand),
        Dialect::V1 if operator.action == Action::Alternative => None,
        Dialect::V1 => text[operand..].find('}').map(|offset| operand + offset),
    };
    let close = close.ok_or_else(|| invalid(start))?;
    let operator = Some((operator, operand..close));
    Ok(Variable { range: start..close + 1, name, operator })
}

fn invalid(at: usize) -> TemplateError {
    TemplateError {
        at,
        message: "this `$` begins no valid variable; write `$$` for a dollar sign".to_owned(),
    }
}

/// Where the expression ends. Compose's pattern is greedy and its dot stops at a line break: the
/// expression may reach to the last brace of the line, and ends at the first that balances the
/// opening one, if there is such a brace.
fn close_v2(text: &str, start: usize, operand: usize) -> Option<usize> {
    let line_end = text[operand..].find('\n').map_or(text.len(), |length| operand + length);
    let last = operand + text[operand..line_end].rfind('}')?;
    let balanced = balancing_brace(&text.as_bytes()[start..=last]);
    Some(balanced.map_or(last, |length| start + length))
}

/// The operator at `at` and where its operand begins.
fn operator(bytes: &[u8], at: usize) -> Option<(Operator, usize)> {
    let colon = bytes.get(at) == Some(&b':');
    let at = at + usize::from(colon);
    let action = match bytes.get(at)? {
        b'-' => Action::Default,
        b'+' => Action::Alternative,
        b'?' => Action::Required,
        _ => return None,
    };
    Some((Operator { action, colon }, at + 1))
}

/// The brace that closes the first one, counted as Compose counts: the byte after an opening
/// brace is never looked at.
fn balancing_brace(bytes: &[u8]) -> Option<usize> {
    let (mut open, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'}' if open <= 1 => return Some(at),
            b'}' => open -= 1,
            b'{' => {
                open += 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn starts_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic()
}

fn name_end(bytes: &[u8], start: usize) -> usize {
    let is_name = |byte: &&u8| **byte == b'_' || byte.is_ascii_alphanumeric();
    start + bytes[start..].iter().take_while(is_name).count()
}

/// The text `template` stands for. `unset` is told the name and place of every variable that
/// stands alone and has no value: it becomes empty, and Compose warns.
///
/// # Errors
/// A broken `${`, a required variable that has no value, and variables that nest or grow beyond
/// all measure.
pub fn substitute(
    template: &str,
    dialect: Dialect,
    lookup: &dyn Fn(&str) -> Option<String>,
    unset: &mut dyn FnMut(&str, usize),
) -> Result<String, TemplateError> {
    Resolver { dialect, lookup, depth: 0 }.substitute(template, unset)
}

/// What is known while the variables of a template are resolved.
#[derive(Clone, Copy)]
struct Resolver<'a> {
    dialect: Dialect,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    /// Operands around the template.
    depth: usize,
}

impl Resolver<'_> {
    fn substitute(
        self,
        template: &str,
        unset: &mut dyn FnMut(&str, usize),
    ) -> Result<String, TemplateError> {
        let mut text = String::with_capacity(template.len());
        for part in parse(template, self.dialect)? {
            match part {
                Part::Literal(range) => text.push_str(&template[range]),
                Part::Escape(_) => text.push('$'),
                Part::Variable(variable) => {
                    text.push_str(&self.value(template, &variable, unset)?);
                    if text.len() > template.len() + GROWTH {
                        let message = "the variables up to here make this text too long".to_owned();
                        return Err(TemplateError { at: variable.range.start, message });
                    }
                }
            }
        }
        Ok(text)
    }

    fn value(
        self,
        template: &str,
        variable: &Variable,
        unset: &mut dyn FnMut(&str, usize),
    ) -> Result<String, TemplateError> {
        let name = &template[variable.name.clone()];
        let found = (self.lookup)(name);
        let at = variable.range.start;
        let Some((operator, operand)) = &variable.operator else {
            if found.is_none() {
                unset(name, at);
            }
            return Ok(found.unwrap_or_default());
        };
        let operand = self.operand(&template[operand.clone()], at, unset)?;
        let present = found.as_ref().is_some_and(|text| !(operator.colon && text.is_empty()));
        match operator.action {
            Action::Default if !present => Ok(operand),
            Action::Alternative if present => Ok(operand),
            Action::Required if !present => {
                Err(TemplateError { at, message: required(name, &operand) })
            }
            _ => Ok(found.unwrap_or_default()),
        }
    }

    /// Compose v2 resolves the operand even if it is not needed, and fails if it is broken.
    fn operand(
        self,
        operand: &str,
        at: usize,
        unset: &mut dyn FnMut(&str, usize),
    ) -> Result<String, TemplateError> {
        if self.dialect == Dialect::V1 {
            return Ok(operand.to_owned());
        }
        if self.depth == NESTING {
            let message = format!("variables are nested more than {NESTING} levels deep");
            return Err(TemplateError { at, message });
        }
        Self { depth: self.depth + 1, ..self }
            .substitute(operand, &mut |name, _| unset(name, at))
            .map_err(|error| TemplateError { at, ..error })
    }
}

fn required(name: &str, reason: &str) -> String {
    let missing = format!("required variable `{name}` has no value");
    if reason.is_empty() { missing } else { format!("{missing}: {reason}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `A` is `va`, `E` is empty, everything else is unset.
    fn resolve(template: &str, dialect: Dialect) -> (String, Vec<String>) {
        let lookup = |name: &str| match name {
            "A" => Some("va".to_owned()),
            "E" => Some(String::new()),
            _ => None,
        };
        let mut unset = Vec::new();
        let result =
            substitute(template, dialect, &lookup, &mut |name, _| unset.push(name.to_owned()));
        let text = result.unwrap_or_else(|error| format!("{}: {}", error.at, error.message));
        (text, unset)
    }

    const INVALID: &str = "this `$` begins no valid variable; write `$$` for a dollar sign";

    /// As Compose 2.40.3 answers.
    const RESOLVED: &[(&str, &str)] = &[
        ("$A", "va"),
        ("${A}", "va"),
        ("x${A}y", "xvay"),
        ("$$A", "$A"),
        ("$${A}", "${A}"),
        ("$$$A", "$va"),
        ("$", "$"),
        ("$ A", "$ A"),
        ("$1", "$1"),
        ("a$", "a$"),
        ("${A:-d}", "va"),
        ("${A-d}", "va"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${U:-d}", "d"),
        ("${U-d}", "d"),
        ("${U:-}", ""),
        ("${U-}", ""),
        ("${U}", ""),
        ("$U", ""),
        ("${A:+alt}", "alt"),
        ("${A+alt}", "alt"),
        ("${E:+alt}", ""),
        ("${E+alt}", "alt"),
        ("${U:+alt}", ""),
        ("${U+alt}", ""),
        ("${A:?msg}", "va"),
        ("${A?msg}", "va"),
        ("${E?msg}", ""),
        ("${U:-${A}}", "va"),
        ("${U:-${V:-${A}}}", "va"),
        ("${U:-${V:-deep}}", "deep"),
        ("${U:-a${V:-b}c}d${A}", "abcdva"),
        ("${U:-}}", "}"),
        ("${A}}", "va}"),
        ("${U:-{}}", "{}"),
        ("${U:-{x}}", "{x}"),
        ("${U:-x} ${A}", "x va"),
        ("${U:-x} $A ${V:-y}", "x va y"),
        ("${U:-x}${V:-y}", "xy"),
        ("${A-:-x}", "va"),
        ("${U-:-x}", ":-x"),
        ("${U:-:-x}", ":-x"),
        ("${U:-a-b+c?d}", "a-b+c?d"),
        ("${U:-$$x}", "$x"),
        ("${U:-$}", "$"),
        ("${a}", ""),
        ("$A$A", "vava"),
        ("$A.36", "va.36"),
        ("$A_B", ""),
        ("${A}_B", "va_B"),
        ("${U:-a:b}", "a:b"),
        ("${A:+${E:-in}}", "in"),
        ("${U:-é}", "é"),
        ("é${A}ü", "évaü"),
        ("${U:-\"q\"}", "\"q\""),
        ("$é", "$é"),
        ("${U:-$A}", "va"),
        ("http://${A}:80/${E}x", "http://va:80/x"),
        ("${U-${E-x}}", ""),
        ("${U:-a}b}c", "ab}c"),
        ("${A:-a}b}c", "vab}c"),
        ("$A}", "va}"),
        ("{$A}", "{va}"),
        ("{${A}}", "{va}"),
        ("${U:-x$}", "x$"),
        ("$${U:-x}", "${U:-x}"),
        ("$$${U:-x}", "$x"),
        ("${U:-x\\}y}", "x\\y}"),
        ("\\$A", "\\va"),
        ("\\${A}", "\\va"),
        ("a\n${A}\n${U:-x}\n}", "a\nva\nx\n}"),
        ("${U:-x}\n${V:-y}", "x\ny"),
    ];

    #[test]
    fn templates_resolve_as_in_compose_v2() {
        for (template, expected) in RESOLVED {
            assert_eq!(&resolve(template, Dialect::V2).0, expected, "{template}");
        }
    }

    #[test]
    fn broken_templates_fail_at_their_dollar() {
        let cases = [
            ("${U:-{}} ${A}", 0),
            ("${A:-${}", 0),
            ("${U:-${}", 0),
            ("${", 0),
            ("${}", 0),
            ("${A", 0),
            ("${A!x}", 0),
            ("${1A}", 0),
            ("${ A}", 0),
            ("${A }", 0),
            ("${A:-x", 0),
            ("${A:x}", 0),
            ("${A:}", 0),
            ("${U:-\na}", 0),
            ("${A:-\na}", 0),
            ("${U\n}", 0),
        ];
        for (template, at) in cases {
            assert_eq!(resolve(template, Dialect::V2).0, format!("{at}: {INVALID}"), "{template}");
        }
    }

    #[test]
    fn a_required_variable_says_why() {
        let cases = [
            ("${U:?msg}", "0: required variable `U` has no value: msg"),
            ("a${U?need $A}", "1: required variable `U` has no value: need va"),
            ("${E:?}", "0: required variable `E` has no value"),
            ("x ${A:-${U:?m}}", "2: required variable `U` has no value: m"),
        ];
        for (template, expected) in cases {
            assert_eq!(resolve(template, Dialect::V2).0, expected, "{template}");
        }
    }

    #[test]
    fn a_variable_alone_without_a_value_is_told() {
        let cases: [(&str, &[&str]); 6] = [
            ("$U ${V}", &["U", "V"]),
            ("${U:-d}", &[]),
            ("${U+d}", &[]),
            ("$E", &[]),
            ("${A:-$U}", &["U"]),
            ("${U:-${V}}", &["V"]),
        ];
        for (template, expected) in cases {
            assert_eq!(resolve(template, Dialect::V2).1, expected, "{template}");
        }
    }

    #[test]
    fn v1_knows_less() {
        let cases = [
            ("$A ${A} $$A", "va va $A"),
            ("${U:-${A}}", "${A}"),
            ("${U:-\n}", "\n"),
            ("${E:-d}${E-d}", "d"),
        ];
        for (template, expected) in cases {
            assert_eq!(resolve(template, Dialect::V1).0, expected, "{template}");
        }
        for template in ["$1", "$", "${A:+b}", "${A", "$ "] {
            assert_eq!(resolve(template, Dialect::V1).0, format!("0: {INVALID}"), "{template}");
        }
    }

    #[test]
    fn nesting_beyond_all_measure_is_an_error() {
        let nested = |levels| format!("x{}d{}", "${U:-".repeat(levels), "}".repeat(levels));
        assert_eq!(resolve(&nested(NESTING), Dialect::V2).0, "xd");
        let message = "1: variables are nested more than 100 levels deep";
        assert_eq!(resolve(&nested(50_000), Dialect::V2).0, message);
    }

    #[test]
    fn growth_beyond_all_measure_is_an_error() {
        let lookup = |_: &str| Some("x".repeat(1 << 20));
        for (template, at) in [("$A".repeat(100_000), 8), (format!("${{U-{}}}", "$A".repeat(9)), 0)]
        {
            let error = substitute(&template, Dialect::V2, &lookup, &mut |_, _| {}).unwrap_err();
            assert_eq!(error.message, "the variables up to here make this text too long");
            assert_eq!(error.at, at);
        }
    }

    proptest! {
        #[test]
        fn the_parts_of_any_text_are_the_whole_text(
            text in "([$A{}:?+-]|\\$\\{A|\n|é){0,40}",
        ) {
            for dialect in [Dialect::V2, Dialect::V1] {
                if let Ok(parts) = parse(&text, dialect) {
                    let whole: String = parts.iter().map(|part| &text[part.range()]).collect();
                    prop_assert_eq!(&whole, &text);
                }
                let _ = resolve(&text, dialect);
            }
        }
    }
}
