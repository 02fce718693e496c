//! The error of the whole program, its exit status and its hints.

use crate::compose::ComposeError;
use crate::engine::EngineError;
use crate::journal::lock::LockError;
use crate::journal::outcome::Signal;
use crate::journal::{JournalError, Start};
use crate::plan::PlanError;
use crate::rollout::{NoProof, PullError};

/// What the process tells its caller; the table is part of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExitStatus {
    /// Upgraded, or nothing to do.
    Ok,
    /// A bug or an unexpected failure.
    Internal,
    /// The command line is wrong.
    Usage,
    /// The compose files cannot be loaded or are invalid; nothing was touched.
    Project,
    /// The engine cannot be reached or refused before any change; nothing was touched.
    Engine,
    /// Preflight says no, or it was not confirmed; nothing was touched.
    Refused,
    /// Another run holds the project; nothing was touched.
    Locked,
    /// The new version failed; the old one serves.
    RolledBack,
    /// The way back is incomplete; what is left was printed.
    Stuck,
    /// Both versions run: by `failure_action: pause`, or since some failures were allowed.
    Paused,
    /// `plan --exit-code` found changes, or `check` found warnings.
    Pending,
    /// Ctrl-C; what was begun has been taken back.
    Interrupted,
    /// SIGTERM; what was begun has been taken back.
    Terminated,
}

impl ExitStatus {
    /// Every status, in the order of the documentation's table.
    pub const ALL: [Self; 13] = [
        Self::Ok,
        Self::Internal,
        Self::Usage,
        Self::Project,
        Self::Engine,
        Self::Refused,
        Self::Locked,
        Self::RolledBack,
        Self::Stuck,
        Self::Paused,
        Self::Pending,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The process exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Project => 3,
            Self::Engine => 4,
            Self::Refused => 5,
            Self::Locked => 6,
            Self::RolledBack => 10,
            Self::Stuck => 11,
            Self::Paused => 12,
            Self::Pending => 20,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// One sentence: the state of the world behind the code.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "upgraded, or nothing to do",
            Self::Internal => "bug or unexpected failure; the text says how to report it",
            Self::Usage => "the command line is wrong; nothing touched",
            Self::Project => "the compose files cannot be loaded or are invalid; nothing touched",
            Self::Engine => {
                "the engine is unreachable or refused before any change; nothing touched"
            }
            Self::Refused => "preflight says no, or it was not confirmed; nothing touched",
            Self::Locked => "another run holds the project; nothing touched",
            Self::RolledBack => "the new version failed, the old one serves",
            Self::Stuck => "the way back is incomplete; what is left is printed",
            Self::Paused => {
                "both versions run: `failure_action: pause`, or some failures were allowed"
            }
            Self::Pending => "`plan --exit-code` found changes, or `check` found warnings",
            Self::Interrupted => "Ctrl-C; what was begun was taken back first, else 11",
            Self::Terminated => "SIGTERM; what was begun was taken back first, else 11",
        }
    }
}

/// Everything that can end a command before a rollout has an outcome.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The compose files.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The engine, before anything was changed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No plan could be made, or it was refused.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The journal of the run.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Another run has the project, or it cannot be told.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// An earlier run is not over.
    #[error("run {run} of project `{project}` is not over{}", by(start.as_deref()))]
    Unfinished {
        /// Name of the project.
        project: String,
        /// Id of the run.
        run: String,
        /// Who started it; nothing if its journal is not here.
        start: Option<Box<Start>>,
    },
    /// A run cannot be resumed where its journal is not.
    #[error("the journal of run {run} is not on this machine, so it cannot be finished here")]
    JournalElsewhere {
        /// Id of the run.
        run: String,
    },
    /// A run that only the engine knows cannot be forgotten: its containers go on telling of it.
    #[error("run {run} cannot be forgotten: its journal is not on this machine")]
    ToldByContainers {
        /// Id of the run.
        run: String,
    },
    /// A run whose files were partly written cannot be finished, since the rest cannot be.
    #[error("nothing was changed: {reason}")]
    Unwritable {
        /// Which file, and why: a lower-case fragment.
        reason: String,
    },
    /// A run cannot be resumed, since what it is to write was changed meanwhile.
    #[error("nothing was changed: {} changed since the run began", files_text(files))]
    FilesChanged {
        /// The files, as messages show them.
        files: Vec<String>,
    },
    /// Nobody knows what a service ran before.
    #[error("nothing was changed: {}", unknown_past(service, to.as_deref()))]
    NoEarlierImage {
        /// The service.
        service: String,
        /// The run that was named.
        to: Option<String>,
    },
    /// Requests prove nothing where none is answered well before, or none can be sent.
    #[error("nothing was changed: {0}")]
    NoProof(NoProof),
    /// No request can be sent at all.
    #[error("nothing was changed: no request can be sent: {reason}")]
    NoProbe {
        /// Why: a lower-case fragment.
        reason: String,
    },
    /// A question was answered with no, or could not be asked.
    #[error("nothing was changed: {reason}")]
    NotConfirmed {
        /// Why there is no yes.
        reason: String,
        /// The flag that says yes, if nobody could be asked.
        flag: Option<&'static str>,
    },
    /// Somebody asked to stop before anything was changed.
    #[error("nothing was changed: stopped on request")]
    Cancelled(Signal),
    /// Arguments that clap accepts one by one but that contradict each other.
    #[error("{message}")]
    Usage {
        /// What is wrong with the command line.
        message: String,
    },
    /// Something composeup did not foresee.
    #[error("{message}")]
    Internal {
        /// What happened.
        message: String,
    },
}

impl Error {
    /// The exit status that tells the truth about this error.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Compose(_) => ExitStatus::Project,
            Self::Engine(_) => ExitStatus::Engine,
            Self::Plan(error) => error.exit_status(),
            Self::Lock(error) => error.exit_status(),
            Self::Unfinished { .. } => ExitStatus::Locked,
            Self::Journal(_)
            | Self::JournalElsewhere { .. }
            | Self::ToldByContainers { .. }
            | Self::Unwritable { .. }
            | Self::FilesChanged { .. }
            | Self::NoEarlierImage { .. }
            | Self::NoProof(_)
            | Self::NoProbe { .. }
            | Self::NotConfirmed { .. } => ExitStatus::Refused,
            Self::Cancelled(signal) => signal.exit_status(),
            Self::Usage { .. } => ExitStatus::Usage,
            Self::Internal { .. } => ExitStatus::Internal,
        }
    }

    /// What the user can do about it, each one a sentence with its command.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Compose(error) => error.hints(),
            Self::Engine(error) => error.hints(),
            Self::Plan(error) => error.hints(),
            Self::Journal(error) => error.hints(),
            Self::Lock(error) => error.hints(),
            Self::Unfinished { start: Some(_), .. } => vec![RESUME.into(), ABORT.into()],
            Self::Unfinished { start: None, .. } | Self::JournalElsewhere { .. } => vec![
                ABORT.into(),
                "its journal is with whoever started it; only there `composeup resume` works"
                    .into(),
            ],
            Self::ToldByContainers { .. } => vec![
                ABORT.into(),
                "`composeup status` shows its containers; what you remove by hand is no longer part \
                 of it"
                    .into(),
            ],
            Self::Unwritable { .. } => {
                vec!["make the file writable as it was, then `composeup resume`".into()]
            }
            Self::NoEarlierImage { .. } => vec![
                "`composeup history` shows the runs that are known".into(),
                "`composeup upgrade SERVICE TAG` gives it any tag".into(),
            ],
            Self::FilesChanged { .. } => {
                vec!["put the files back as they were and try again".into(), ABORT.into()]
            }
            Self::NoProof(_) => vec![
                "`--probe-expect` says which answers are good, `--probe-header` what is sent".into(),
            ],
            Self::NotConfirmed { flag: Some(flag), .. } => {
                vec![format!("pass `{flag}` to go on without a question")]
            }
            Self::Usage { .. } => vec!["`composeup help` shows every command".into()],
            Self::NoProbe { .. } | Self::NotConfirmed { flag: None, .. } | Self::Cancelled(_) => {
                Vec::new()
            }
            Self::Internal { .. } => vec![REPORT.into()],
        }
    }
}

/// The way forward with an unfinished run.
pub(crate) const RESUME: &str = "`composeup resume` goes on with it";
/// The way back with an unfinished run.
pub(crate) const ABORT: &str = "`composeup abort` takes it back";

fn by(start: Option<&Start>) -> String {
    start.map_or_else(String::new, |start| format!(": {start}, {}", start.when()))
}

fn files_text(files: &[String]) -> String {
    let quoted: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
    crate::text::list(&quoted)
}

fn unknown_past(service: &str, to: Option<&str>) -> String {
    match to {
        Some(run) => format!("no run {run} that changed `{service}` is known"),
        None => format!("no run is known that gave `{service}` another image"),
    }
}

/// The way out of what composeup did not foresee.
pub(crate) const REPORT: &str = "this is a bug in composeup: please report it with the command you ran and the output of \
     `composeup --version`";

/// Without the cause apart, which the message has already.
impl From<NoProof> for Error {
    fn from(error: NoProof) -> Self {
        Self::NoProof(error)
    }
}

impl From<PullError> for Error {
    fn from(error: PullError) -> Self {
        match error {
            PullError::Engine(error) => Self::Engine(error),
            PullError::Cancelled(signal) => Self::Cancelled(signal),
        }
    }
}
