//! An edit without the texts around it, to be kept while a rollout is under way.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::file_edit::{FileEdit, LineChange, changed, without};
use crate::compose::hash::sha256;

/// A [`FileEdit`] that holds nothing of the file but the scalars that change. The whole text, which
/// may hold secrets, is known by its SHA-256 alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditRecipe {
    /// Absolute path.
    pub path: PathBuf,
    /// The path as messages show it.
    pub shown: String,
    /// What changes, line by line.
    pub changes: Vec<LineChange>,
    /// Hash of the text before.
    pub before: String,
}

impl EditRecipe {
    /// What is kept of an edit.
    #[must_use]
    pub fn of(edit: &FileEdit) -> Self {
        Self {
            path: edit.path.clone(),
            shown: edit.shown.clone(),
            changes: edit.changes.clone(),
            before: sha256(&edit.before),
        }
    }

    /// The whole edit, without what is only for `given_up`, from what the file holds now: the text
    /// before or the text after. `None` if it holds neither.
    #[must_use]
    pub fn restore(&self, text: &str, given_up: &[String]) -> Option<FileEdit> {
        let changes = without(&self.changes, given_up);
        let is_before = sha256(text) == self.before;
        let before = if is_before { text.to_owned() } else { changed(text, &reversed(&changes))? };
        let after = changed(&before, &changes)?;
        let (path, shown) = (self.path.clone(), self.shown.clone());
        (sha256(&before) == self.before).then_some(FileEdit { path, shown, changes, before, after })
    }
}

/// The changes that lead from the text after to the text before.
fn reversed(changes: &[LineChange]) -> Vec<LineChange> {
    let mut shift = 0_isize;
    let reversed = changes.iter().map(|change| {
        let start = change.start.saturating_add_signed(shift);
        shift += change.to.len().cast_signed() - change.from.len().cast_signed();
        let (from, to) = (change.to.clone(), change.from.clone());
        LineChange { start, from, to, ..change.clone() }
    });
    reversed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "a: web:1 # old\nb: é\nc: web:1\nPASSWORD: hunter2\n";
    const AFTER: &str = "a: web:1.25 # old\nb: é\nc: \"web:2\"\nPASSWORD: hunter2\n";

    fn edit() -> FileEdit {
        let change = |line, to: &str, service: &str, nth: usize| LineChange {
            line,
            start: BEFORE.match_indices("web:1").nth(nth).unwrap().0,
            from: "web:1".into(),
            to: to.into(),
            services: vec![service.into()],
        };
        FileEdit {
            path: "/srv/shop/compose.yaml".into(),
            shown: "compose.yaml".into(),
            changes: vec![change(1, "web:1.25", "web", 0), change(3, "\"web:2\"", "worker", 1)],
            before: BEFORE.into(),
            after: AFTER.into(),
        }
    }

    fn edit_without(given_up: &[String]) -> FileEdit {
        edit().without(given_up).unwrap()
    }

    #[test]
    fn the_edit_comes_back_from_the_text_before_and_from_the_text_after() {
        let recipe = EditRecipe::of(&edit());
        for given_up in [vec![], vec!["worker".to_owned()]] {
            let expected = edit_without(&given_up);
            for text in [BEFORE, &expected.after] {
                let restored = recipe.restore(text, &given_up);
                assert_eq!(restored.as_ref(), Some(&expected), "{text}");
            }
        }
    }

    #[test]
    fn a_file_that_somebody_else_changed_gives_no_edit() {
        let recipe = EditRecipe::of(&edit());
        for text in [&BEFORE.replace("hunter2", "hunter3"), "", "é", &AFTER.replace("a:", "é:")] {
            assert_eq!(recipe.restore(text, &[]), None, "{text}");
        }
    }

    #[test]
    fn nothing_of_the_file_is_kept_but_what_changes() {
        let kept = serde_json::to_string(&EditRecipe::of(&edit())).unwrap();
        assert!(!kept.contains("hunter2") && kept.contains("web:1.25"), "{kept}");
    }
}
