//! Who holds a lock, as the labels of its volume say it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};

use serde_json::{Value, json};

use super::process::{Fate, Process};
use crate::engine::api::Volume;
use crate::labels;

/// One process that holds, or wants to hold, the lock of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Id of its run.
    pub run: String,
    /// Random, and another one for each process: two processes may go on with the same run.
    pub token: String,
    /// Who started it.
    pub user: String,
    /// Its command without flags: `upgrade web 1.9`.
    pub command: String,
    /// Since when: RFC 3339 in UTC, such as `2026-11-25T13:24:00Z`.
    pub since: String,
    /// The process.
    pub process: Process,
}

impl Holder {
    /// This process, on behalf of `run`, started by `user` with `command`.
    #[must_use]
    pub fn this_process(run: &str, user: &str, command: &str) -> Self {
        Self {
            run: run.to_owned(),
            token: format!("{:016x}", RandomState::new().hash_one(run)),
            user: user.to_owned(),
            command: command.to_owned(),
            since: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            process: Process::this(),
        }
    }

    /// Whether its process still runs, as far as can be told from here.
    #[must_use]
    pub fn fate(&self) -> Fate {
        self.process.fate()
    }

    /// Whether its process is gone for certain: it ran on this machine, and runs no more.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.fate() == Fate::Dead
    }

    /// Who a lock belongs to; `None` if the volume is none of composeup's. A label that is not there
    /// is empty.
    #[must_use]
    pub(super) fn of(volume: &Volume) -> Option<Self> {
        let mut labels = volume.labels();
        labels.remove(labels::LOCK)?;
        let mut text = |key: &str| labels.remove(key).unwrap_or_default();
        Some(Self {
            run: text(labels::RUN),
            token: text(labels::LOCK_TOKEN),
            user: text(labels::LOCK_USER),
            command: text(labels::LOCK_COMMAND),
            since: text(labels::LOCK_SINCE),
            process: Process {
                host: text(labels::LOCK_HOST),
                kernel: text(labels::LOCK_KERNEL),
                pid: text(labels::LOCK_PID).parse().unwrap_or(0),
                born: text(labels::LOCK_BORN),
            },
        })
    }

    /// Body of the call that makes a volume of this name its lock of `project`.
    pub(super) fn body(&self, volume: &str, project: &str) -> Value {
        let process = &self.process;
        let pid = process.pid.to_string();
        let labels = BTreeMap::from([
            (labels::LOCK, project),
            (labels::RUN, &self.run),
            (labels::LOCK_TOKEN, &self.token),
            (labels::LOCK_USER, &self.user),
            (labels::LOCK_COMMAND, &self.command),
            (labels::LOCK_SINCE, &self.since),
            (labels::LOCK_HOST, &process.host),
            (labels::LOCK_KERNEL, &process.kernel),
            (labels::LOCK_PID, &pid),
            (labels::LOCK_BORN, &process.born),
        ]);
        json!({ "Name": volume, "Driver": "local", "Labels": labels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_survives_the_labels() {
        let holder = Holder::this_process("20261125-132400-4f2a", "alice", "upgrade web 1.9");
        let volume = Volume(holder.body("composeup.lock.shop", "shop"));
        assert_eq!(volume.name(), "composeup.lock.shop");
        assert_eq!(Holder::of(&volume), Some(holder));
    }

    #[test]
    fn a_volume_without_the_label_has_no_holder() {
        assert_eq!(Holder::of(&Volume(json!({ "Name": "composeup.lock.shop" }))), None);
        let labels = json!({ "composeup.run": "1", "composeup.lock.pid": "no number" });
        let mut volume = Volume(json!({ "Name": "composeup.lock.shop", "Labels": labels }));
        assert_eq!(Holder::of(&volume), None);
        volume.0["Labels"][labels::LOCK] = "shop".into();
        let holder = Holder::of(&volume).unwrap();
        assert_eq!((holder.run.as_str(), holder.process.pid), ("1", 0));
        assert_eq!(holder.fate(), Fate::Unknown);
    }

    #[test]
    fn two_processes_on_one_run_have_two_tokens() {
        let token = || Holder::this_process("run", "alice", "resume").token;
        assert_ne!(token(), token());
    }
}
