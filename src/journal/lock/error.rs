//! Why a lock could not be had.

use super::holder::Holder;
use super::process::Fate;
use crate::engine::EngineError;
use crate::error::ExitStatus;

/// Why a lock could not be had.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Somebody else has it.
    #[error(
        "{} holds project `{project}` since {}: `composeup {}`, process {} on {}",
        holder.user, holder.since, holder.command, holder.process.pid, holder.process.host
    )]
    Held {
        /// Name of the project.
        project: String,
        /// Who has it.
        holder: Box<Holder>,
        /// Whether that process still runs.
        fate: Fate,
    },
    /// Somebody on this machine is at work on the same files, for another engine or just about to
    /// begin or to end.
    #[error("another composeup on this machine is at work on project `{project}`")]
    HeldHere {
        /// Name of the project.
        project: String,
    },
    /// A volume with the name of the lock is none of composeup's.
    #[error("volume `{volume}`, whose name composeup uses as a lock, was not made by composeup")]
    Foreign {
        /// Name of the volume.
        volume: String,
    },
    /// The lock file cannot be used.
    #[error("the lock file `{path}` cannot be opened: {reason}")]
    File {
        /// Its path.
        path: String,
        /// The operating system's words.
        reason: String,
    },
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl LockError {
    /// The lock of `project` is this holder's.
    #[must_use]
    pub fn held(project: &str, holder: Holder) -> Self {
        let fate = holder.fate();
        Self::Held { project: project.to_owned(), holder: holder.into(), fate }
    }

    /// The exit status that tells the truth about this error.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Held { .. } | Self::HeldHere { .. } => ExitStatus::Locked,
            Self::Foreign { .. } | Self::File { .. } => ExitStatus::Refused,
            Self::Engine(_) => ExitStatus::Engine,
        }
    }

    /// What the user can do.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Held { fate: Fate::Dead, .. } => {
                vec!["that process is gone; `composeup unlock` frees the project".into()]
            }
            Self::Held { holder, fate, .. } => {
                let mut hints = vec![WAIT.to_owned()];
                if *fate == Fate::Unknown {
                    let host = &holder.process.host;
                    hints.push(format!(
                        "if that process is gone, which only {host} can tell, `composeup unlock` \
                         frees the project"
                    ));
                }
                hints
            }
            Self::HeldHere { .. } => vec![WAIT.into()],
            Self::Foreign { volume } => {
                vec![format!("if nobody needs it, `docker volume rm {volume}`")]
            }
            Self::File { .. } => vec!["check who may write that folder".into()],
            Self::Engine(error) => error.hints(),
        }
    }
}

const WAIT: &str = "wait for its end with `--lock-wait 5m`";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::lock::Process;

    fn held(fate: Fate) -> LockError {
        let process =
            Process { host: "web1".into(), kernel: "k".into(), pid: 4711, born: "1".into() };
        let mut holder = Holder::this_process("run", "alice", "upgrade web 1.9");
        (holder.process, holder.since) = (process, "2026-11-25T13:24:00Z".into());
        LockError::Held { project: "shop".into(), holder: holder.into(), fate }
    }

    #[test]
    fn it_says_who_where_since_when_and_with_which_command() {
        assert_eq!(
            held(Fate::Alive).to_string(),
            "alice holds project `shop` since 2026-11-25T13:24:00Z: `composeup upgrade web 1.9`, \
             process 4711 on web1"
        );
    }

    #[test]
    fn a_lock_is_to_be_broken_only_where_its_holder_may_be_gone() {
        let hints = |fate| held(fate).hints().join("; ");
        assert!(!hints(Fate::Alive).contains("unlock"));
        assert!(!hints(Fate::Dead).contains("--lock-wait"));
        let unknown = hints(Fate::Unknown);
        assert!(unknown.contains("--lock-wait") && unknown.contains("only web1 can tell"));
    }
}
