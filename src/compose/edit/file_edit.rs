//! Changed files as values: the texts before and after, and what changed between them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::guard;
use crate::compose::source::{Location, SourceFile};
use crate::compose::{ComposeError, Dialect};

/// One change of one file: the exact bytes before and after.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEdit {
    /// Absolute path.
    pub path: PathBuf,
    /// The path as messages show it.
    pub shown: String,
    /// What changes, line by line.
    pub changes: Vec<LineChange>,
    /// The whole text the edit was made from; the file must still hold it at the commit.
    pub before: String,
    /// The whole text to write.
    pub after: String,
}

// Whole files hold the user's secrets.
impl std::fmt::Debug for FileEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileEdit")
            .field("shown", &self.shown)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

/// One changed scalar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineChange {
    /// Line, counted from 1.
    pub line: usize,
    /// Byte at which the scalar starts in the text before.
    pub start: usize,
    /// The scalar as it stands there, quotes included.
    pub from: String,
    /// The scalar as it will stand there.
    pub to: String,
    /// The services whose tag it holds.
    pub services: Vec<String>,
}

impl FileEdit {
    /// The edit without what is only for these services; nothing if nothing is left of it.
    #[must_use]
    pub fn without(&self, services: &[String]) -> Option<Self> {
        let changes = without(&self.changes, services);
        let after = changed(&self.before, &changes).filter(|_| !changes.is_empty())?;
        Some(Self { changes, after, ..self.clone() })
    }
}

/// The changes that are not only for these services.
pub(super) fn without(changes: &[LineChange], services: &[String]) -> Vec<LineChange> {
    let is_out = |change: &&LineChange| {
        !change.services.is_empty() && change.services.iter().all(|one| services.contains(one))
    };
    changes.iter().filter(|change| !is_out(change)).cloned().collect()
}

/// The text with these changes, which come in its order; `None` if it does not hold what goes.
pub(super) fn changed(text: &str, changes: &[LineChange]) -> Option<String> {
    let mut after = String::with_capacity(text.len());
    let mut copied = 0;
    for change in changes {
        let end = change.start + change.from.len();
        after.push_str(text.get(copied..change.start)?);
        text.get(change.start..end).filter(|there| *there == change.from)?;
        after.push_str(&change.to);
        copied = end;
    }
    Some(after + text.get(copied..)?)
}

/// Bytes of a file and what to put in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The bytes that go.
    pub at: Location,
    /// What comes.
    pub text: String,
    /// The whole scalar around them, quotes included.
    pub scalar: Location,
    /// How the file is read.
    pub syntax: Syntax,
}

/// How a file that is edited is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// A compose file.
    Yaml(Dialect),
    /// A `.env` file.
    EnvFile,
}

/// Makes the replacements: one edit for each file, in the order the files are first named. Equal
/// replacements count once.
///
/// # Errors
/// Two replacements that want different texts at one place, and a file that would afterwards
/// differ in more than the scalars around the replacements.
pub fn apply(replacements: &[Replacement]) -> Result<Vec<FileEdit>, ComposeError> {
    let mut files: IndexMap<&Path, Vec<&Replacement>> = IndexMap::new();
    for replacement in replacements {
        files.entry(&replacement.at.file.path).or_default().push(replacement);
    }
    files.into_values().map(edit_file).collect()
}

fn edit_file(mut replacements: Vec<&Replacement>) -> Result<FileEdit, ComposeError> {
    replacements.sort_by_key(|one| one.at.start);
    replacements.dedup();
    for pair in replacements.windows(2) {
        if pair[0].scalar == pair[1].scalar {
            let place = pair[1].scalar.clone();
            return Err(ComposeError::at(place, "two different tags are wanted for this text"));
        }
    }
    let before = &replacements[0].at.file;
    let after = splice(&before.text, &replacements);
    let after = Arc::new(SourceFile {
        text: after,
        path: before.path.clone(),
        shown: before.shown.clone(),
    });
    guard::check(before, &after, &replacements)?;
    Ok(FileEdit {
        path: before.path.clone(),
        shown: before.shown.clone(),
        changes: replacements.iter().map(|one| one.line_change()).collect(),
        before: before.text.clone(),
        after: after.text.clone(),
    })
}

fn splice(text: &str, replacements: &[&Replacement]) -> String {
    let mut after = String::with_capacity(text.len());
    let mut copied = 0;
    for one in replacements {
        after.push_str(&text[copied..one.at.start]);
        after.push_str(&one.text);
        copied = one.at.end;
    }
    after + &text[copied..]
}

impl Replacement {
    /// The scalar before and after.
    fn line_change(&self) -> LineChange {
        let from = self.scalar.text();
        let (start, end) = (self.at.start - self.scalar.start, self.at.end - self.scalar.start);
        let to = format!("{}{}{}", &from[..start], self.text, &from[end..]);
        LineChange {
            line: self.at.line(),
            start: self.scalar.start,
            from: from.to_owned(),
            to,
            services: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::document::fixture;

    const TEXT: &str = "a: one\nb: two\nc: three\n";

    fn replace(file: &Arc<SourceFile>, old: &str, text: &str) -> Replacement {
        let start = file.text.find(old).unwrap();
        let at = Location { file: Arc::clone(file), start, end: start + old.len() };
        let syntax = Syntax::Yaml(Dialect::V2);
        Replacement { scalar: at.clone(), at, text: text.into(), syntax }
    }

    #[test]
    fn several_replacements_of_one_file_are_one_edit() {
        let file = fixture::file(TEXT);
        let wanted = [("three", "3"), ("one", "1"), ("three", "3")];
        let replacements = wanted.map(|(old, new)| replace(&file, old, new));
        let edits = apply(&replacements).unwrap();
        assert_eq!(edits.len(), 1);
        assert_eq!(edits[0].after, "a: 1\nb: two\nc: 3\n");
        let lines: Vec<(usize, &str, &str)> =
            edits[0].changes.iter().map(|one| (one.line, &*one.from, &*one.to)).collect();
        assert_eq!(lines, [(1, "one", "1"), (3, "three", "3")]);
    }

    #[test]
    fn an_edit_for_several_services_can_be_made_for_some_of_them() {
        let file = fixture::file(TEXT);
        let mut edit =
            apply(&[replace(&file, "one", "1"), replace(&file, "three", "3")]).unwrap().remove(0);
        edit.changes[0].services = vec!["web".into()];
        edit.changes[1].services = vec!["web".into(), "worker".into()];
        let without = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            edit.without(&names).map(|edit| edit.after)
        };
        assert_eq!(without(&[]).unwrap(), edit.after);
        assert_eq!(without(&["web"]).unwrap(), "a: one\nb: two\nc: 3\n");
        assert_eq!(without(&["web", "worker"]), None);
    }

    #[test]
    fn one_place_takes_one_text() {
        let file = fixture::file(TEXT);
        let error = apply(&[replace(&file, "two", "2"), replace(&file, "two", "3")]).unwrap_err();
        assert_eq!(error.to_string(), "two different tags are wanted for this text");
        assert_eq!(error.location.unwrap().line(), 2);
    }

    #[test]
    fn an_edit_that_would_change_more_than_its_scalar_is_refused() {
        let file = fixture::file(TEXT);
        for text in ["2\nd: 4", "2: 3", "'2", "[2]", "two", "&x 2\nb: 3"] {
            let error = apply(&[replace(&file, "two", text)]).unwrap_err();
            assert_eq!(error.to_string(), "changing the tag here would change more than the tag");
            assert_eq!(error.location.unwrap().line(), 2, "{text}");
        }
    }
}
