//! `format: raw`, as `docker run --env-file` reads it.

use std::sync::Arc;

use super::env_file::{Assignment, EnvFile};
use crate::compose::ComposeError;
use crate::compose::source::{Location, SourceFile};

/// One variable per line; only the line's indentation is trimmed.
pub(super) fn parse(
    file: &Arc<SourceFile>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<EnvFile, ComposeError> {
    let mut assignments = Vec::new();
    let mut line_start = 0;
    for whole in file.text.split_inclusive('\n') {
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let text = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let start = line_start + line.len() - text.len();
        line_start += whole.len();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let place = |start, end| Location { file: Arc::clone(file), start, end };
        let end = start + text.len();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if name.is_empty() {
            return Err(ComposeError::at(place(start, end), "a name is missing before `=`"));
        }
        if name.contains(char::is_whitespace) {
            let message = "the name of a variable cannot contain white space";
            return Err(ComposeError::at(place(start, start + name.len()), message));
        }
        assignments.push(Assignment {
            name: name.to_owned(),
            value: value.map(str::to_owned).or_else(|| lookup(name)),
            location: place(end - value.map_or(0, str::len), end),
        });
    }
    Ok(EnvFile { assignments, ..EnvFile::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::document::fixture;

    fn read(text: &str) -> Result<EnvFile, ComposeError> {
        let lookup = |name: &str| (name == "INH").then(|| "inherited".to_owned());
        parse(&fixture::file(text), &lookup)
    }

    #[test]
    fn values_are_kept_as_they_are() {
        let text = "\u{feff}A= '1' # c \n\t# c\n\n B=$INH\r\nINH\nD\nC==";
        let file = read(text).unwrap();
        let values: Vec<(&str, Option<&str>, &str)> = file
            .assignments
            .iter()
            .map(|one| (one.name.as_str(), one.value.as_deref(), one.location.text()))
            .collect();
        let expected = [
            ("A", Some(" '1' # c "), " '1' # c "),
            ("B", Some("$INH"), "$INH"),
            ("INH", Some("inherited"), ""),
            ("D", None, ""),
            ("C", Some("="), "="),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn names_must_be_names() {
        for (text, column) in [("A=1\nexport B=1\n", 1), ("A=1\n =1\n", 2), ("A=1\nB =1", 1)] {
            let place = read(text).unwrap_err().location.unwrap();
            assert_eq!((place.line(), place.column()), (2, column), "{text:?}");
        }
    }
}
