//! The grammar of Compose v2: `export`, `K=V`, `K: V`, `K` alone, quotes over several lines,
//! comments, escapes and variables.

use std::collections::HashMap;
use std::sync::Arc;

use super::env_file::{Assignment, EnvFile};
use super::quoted;
use crate::compose::model::Environment;
use crate::compose::source::{Location, SourceFile};
use crate::compose::template::{self, TemplateError};
use crate::compose::{ComposeError, Dialect};

/// All variables of `file`; `earlier` is what the files before have set.
pub(super) fn parse(
    file: &Arc<SourceFile>,
    earlier: &Environment,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<EnvFile, ComposeError> {
    let start = if file.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let set = |(name, value): (&String, &Option<String>)| Some((name.clone(), value.clone()?));
    let known = earlier.iter().filter_map(set).collect();
    let result = EnvFile::default();
    let mut reader = Reader { file, at: start, lookup, known, growth: 0, result };
    while reader.seek_statement() {
        reader.statement()?;
    }
    Ok(reader.result)
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    at: usize,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    /// What the files and lines before have set.
    known: HashMap<String, String>,
    /// Bytes that variables have added so far.
    growth: usize,
    result: EnvFile,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.file.text[self.at..]
    }

    fn place(&self, start: usize, end: usize) -> Location {
        Location { file: Arc::clone(self.file), start, end }
    }

    /// Goes to the next name, over white space and comments; false at the end of the file.
    fn seek_statement(&mut self) -> bool {
        loop {
            self.skip(char::is_whitespace);
            if !self.rest().starts_with('#') {
                return !self.rest().is_empty();
            }
            self.skip(|c| c != '\n');
        }
    }

    fn skip(&mut self, unwanted: impl Fn(char) -> bool) {
        self.at += self.rest().len() - self.rest().trim_start_matches(unwanted).len();
    }

    fn statement(&mut self) -> Result<(), ComposeError> {
        if let Some(rest) = self.rest().strip_prefix("export")
            && rest.starts_with(['\t', '\n', '\x0c', '\r', ' '])
        {
            self.at += "export".len();
            self.skip(is_blank);
        }
        let (name, alone) = self.name()?;
        let (value, location) = if alone {
            ((self.lookup)(&name), self.place(self.at, self.at))
        } else {
            self.skip(is_blank);
            let (value, location) = self.value()?;
            (Some(value), location)
        };
        if let Some(value) = &value {
            self.known.insert(name.clone(), value.clone());
        }
        self.result.assignments.push(Assignment { name, value, location });
        Ok(())
    }

    /// The name that begins here, and whether it stands alone in its line. A name at the very end
    /// of the file, without even a line break, is read as a value without a name.
    fn name(&mut self) -> Result<(String, bool), ComposeError> {
        let rest = self.rest();
        for (at, c) in rest.char_indices() {
            match c {
                '=' | ':' | '\n' => {
                    let name = rest[..at].trim_end();
                    if name.contains(' ') {
                        let place = self.place(self.at, self.at + name.len());
                        return Err(ComposeError::at(place, "a variable's name contains a space"));
                    }
                    self.at += if c == '\n' { at } else { at + 1 };
                    return Ok((name.to_owned(), c == '\n'));
                }
                '_' | '.' | '-' | '[' | ']' => {}
                _ if is_blank(c) || c.is_alphanumeric() => {}
                _ => {
                    let place = self.place(self.at + at, self.at + at + c.len_utf8());
                    let shown =
                        if c.is_control() { c.escape_default().collect() } else { c.to_string() };
                    let message = format!("`{shown}` cannot be in a variable's name");
                    return Err(ComposeError::at(place, message));
                }
            }
        }
        Ok((String::new(), false))
    }

    fn value(&mut self) -> Result<(String, Location), ComposeError> {
        let rest = self.rest();
        let start = self.at;
        if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
            let Some(value) = quoted::scan(rest, quote) else {
                let message = format!("this `{quote}` is never closed");
                return Err(ComposeError::at(self.place(start, start + 1), message));
            };
            self.at += value.length;
            let location = self.place(start, self.at);
            if quote == '\'' {
                return Ok((value.text, location));
            }
            let text = self.expand(&quoted::unescape(&value.text), &location)?;
            return Ok((text, location));
        }
        let line = rest.split('\n').next().unwrap_or_default();
        self.at += line.len();
        let text = line.split(" #").next().unwrap_or_default().trim_end();
        let location = self.place(start, start + text.len());
        Ok((self.expand(text, &location)?, location))
    }

    /// Resolves the variables of `text`, which stands at `location`.
    fn expand(&mut self, text: &str, location: &Location) -> Result<String, ComposeError> {
        let lookup = |name: &str| (self.lookup)(name).or_else(|| self.known.get(name).cloned());
        let unset = &mut self.result.unset;
        let mut note = |name: &str, at| {
            unset.entry(name.to_owned()).or_insert_with(|| location.inner(text, at));
        };
        let value = template::substitute(text, Dialect::V2, &lookup, &mut note).map_err(
            |TemplateError { at, message }| ComposeError::at(location.inner(text, at), message),
        )?;
        self.growth += value.len().saturating_sub(text.len());
        if self.growth > template::GROWTH {
            let message = "the variables up to here make this file too long";
            return Err(ComposeError::at(location.clone(), message));
        }
        Ok(value)
    }
}

/// White space within a line.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::compose::document::fixture;

    fn lookup(name: &str) -> Option<String> {
        (name == "INH").then(|| "inherited".to_owned())
    }

    fn read(text: &str) -> Result<EnvFile, ComposeError> {
        parse(&fixture::file(text), &Environment::default(), &lookup)
    }

    /// As Compose 2.40.3 answers.
    const VALUES: &[(&str, &[(&str, &str)])] = &[
        ("A=1\nB=2\n", &[("A", "1"), ("B", "2")]),
        ("A=1", &[("A", "1")]),
        ("export A=1\n", &[("A", "1")]),
        ("export\tA=1\n", &[("A", "1")]),
        ("exportA=1\n", &[("exportA", "1")]),
        ("export A\n", &[]),
        ("A: 1\n", &[("A", "1")]),
        ("A : 1\n", &[("A", "1")]),
        ("A:1\n", &[("A", "1")]),
        ("A = 1\n", &[("A", "1")]),
        ("A\n", &[]),
        ("BARE\n", &[]),
        ("BARE", &[("", "BARE")]),
        ("INH\nA=1\n", &[("A", "1"), ("INH", "inherited")]),
        ("INH", &[("", "INH")]),
        ("A= 1 \n", &[("A", "1")]),
        ("A=1 # c\n", &[("A", "1")]),
        ("A=1# c\n", &[("A", "1# c")]),
        ("A=1\t# c\n", &[("A", "1\t# c")]),
        ("A= # c\n", &[("A", "# c")]),
        ("A=# c\n", &[("A", "# c")]),
        ("A=#c\n", &[("A", "#c")]),
        ("A=\n", &[("A", "")]),
        ("A=\nB=2\n", &[("A", ""), ("B", "2")]),
        ("A=''\n", &[("A", "")]),
        ("A=\"\"\n", &[("A", "")]),
        ("A='x y' # c\n", &[("A", "x y")]),
        ("A='x'y\n", &[("A", "x")]),
        ("A='x'\nB=1\n", &[("A", "x"), ("B", "1")]),
        ("A=\"x\" B=2\n", &[("A", "x"), ("B", "2")]),
        ("A='x' B=2\nC=3\n", &[("A", "x"), ("B", "2"), ("C", "3")]),
        ("A='x\ny'\nB=1\n", &[("A", "x\ny"), ("B", "1")]),
        ("A=\"x\ny\"\nB=1\n", &[("A", "x\ny"), ("B", "1")]),
        ("A=\"x\\ny\"\n", &[("A", "x\ny")]),
        ("A='x\\ny'\n", &[("A", "x\\ny")]),
        ("A=x\\ny\n", &[("A", "x\\ny")]),
        ("A=\"x\\ty\\\\z\\\"q\\\"\"\n", &[("A", "x\ty\\z\"q\"")]),
        ("A='it\\'s'\n", &[("A", "it's")]),
        ("A=\"a\\$B\"\n", &[("A", "a$B")]),
        ("A=\"a$$B\"\n", &[("A", "a$B")]),
        ("A=a$$B\n", &[("A", "a$B")]),
        ("A=a\\$B\n", &[("A", "a\\")]),
        ("A='$B'\n", &[("A", "$B")]),
        ("B=b\nA=$B\n", &[("A", "b"), ("B", "b")]),
        ("B=b\nA=${B}c\n", &[("A", "bc"), ("B", "b")]),
        ("A=$B\nB=b\n", &[("A", ""), ("B", "b")]),
        ("A=$INH\n", &[("A", "inherited")]),
        ("INH=other\nA=$INH\n", &[("A", "inherited"), ("INH", "other")]),
        ("A=${Z:-x}\n", &[("A", "x")]),
        ("A=\"${Z:-x y}\"\n", &[("A", "x y")]),
        ("A=${Z:-x y}\n", &[("A", "x y")]),
        ("A=$Z\n", &[("A", "")]),
        ("A=a b c\n", &[("A", "a b c")]),
        ("A=a\"b\"c\n", &[("A", "a\"b\"c")]),
        ("A=a'b\n", &[("A", "a'b")]),
        ("=1\n", &[("", "1")]),
        (" A=1\n", &[("A", "1")]),
        ("\tA=1\n", &[("A", "1")]),
        ("# c\nA=1\n", &[("A", "1")]),
        ("#A=1\n", &[]),
        ("\n\nA=1\n\n", &[("A", "1")]),
        ("A.B=1\n", &[("A.B", "1")]),
        ("A-B=1\n", &[("A-B", "1")]),
        ("A[0]=1\n", &[("A[0]", "1")]),
        ("1A=1\n", &[("1A", "1")]),
        ("É=1\n", &[("É", "1")]),
        ("A=é\n", &[("A", "é")]),
        ("\u{feff}A=1\n", &[("A", "1")]),
        ("A=1\r\nB=2\r\n", &[("A", "1"), ("B", "2")]),
        ("A=1\r\nB='x\r\ny'\r\nC\r\n", &[("A", "1"), ("B", "x\r\ny")]),
        ("A=\"\\u0041\"\n", &[("A", "\\u0041")]),
        ("A=\"\\0101x\"\n", &[("A", "Ax")]),
        ("A=\"\\a\\b\\c\\f\\v\\r\"\n", &[("A", "\x07\x08\\c\x0c\x0b\r")]),
        ("A=\"\\q\"\n", &[("A", "\\q")]),
        ("A=\"\\\\n\"\n", &[("A", "\\n")]),
        ("A=\"\\\\$B\"\n", &[("A", "\\")]),
        ("A=x\\\n y\n", &[("A", "x\\")]),
        ("A==1\n", &[("A", "=1")]),
        ("A=b=c\n", &[("A", "b=c")]),
        ("A=a:b\n", &[("A", "a:b")]),
        ("A:b=c\n", &[("A", "b=c")]),
        ("A=1\nA=2\n", &[("A", "2")]),
        ("A='a' # it's\nB=1\n", &[("A", "a"), ("B", "1")]),
        ("A=\"a\"#c\nB=1\n", &[("A", "a"), ("B", "1")]),
        ("A=\"a\" # \"c\nB=1\n", &[("A", "a"), ("B", "1")]),
        ("A=1\u{a0}\n", &[("A", "1")]),
        ("A=\u{a0}1\n", &[("A", "1")]),
        ("A=1\x0b\n", &[("A", "1")]),
        ("A=`x`\n", &[("A", "`x`")]),
        ("A=x #\n", &[("A", "x")]),
        ("A=x#\n", &[("A", "x#")]),
        ("A=\" x \"\n", &[("A", " x ")]),
        ("A=x; B=y\n", &[("A", "x; B=y")]),
        ("export A='x'\nexport B\n", &[("A", "x")]),
        ("export =1\n", &[("", "1")]),
        ("A='x'  \nB=1\n", &[("A", "x"), ("B", "1")]),
        ("A=\n\nB=1\n", &[("A", ""), ("B", "1")]),
        ("A=   \nB=1\n", &[("A", ""), ("B", "1")]),
        ("A:\nB: 2\n", &[("A", ""), ("B", "2")]),
        ("A='a\\\\'\nB='c'\n", &[("A", "a\\\\"), ("B", "c")]),
        ("A=\"\\0\"\n", &[("A", "\\")]),
        ("A=\"\\07\"\n", &[("A", "\\7")]),
        ("A=\"\\0777\"\n", &[("A", "\\777")]),
        ("A=\"a\\\nb\"\n", &[("A", "a\\\nb")]),
        ("A: 'x'\n", &[("A", "x")]),
        ("A:\"x\"\n", &[("A", "x")]),
        ("a=\"$A\"\nA=1\n", &[("A", "1"), ("a", "")]),
        ("A=${INH:-d} # x\n", &[("A", "inherited")]),
        ("A=$(ls)\n", &[("A", "$(ls)")]),
        ("A=\"${Z-}\"x\n", &[("A", "")]),
        ("A=\"\\${INH}\"\n", &[("A", "${INH}")]),
        ("A=$$INH\n", &[("A", "$INH")]),
        ("A=\"$${INH}\"\n", &[("A", "${INH}")]),
        ("A='\"'\nB=\"'\"\n", &[("A", "\""), ("B", "'")]),
        ("A=1 #c #d\n", &[("A", "1")]),
        ("A=a #b\r\n", &[("A", "a")]),
        ("A=\\\n", &[("A", "\\")]),
        ("A=\"x\\\\\"\nB=1\n", &[("A", "x\\"), ("B", "1")]),
        ("_=1\n", &[("_", "1")]),
        ("A =\n", &[("A", "")]),
        ("A\t=\t1\n", &[("A", "1")]),
        ("A\n=1\n", &[("", "1")]),
        ("A=1\nexport\n", &[("A", "1")]),
        ("export \nA=1\n", &[("A", "1")]),
    ];

    #[test]
    fn files_give_what_compose_reads() {
        for (text, expected) in VALUES {
            let file = read(text).unwrap();
            let assignments = file.assignments.iter();
            let values: BTreeMap<&str, &str> = assignments
                .filter_map(|one| Some((one.name.as_str(), one.value.as_deref()?)))
                .collect();
            assert_eq!(values, expected.iter().copied().collect(), "{text:?}");
        }
    }

    #[test]
    fn what_compose_refuses_is_refused_at_its_place() {
        // Each line is twice the one before: Compose fills the memory with it.
        let doubled = "A=wxyz\n".to_owned() + &"A=$A$A\n".repeat(40);
        let cases = [
            ("A=${Z:?no}\n", "1:3 required variable `Z` has no value: no"),
            ("A=x ${\n", "1:5 this `$` begins no valid variable; write `$$` for a dollar sign"),
            ("A='x'\nB='y\nC=1\n", "2:3 this `'` is never closed"),
            ("A=\"x\ny", "1:3 this `\"` is never closed"),
            ("A+B=1\n", "1:2 `+` cannot be in a variable's name"),
            ("A B=1\n", "1:1 a variable's name contains a space"),
            ("INH # c\nA=1\n", "1:5 `#` cannot be in a variable's name"),
            ("A=1\n\0B=2\n", "2:1 `\\u{0}` cannot be in a variable's name"),
            ("'A'=1\n", "1:1 `'` cannot be in a variable's name"),
            ("export export A=1\n", "1:8 a variable's name contains a space"),
            (&doubled, "21:3 the variables up to here make this file too long"),
        ];
        for (text, expected) in cases {
            let error = read(text).unwrap_err();
            let place = error.location.as_ref().unwrap();
            let actual = format!("{}:{} {error}", place.line(), place.column());
            assert_eq!(actual, expected, "{text:?}");
        }
    }

    #[test]
    fn every_value_knows_its_place() {
        let text = "\u{feff}A= x y # c\r\nexport B: 'b\r\nb' # c\nC=\"$A\"D=\nINH\n";
        let file = read(text).unwrap();
        let place = |name| file.get(name).unwrap().location.text();
        assert_eq!(place("A"), "x y");
        assert_eq!(place("B"), "'b\r\nb'");
        assert_eq!(place("C"), "\"$A\"");
        assert_eq!(place("D"), "");
        assert_eq!(file.get("INH").unwrap().location.line(), 5);
    }

    #[test]
    fn unset_variables_are_told_with_their_place() {
        let file = read("A=x $Z\nB=\"\\t$Z $Y\"\n").unwrap();
        let places: Vec<String> =
            file.unset.iter().map(|(name, place)| format!("{name} {place}")).collect();
        assert_eq!(places, ["Z compose.yaml:1:5", "Y compose.yaml:2:3"]);
    }

    #[test]
    fn debug_output_shows_no_value() {
        assert!(!format!("{:?}", read("A=s3cret\n").unwrap()).contains("s3cret"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_one_error_in_the_file(
            text in "([-A1=:{}'\"$#?\\\\ \t\r\n\u{feff}é]|export |\\$\\{|\\\\0){0,60}",
        ) {
            match read(&text) {
                Ok(file) => for one in file.assignments {
                    let place = one.location;
                    prop_assert!(text.get(place.start..place.end).is_some(), "{place}");
                },
                Err(error) => {
                    let place = error.location.unwrap();
                    prop_assert!(text.get(place.start..place.end).is_some(), "{place}");
                }
            }
        }
    }
}
