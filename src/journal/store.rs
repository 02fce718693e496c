//! Where the journals of a project are kept: one file for each run, beside the plan of a run that
//! is not over.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::{JournalFile, reason, unwritable};
use super::story::{Entry, Story};
use super::{FORMAT, Header, JournalError};
use crate::plan::Plan;
use crate::plan::steps::EditRecipe;

/// How the name of a journal ends.
const JOURNAL: &str = "jsonl";
/// How the name of a plan ends.
const PLAN: &str = "plan";

/// The plan of a run, without the texts of the files it edits. It holds the bodies of the new
/// containers, with what is secret in them, and is gone when the run is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptPlan {
    /// The plan; it edits no file.
    pub plan: Plan,
    /// What it edits.
    pub edits: Vec<EditRecipe>,
}

impl KeptPlan {
    /// What is kept of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let edits = plan.edits.iter().map(EditRecipe::of).collect();
        Self { plan: Plan { edits: Vec::new(), ..plan.clone() }, edits }
    }
}

/// The journals of one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Where new ones are written; read first.
    home: PathBuf,
    /// Where others of the same project may be.
    others: Vec<PathBuf>,
}

impl Store {
    /// The journals in `home`, and those in `others`.
    #[must_use]
    pub fn new(home: PathBuf, others: Vec<PathBuf>) -> Self {
        Self { home, others }
    }

    /// The folder new journals are written to.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Path of the file that whoever works on the project locks; its folder is there when this
    /// returns.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`].
    pub fn make_lock_path(&self) -> Result<PathBuf, JournalError> {
        make_folder(&self.home).map_err(|error| unwritable(&self.home, &error))?;
        Ok(self.home.join("lock"))
    }

    /// Begins the journal of a run; it and the plan are on disk when this returns.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`]; then nothing of the run is left there.
    pub fn begin(&self, header: &Header, plan: &Plan) -> Result<JournalFile, JournalError> {
        make_folder(&self.home).map_err(|error| unwritable(&self.home, &error))?;
        let (journal, kept) =
            (self.path(&header.start.run, JOURNAL), self.path(&header.start.run, PLAN));
        keep(&kept, &KeptPlan::of(plan)).map_err(|error| unwritable(&kept, &error))?;
        let begun = JournalFile::create(&journal, header).and_then(|file| {
            sync_folder(&self.home).map_err(|error| unwritable(&self.home, &error))?;
            Ok(file)
        });
        if begun.is_err() {
            let _ = fs::remove_file(&journal);
            let _ = fs::remove_file(&kept);
        }
        begun
    }

    /// Every run there is a journal of, the newest first.
    ///
    /// # Errors
    ///
    /// [`JournalError::Read`] if a folder cannot be listed.
    pub fn runs(&self) -> Result<Vec<String>, JournalError> {
        self.names(JOURNAL)
    }

    /// Every run whose plan is still here, since it is not over, the newest first.
    ///
    /// # Errors
    ///
    /// [`JournalError::Read`] if a folder cannot be listed.
    pub fn open_runs(&self) -> Result<Vec<String>, JournalError> {
        self.names(PLAN)
    }

    fn names(&self, end: &str) -> Result<Vec<String>, JournalError> {
        let mut runs = BTreeSet::new();
        for folder in self.folders() {
            for path in files(folder).map_err(|error| unreadable(folder, &error))? {
                if path.extension() == Some(OsStr::new(end))
                    && let Some(run) = path.file_stem().and_then(OsStr::to_str)
                {
                    runs.insert(run.to_owned());
                }
            }
        }
        Ok(runs.into_iter().rev().collect())
    }

    /// The story of a run, if there is a journal of it. A last line that was cut off is no record.
    ///
    /// # Errors
    ///
    /// [`JournalError`] if it cannot be read or understood.
    pub fn read(&self, run: &str) -> Result<Option<Story>, JournalError> {
        let Some(path) = self.find(run, JOURNAL) else { return Ok(None) };
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        parse(&text, &path).map(Some)
    }

    /// The plan of a run that is not over, if it is here.
    ///
    /// # Errors
    ///
    /// [`JournalError::Read`].
    pub fn plan(&self, run: &str) -> Result<Option<KeptPlan>, JournalError> {
        let Some(path) = self.find(run, PLAN) else { return Ok(None) };
        let text = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        let plan = serde_json::from_slice(&text);
        plan.map(Some).map_err(|error| unreadable(&path, &io::Error::other(error)))
    }

    /// The journal of a run, to go on with it.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`].
    pub fn reopen(&self, run: &str) -> Result<JournalFile, JournalError> {
        JournalFile::reopen(&self.find(run, JOURNAL).unwrap_or_else(|| self.path(run, JOURNAL)))
    }

    /// Removes the plan of a run that is over, and with it what was secret.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`].
    pub fn close(&self, run: &str) -> Result<(), JournalError> {
        let Some(path) = self.find(run, PLAN) else { return Ok(()) };
        fs::remove_file(&path).map_err(|error| unwritable(&path, &error))
    }

    fn path(&self, run: &str, end: &str) -> PathBuf {
        self.home.join(format!("{run}.{end}"))
    }

    fn find(&self, run: &str, end: &str) -> Option<PathBuf> {
        let paths = self.folders().map(|folder| folder.join(format!("{run}.{end}")));
        paths.into_iter().find(|path| path.exists())
    }

    fn folders(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.home).chain(&self.others)
    }
}

fn parse(text: &str, path: &Path) -> Result<Story, JournalError> {
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    let mut lines = whole.lines().enumerate();
    let wrong = |at: usize, reason: &dyn std::fmt::Display| JournalError::Read {
        path: path.display().to_string(),
        reason: format!("line {}: {reason}", at + 1),
    };
    let (at, first) = lines.next().ok_or_else(|| wrong(0, &"there is no header"))?;
    check_format(first, path)?;
    let header = serde_json::from_str(first).map_err(|error| wrong(at, &error))?;
    let entry = |(at, line)| serde_json::from_str::<Entry>(line).map_err(|error| wrong(at, &error));
    let entries = lines.map(entry).collect::<Result<Vec<Entry>, JournalError>>()?;
    Ok(Story { header, entries })
}

fn check_format(header: &str, path: &Path) -> Result<(), JournalError> {
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    match serde_json::from_str(header) {
        Ok(Versioned { format }) if format > FORMAT => {
            Err(JournalError::Newer { path: path.display().to_string(), format })
        }
        _ => Ok(()),
    }
}

/// Writes a plan; it is whole and on disk when it has its name.
fn keep(path: &Path, plan: &KeptPlan) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    // A temporary file is readable by the user alone from its first byte.
    let mut draft = tempfile::Builder::new().prefix(".draft-").tempfile_in(folder)?;
    draft.write_all(&serde_json::to_vec(plan)?)?;
    draft.as_file().sync_all()?;
    draft.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Names of images and services are nobody else's business.
fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> JournalError {
    JournalError::Read { path: path.display().to_string(), reason: reason(error) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use jiff::Timestamp;

    use super::*;
    use crate::journal::outcome::{Outcome, RolloutReport};
    use crate::journal::{Journal as _, Record, Start};
    use crate::plan::sample;

    fn plan() -> Plan {
        let mut plan = sample::plan(&[2]);
        plan.services[0].replacements[0].new.as_mut().unwrap().body["Env"] =
            serde_json::json!(["PASSWORD=hunter2"]);
        plan
    }

    fn header(plan: &Plan) -> Header {
        let start = Start {
            run: plan.run.clone(),
            at: Timestamp::UNIX_EPOCH,
            user: "ann".into(),
            host: "shop-1".into(),
            command: "upgrade web 1.9".into(),
        };
        Header::of(plan, start)
    }

    fn journals(top: &tempfile::TempDir) -> Store {
        Store::new(top.path().join("shop-01234567"), Vec::new())
    }

    fn finished(outcome: Outcome) -> Record {
        let report = RolloutReport {
            outcome,
            project: "shop".into(),
            services: Vec::new(),
            took: std::time::Duration::from_millis(1500),
            failure: None,
            warnings: Vec::new(),
            left: Vec::new(),
            requests: Vec::new(),
        };
        Record::Finished { report: Box::new(report) }
    }

    #[test]
    fn a_run_is_read_as_it_was_written() {
        let (top, plan) = (tempfile::tempdir().unwrap(), plan());
        let store = journals(&top);
        let mut journal = store.begin(&header(&plan), &plan).unwrap();
        let records = [Record::Intent { step: 0 }, finished(Outcome::Completed)];
        for record in &records {
            journal.append(record).unwrap();
        }
        let read = store.read(&plan.run).unwrap().unwrap();
        assert_eq!(read.header, header(&plan));
        assert_eq!(read.records(), records);
        assert!(!read.is_unfinished() && !read.is_untouched());
        assert_eq!(store.runs().unwrap(), std::slice::from_ref(&plan.run));
        assert_eq!(store.open_runs().unwrap(), store.runs().unwrap());
        assert_eq!(store.plan(&plan.run).unwrap().unwrap(), KeptPlan::of(&plan));
    }

    #[test]
    fn only_the_user_may_read_and_secrets_are_in_the_plan_alone_until_the_run_is_over() {
        let (top, plan) = (tempfile::tempdir().unwrap(), plan());
        let store = journals(&top);
        drop(store.begin(&header(&plan), &plan).unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(store.home()), 0o700);
        for path in files(store.home()).unwrap() {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            let has_secret = fs::read_to_string(&path).unwrap().contains("hunter2");
            assert_eq!(
                has_secret,
                path.extension() == Some(OsStr::new(PLAN)),
                "{}",
                path.display()
            );
        }
        store.close(&plan.run).unwrap();
        assert_eq!(store.plan(&plan.run).unwrap(), None);
        assert_eq!(store.open_runs().unwrap(), [""; 0]);
        assert!(store.read(&plan.run).unwrap().is_some());
    }

    #[test]
    fn a_line_that_was_cut_off_is_no_record_and_the_next_one_is_whole() {
        let (top, plan) = (tempfile::tempdir().unwrap(), plan());
        let store = journals(&top);
        let mut journal = store.begin(&header(&plan), &plan).unwrap();
        journal.append(&Record::Intent { step: 0 }).unwrap();
        journal.append(&Record::Intent { step: 1 }).unwrap();
        drop(journal);
        let path = store.find(&plan.run, JOURNAL).unwrap();
        let whole = fs::read(&path).unwrap();
        let second = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        for end in second..whole.len() {
            fs::write(&path, &whole[..end]).unwrap();
            let read = store.read(&plan.run).unwrap().unwrap();
            assert_eq!(read.records(), [Record::Intent { step: 0 }]);
            store.reopen(&plan.run).unwrap().append(&Record::Resumed).unwrap();
            let read = store.read(&plan.run).unwrap().unwrap();
            assert_eq!(read.records(), [Record::Intent { step: 0 }, Record::Resumed]);
        }
    }

    #[test]
    fn a_run_that_is_cut_off_paused_or_stuck_is_unfinished() {
        let (top, plan) = (tempfile::tempdir().unwrap(), plan());
        let store = journals(&top);
        let mut journal = store.begin(&header(&plan), &plan).unwrap();
        let read = || store.read(&plan.run).unwrap().unwrap();
        assert!(read().is_unfinished() && read().is_untouched());
        for (outcome, expected) in
            [(Outcome::Paused, true), (Outcome::Stuck, true), (Outcome::RolledBack, false)]
        {
            journal.append(&finished(outcome)).unwrap();
            assert_eq!(read().is_unfinished(), expected, "{outcome:?}");
        }
        journal.append(&Record::Resumed).unwrap();
        assert!(read().is_unfinished());
    }

    #[test]
    fn a_newer_format_and_a_broken_line_are_said_with_their_place() {
        let (top, plan) = (tempfile::tempdir().unwrap(), plan());
        let store = journals(&top);
        drop(store.begin(&header(&plan), &plan).unwrap());
        let path = store.find(&plan.run, JOURNAL).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("\"format\":1", "\"format\":2")).unwrap();
        let error = store.read(&plan.run).unwrap_err();
        assert!(error.to_string().ends_with("by a newer composeup (format 2)"), "{error}");
        fs::write(&path, text + "{\"at\": 1}\n").unwrap();
        let error = store.read(&plan.run).unwrap_err();
        assert!(error.to_string().contains("line 2: "), "{error}");
    }

    #[test]
    fn nothing_is_left_of_a_run_that_could_not_be_begun() {
        let (top, plan) = (tempfile::tempdir().unwrap(), plan());
        let store = journals(&top);
        fs::create_dir_all(store.home().join(format!("{}.{JOURNAL}", plan.run))).unwrap();
        let error = store.begin(&header(&plan), &plan).unwrap_err();
        assert!(error.to_string().contains("cannot be written"), "{error}");
        assert_eq!(store.plan(&plan.run).unwrap(), None);
    }
}
