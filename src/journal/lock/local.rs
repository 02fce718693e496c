//! A lock file: keeps two runs of this machine off the same files, also on different engines.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;

use tokio::sync::oneshot;

use super::error::LockError;

/// A lock on a file, which goes with its process at the latest. The file stays.
#[derive(Debug)]
pub struct LockFile(#[expect(dead_code, reason = "held, not read")] File);

impl LockFile {
    /// Locks the file at `path`, which is made if need be; its folder must be there.
    ///
    /// # Errors
    ///
    /// [`LockError::HeldHere`] if somebody else has it, [`LockError::File`] if it cannot be opened.
    pub fn try_take(path: &Path, project: &str) -> Result<Self, LockError> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::HeldHere { project: project.into() }),
            Err(TryLockError::Error(error)) => Err(refused(path, &error)),
        }
    }

    /// The same, but waits as long as somebody else has it.
    ///
    /// # Errors
    ///
    /// [`LockError::File`] if it cannot be opened.
    pub async fn take(path: &Path) -> Result<Self, LockError> {
        let file = open(path)?;
        let (sender, locked) = oneshot::channel();
        // Not joined: a thread that waits for a lock cannot be woken. If nobody waits for the answer
        // any more, the file is closed, and with it the lock is gone.
        thread::spawn(move || sender.send(file.lock().map(|()| file)));
        let locked = locked.await.unwrap_or_else(|_| Err(io::Error::other("the wait broke off")));
        locked.map(Self).map_err(|error| refused(path, &error))
    }
}

fn open(path: &Path) -> Result<File, LockError> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    file.map_err(|error| refused(path, &error))
}

fn refused(path: &Path, error: &io::Error) -> LockError {
    LockError::File { path: path.display().to_string(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_and_the_next_one_when_the_first_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = LockFile::try_take(&path, "shop").unwrap();
        let second = LockFile::try_take(&path, "shop");
        assert!(matches!(second, Err(LockError::HeldHere { .. })), "{second:?}");
        let waiting = LockFile::take(&path);
        tokio::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(first);
        waiting.await.unwrap();
        LockFile::try_take(&path, "shop").unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = LockFile::try_take(Path::new("/nowhere/lock"), "shop").unwrap_err();
        assert!(error.to_string().starts_with("the lock file `/nowhere/lock` cannot be opened: "));
    }
}
