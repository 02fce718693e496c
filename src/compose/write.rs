//! Replaces a file as a whole: either the old text is there or the new one, never a part.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Gid, Uid, fchown};

/// Why a file was not replaced. Reads well after its name: "`x.yml` changed since it was read".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Somebody else wrote it meanwhile.
    #[error("changed since it was read")]
    Changed,
    /// Its permissions say that nobody may write it.
    #[error("is read-only")]
    ReadOnly,
    /// A new file under its name would cut the link to its other names.
    #[error("has {0} hard links, and replacing it would cut them")]
    HardLinks(u64),
    /// The operating system refuses.
    #[error("cannot be replaced: {}", .0.kind())]
    Io(#[from] io::Error),
}

impl WriteError {
    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Changed => "run the command again",
            Self::ReadOnly => {
                "make the file writable (`chmod u+w`), or change the tag by hand and run without one"
            }
            Self::HardLinks(_) => {
                "use a symbolic link instead, or change the tag by hand and run without one"
            }
            Self::Io(_) => "check the permissions of the file and its folder",
        }
    }
}

/// Whether [`replace_file`] could replace the file now, as far as that can be known beforehand.
///
/// # Errors
///
/// What [`replace_file`] would say.
pub fn check_replaceable(path: &Path, before: &str) -> Result<(), WriteError> {
    let target = fs::canonicalize(path)?;
    let metadata = fs::metadata(&target)?;
    check_unchanged(&target, before)?;
    if metadata.permissions().mode() & 0o222 == 0 {
        return Err(WriteError::ReadOnly);
    }
    if metadata.nlink() > 1 {
        return Err(WriteError::HardLinks(metadata.nlink()));
    }
    // The folder must take a new file; making one is the only sure way to know.
    draft_beside(&target, &metadata)?;
    Ok(())
}

/// Replaces the text `before` by `after`, keeping permissions and owner. A symbolic link stays a
/// link; the file it points to is replaced. The new text is on disk when this returns. A file that
/// holds it already is left alone.
///
/// # Errors
///
/// [`WriteError`]; then the file is as it was.
pub fn replace_file(path: &Path, before: &str, after: &str) -> Result<(), WriteError> {
    let target = fs::canonicalize(path)?;
    if fs::read(&target)? == after.as_bytes() {
        return Ok(());
    }
    check_replaceable(path, before)?;
    let mut draft = draft_beside(&target, &fs::metadata(&target)?)?;
    draft.write_all(after.as_bytes())?;
    draft.as_file().sync_all()?;
    check_unchanged(&target, before)?;
    draft.persist(&target).map_err(|error| error.error)?;
    File::open(folder(&target))?.sync_all()?;
    Ok(())
}

fn check_unchanged(target: &Path, before: &str) -> Result<(), WriteError> {
    if fs::read(target)? == before.as_bytes() { Ok(()) } else { Err(WriteError::Changed) }
}

/// An empty file in the same folder with the same permissions and owner; gone when dropped.
fn draft_beside(target: &Path, like: &Metadata) -> io::Result<tempfile::NamedTempFile> {
    let draft = tempfile::Builder::new().prefix(".composeup-").tempfile_in(folder(target))?;
    let own = draft.as_file().metadata()?;
    if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
        let (user, group) = (Uid::from_raw(like.uid()), Gid::from_raw(like.gid()));
        fchown(draft.as_file(), Some(user), Some(group))?;
    }
    draft.as_file().set_permissions(like.permissions())?;
    Ok(draft)
}

fn folder(target: &Path) -> PathBuf {
    target.parent().map_or_else(|| PathBuf::from("/"), Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder_with(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker-compose.yml");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn the_text_is_replaced_and_permissions_and_owner_stay() {
        let (folder, path) = folder_with("a");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let before = fs::metadata(&path).unwrap();
        replace_file(&path, "a", "b").unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "b");
        assert_eq!(after.permissions().mode() & 0o7777, 0o640);
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_symbolic_link_stays_a_link() {
        let (folder, path) = folder_with("a");
        let link = folder.path().join("link.yml");
        symlink("docker-compose.yml", &link).unwrap();
        replace_file(&link, "a", "b").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "b");
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let (_folder, path) = folder_with("changed");
        assert!(matches!(replace_file(&path, "a", "b"), Err(WriteError::Changed)));
        assert_eq!(fs::read_to_string(&path).unwrap(), "changed");
    }

    #[test]
    fn a_read_only_file_is_left_alone_even_for_root() {
        let (_folder, path) = folder_with("a");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(matches!(replace_file(&path, "a", "b"), Err(WriteError::ReadOnly)));
        assert_eq!(fs::read_to_string(&path).unwrap(), "a");
    }

    #[test]
    fn a_file_with_a_second_name_is_left_alone() {
        let (folder, path) = folder_with("a");
        fs::hard_link(&path, folder.path().join("other.yml")).unwrap();
        assert!(matches!(replace_file(&path, "a", "b"), Err(WriteError::HardLinks(2))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "a");
    }

    #[test]
    fn a_missing_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let end = replace_file(&folder.path().join("none.yml"), "a", "b");
        assert!(matches!(end, Err(WriteError::Io(_))));
    }
}
