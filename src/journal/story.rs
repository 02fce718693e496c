//! A journal as it was read: the whole story of one run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, RolloutReport};
use super::{Header, Record};

/// A record and when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub record: Record,
}

/// One run, from its header to its last record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// What the run is.
    pub header: Header,
    /// What happened, in order.
    pub entries: Vec<Entry>,
}

impl Story {
    /// The records alone.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.entries.iter().map(|entry| entry.record.clone()).collect()
    }

    /// How the run ended; nothing if it was cut off or goes on.
    #[must_use]
    pub fn report(&self) -> Option<&RolloutReport> {
        match &self.entries.last()?.record {
            Record::Finished { report } => Some(report),
            _ => None,
        }
    }

    /// Whether there is something left to finish or to take back: it was cut off, is paused or stuck.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        match self.entries.last().map(|entry| &entry.record) {
            Some(Record::Finished { report }) => !report.outcome.is_final(),
            Some(Record::Forgotten) => false,
            _ => true,
        }
    }

    /// Whether no step was ever begun.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        !self.entries.iter().any(|entry| matches!(entry.record, Record::Intent { .. }))
    }

    /// When the last thing happened.
    #[must_use]
    pub fn last(&self) -> Timestamp {
        self.entries.last().map_or(self.header.start.at, |entry| entry.at)
    }

    /// The outcome so far.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.report().map(|report| report.outcome)
    }
}
