//! What a rollout leaves behind when it could not take everything back.

use super::record::Record;
use crate::plan::Plan;
use crate::plan::steps::{ReplacementId, Step};

/// One line for each container that is not as it was found, in the order of the plan.
#[must_use]
pub fn describe(plan: &Plan, records: &[Record]) -> Vec<String> {
    let mut lines = Vec::new();
    for (service, of) in plan.services.iter().enumerate() {
        for (index, pair) in of.replacements.iter().enumerate() {
            let of = ReplacementId { service, index };
            if is_touched(plan, records, &Step::Stop(of)) {
                lines.push(format!("{}  old, stopped", pair.old.name));
            }
            if is_touched(plan, records, &Step::Create(of)) {
                lines.push(format!("{}  new", pair.new.name));
            }
        }
    }
    lines
}

/// Whether the effect of `step` may be there: begun, and not taken back.
fn is_touched(plan: &Plan, records: &[Record], step: &Step) -> bool {
    let index = plan.steps.iter().position(|other| other == step);
    records.iter().fold(false, |touched, record| match record {
        Record::Intent { step } if Some(*step) == index => true,
        Record::Undone { step } if Some(*step) == index => false,
        _ => touched,
    })
}
