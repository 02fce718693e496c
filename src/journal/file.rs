//! The journal of one run on disk: JSON lines, appended.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::story::Entry;
use super::{Header, Journal, JournalError, Record};

/// Nobody but the user may read it.
pub(super) const MODE: u32 = 0o600;

/// A journal that outlives the process.
#[derive(Debug)]
pub struct JournalFile {
    path: PathBuf,
    file: File,
    /// Bytes that are whole lines.
    whole: u64,
}

impl JournalFile {
    /// A new journal with its header. It is on disk when this returns.
    pub(super) fn create(path: &Path, header: &Header) -> Result<Self, JournalError> {
        let open = OpenOptions::new().append(true).create_new(true).mode(MODE).open(path);
        let file = open.map_err(|error| unwritable(path, &error))?;
        let mut journal = Self { path: path.to_owned(), file, whole: 0 };
        journal.write(header, true)?;
        Ok(journal)
    }

    /// The journal of an earlier process, to go on with it. A line that was cut off goes.
    pub(super) fn reopen(path: &Path) -> Result<Self, JournalError> {
        let open = || {
            let mut file = OpenOptions::new().read(true).append(true).open(path)?;
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let whole = u64::try_from(whole).unwrap_or(u64::MAX);
            file.set_len(whole)?;
            Ok((file, whole))
        };
        let (file, whole) = open().map_err(|error| unwritable(path, &error))?;
        Ok(Self { path: path.to_owned(), file, whole })
    }

    fn write(&mut self, line: &impl Serialize, is_synced: bool) -> Result<(), JournalError> {
        let mut text = serde_json::to_vec(line)
            .map_err(|error| unwritable(&self.path, &io::Error::other(error)))?;
        text.push(b'\n');
        let sync = |file: &File| if is_synced { file.sync_data() } else { Ok(()) };
        let written = self.file.write_all(&text).and_then(|()| sync(&self.file));
        if let Err(error) = written {
            // Half a line would spoil the next one.
            let _ = self.file.set_len(self.whole);
            let _ = self.file.seek(SeekFrom::End(0));
            return Err(unwritable(&self.path, &error));
        }
        self.whole += u64::try_from(text.len()).unwrap_or(0);
        Ok(())
    }
}

impl Journal for JournalFile {
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let entry = Entry { at: Timestamp::now(), record: record.clone() };
        self.write(&entry, is_synced(record))
    }
}

/// What ended well may be lost with the power: it is found again by looking. What is about to
/// happen may not.
fn is_synced(record: &Record) -> bool {
    !matches!(record, Record::Done { .. } | Record::Left { .. } | Record::Undone { .. })
}

pub(super) fn unwritable(path: &Path, error: &io::Error) -> JournalError {
    JournalError::Write { path: path.display().to_string(), reason: reason(error) }
}

/// The operating system's words, as a lower-case fragment.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::Other => error.to_string(),
        kind => kind.to_string(),
    }
}
