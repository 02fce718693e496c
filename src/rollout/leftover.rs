//! What a rollout leaves behind when it ends between two versions.

use super::state::{Progress, State};
use crate::plan::steps::Step;

/// One line for each container that is not as it was found, in the order of the plan.
#[must_use]
pub fn describe(state: &State) -> Vec<String> {
    let mut lines = Vec::new();
    for of in state.plan().replacements() {
        let pair = state.plan().replacement(of);
        let may_be = |step: Step| {
            let index = state.plan().position(&step);
            index.is_some_and(|index| {
                state.has_effect(index) || state.progress(index) == Progress::Begun
            })
        };
        if let Some(old) = pair.old.as_ref().filter(|_| may_be(Step::Stop(of))) {
            lines.push(format!("{}  old, stopped", old.name));
        }
        if let Some(new) = pair.new.as_ref().filter(|_| may_be(Step::Create(of))) {
            lines.push(format!("{}  new", new.name));
        }
    }
    lines
}
