//! The lock of a project around a command that changes it.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::output;
use super::runs::Runs;
use super::settings::Settings;
use crate::engine::Engine;
use crate::error::Error;
use crate::journal::lock::{
    Holder, LockError, LockFile, acquire_within, holder, release, take_over,
};
use crate::journal::outcome::RolloutReport;
use crate::rollout::Cancel;

/// A command that needs its project for itself.
pub(super) struct Claim<'a> {
    pub(super) runs: &'a Runs,
    pub(super) settings: &'a Settings,
    pub(super) cancel: &'a Cancel,
    /// Its words, without flags.
    pub(super) command: &'a str,
    /// How long it waits for somebody else.
    pub(super) wait: Duration,
    /// Whether it goes on with whatever a dead holder left.
    pub(super) is_heir: bool,
}

/// A project that this process has for itself.
pub(super) struct ProjectLock<'a, E> {
    engine: &'a E,
    project: String,
    me: Holder,
    /// Whether somebody else had it first.
    pub(super) was_waited_for: bool,
    _file: LockFile,
}

impl Claim<'_> {
    /// Locks the project at once if somebody else has it, since then there is a wait or an error to
    /// come; `None` if nobody has.
    pub(super) async fn lock_if_taken<'e, E: Engine>(
        &self,
        engine: &'e E,
        run: &str,
    ) -> Result<Option<ProjectLock<'e, E>>, Error> {
        let look = async { Ok(holder(engine, &self.runs.project).await?) };
        match self.cancel.guard(look).await? {
            Some(holder) if !holder.is_dead() => self.lock(engine, run).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Locks the project on behalf of a run.
    pub(super) async fn lock<'e, E: Engine>(
        &self,
        engine: &'e E,
        run: &str,
    ) -> Result<ProjectLock<'e, E>, Error> {
        let me = Holder::this_process(run, &self.settings.user, self.command);
        let project = self.runs.project.clone();
        let told = Cell::new(false);
        let got = self.cancel.guard(async {
            let start = Instant::now();
            let file = self.lock_file(engine, &told).await?;
            let wait = self.wait.saturating_sub(start.elapsed());
            self.lock_engine(engine, &me, wait, &told).await?;
            Ok(file)
        });
        match got.await {
            Ok(file) => {
                let was_waited_for = told.get();
                Ok(ProjectLock { engine, project, me, was_waited_for, _file: file })
            }
            Err(error) => {
                // Whoever is stopped may have got it all the same.
                if matches!(error, Error::Cancelled(_)) {
                    give_back(engine, &project, &me).await;
                }
                Err(error)
            }
        }
    }

    /// Keeps others of this machine from the project's files.
    async fn lock_file(&self, engine: &impl Engine, told: &Cell<bool>) -> Result<LockFile, Error> {
        let (path, project) = (self.runs.store.make_lock_path()?, &self.runs.project);
        let held = match LockFile::try_take(&path, project) {
            Err(here @ LockError::HeldHere { .. }) => match holder(engine, project).await? {
                Some(holder) => LockError::held(project, holder),
                None => here,
            },
            end => return Ok(end?),
        };
        if self.wait.is_zero() {
            return Err(held.into());
        }
        tell_wait(&held, told);
        match timeout(self.wait, LockFile::take(&path)).await {
            Ok(end) => Ok(end?),
            Err(_) => Err(held.into()),
        }
    }

    async fn lock_engine(
        &self,
        engine: &impl Engine,
        me: &Holder,
        wait: Duration,
        told: &Cell<bool>,
    ) -> Result<(), Error> {
        let project = &self.runs.project;
        let begins = |held: &LockError| tell_wait(held, told);
        match acquire_within(engine, project, me, wait, begins).await {
            Err(LockError::Held { holder, .. })
                if holder.is_dead() && self.may_follow(&holder)? =>
            {
                let Holder { user, command, since, process, .. } = &*holder;
                output::stderr(&format!(
                    "the lock of {user} since {since} (`composeup {command}`, process {}) is taken \
                     over: that process is gone\n",
                    process.pid
                ));
                Ok(take_over(engine, project, &holder, me).await?)
            }
            end => Ok(end?),
        }
    }

    /// Whether a run that is over for certain may be followed: its journal would be here, and tells
    /// whether it is finished.
    fn may_follow(&self, dead: &Holder) -> Result<bool, Error> {
        let is_own = dead.user == self.settings.user;
        Ok(self.is_heir || is_own || self.runs.store.read(&dead.run)?.is_some())
    }
}

impl<E: Engine> ProjectLock<'_, E> {
    /// Gives the project back, unless a run ended so that somebody has to go on with it: then the
    /// lock says whose it is.
    pub(super) async fn end<T>(
        self,
        end: Result<T, Error>,
        is_over: impl Fn(&T) -> bool,
    ) -> Result<T, Error> {
        if end.as_ref().map_or(true, is_over) {
            give_back(self.engine, &self.project, &self.me).await;
        }
        end
    }
}

/// Whether nobody has to go on with a run.
pub(super) fn is_over(report: &RolloutReport) -> bool {
    report.outcome.is_final()
}

/// What happened, happened: that the lock is still there is a warning.
pub(super) async fn give_back(engine: &impl Engine, project: &str, me: &Holder) {
    if let Err(error) = release(engine, project, me).await {
        output::stderr(&format!("warning: the lock could not be removed: {error}\n"));
    }
}

/// Says once that it waits, and for whom.
fn tell_wait(held: &LockError, told: &Cell<bool>) {
    if !told.replace(true) {
        output::stderr(&format!("waiting: {held}\n"));
    }
}
