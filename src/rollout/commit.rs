//! The commit point: the edited files are written, all of them or none.

use crate::compose::edit::FileEdit;
use crate::compose::write::replace_file;

/// Writes every edit. If one cannot be written, those before it are put back.
///
/// # Errors
///
/// A lower-case fragment that names the file: it changed since it was read, or cannot be written.
pub(super) fn write(edits: &[FileEdit], given_up: &[String]) -> Result<(), String> {
    let edits: Vec<FileEdit> = edits.iter().filter_map(|edit| edit.without(given_up)).collect();
    for (at, edit) in edits.iter().enumerate() {
        if let Err(error) = replace_file(&edit.path, &edit.before, &edit.after) {
            put_back(&edits[..at]);
            return Err(format!("`{}` {error}", edit.shown));
        }
    }
    Ok(())
}

/// Best effort: a file that cannot be put back was changed by somebody else in the meantime.
fn put_back(written: &[FileEdit]) {
    for edit in written.iter().rev() {
        let _ = replace_file(&edit.path, &edit.after, &edit.before);
    }
}
