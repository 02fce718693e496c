//! What a run is: the first line of its journal.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::plan::step_ref::{StepRef, step_ref};
use crate::plan::steps::Pin;

/// Version of the journal's format. A file of a newer one is refused and never rewritten.
pub const FORMAT: u32 = 1;

/// Who started a run, from where, when and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Id of the run.
    pub run: String,
    /// When.
    pub at: Timestamp,
    /// Name of the user.
    pub user: String,
    /// Name of the machine.
    pub host: String,
    /// The words of the command line: `upgrade web 1.9`.
    pub command: String,
}

impl Start {
    /// The time, as people read it: `2026-11-20 14:54:30 UTC`.
    #[must_use]
    pub fn when(&self) -> String {
        self.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`composeup {}` by {} on {}", self.command, self.user, self.host)
    }
}

/// The first line of a journal. It holds no value of the user's but the names of images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`] of whoever wrote it.
    pub format: u32,
    /// Who started the run.
    #[serde(flatten)]
    pub start: Start,
    /// Name of the project.
    pub project: String,
    /// The engine's address, as messages show it.
    pub endpoint: String,
    /// What the run changes.
    pub changes: Vec<Change>,
    /// The steps that the records number.
    pub steps: Vec<StepRef>,
}

/// One service of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Name of the service.
    pub service: String,
    /// Image before.
    pub from: ImageRef,
    /// Image after.
    pub to: ImageRef,
    /// Number of replicas that change.
    pub replicas: usize,
}

/// An image: how it was named, and what that meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRef {
    /// The reference a person wrote.
    pub name: String,
    /// What it meant, if the engine had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
}

impl Header {
    /// The header of the run that executes `plan`.
    #[must_use]
    pub fn of(plan: &Plan, start: Start) -> Self {
        let changes = plan.services.iter().map(|service| Change {
            service: service.service.clone(),
            from: ImageRef { name: service.from_image.clone(), pin: service.from_pin.clone() },
            to: ImageRef { name: service.to_image.clone(), pin: service.to_pin.clone() },
            replicas: service.replacements.len(),
        });
        Self {
            format: FORMAT,
            start,
            project: plan.project.clone(),
            endpoint: plan.endpoint.clone(),
            changes: changes.collect(),
            steps: (0..plan.steps.len()).map(|index| step_ref(plan, index)).collect(),
        }
    }
}
