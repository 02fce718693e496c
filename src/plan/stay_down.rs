//! Old containers that must stay down once they are stopped: an engine that restarts would start
//! some of them again, beside the new ones that they cannot run beside.

use super::steps::Replacement;
use crate::engine::api::{Inspection, RestartPolicy};
use crate::labels;

/// Notes the restart policy that has to be taken from the old container while it is stopped, in the
/// plan and on the new container.
pub(super) fn stay_down(pair: &mut Replacement, old: Option<&Inspection>) {
    let (Some(kept), Some(old)) = (&mut pair.old, old) else { return };
    let policy = RestartPolicy::of(old);
    if !kept.running || !policy.outlives_a_stop() {
        return;
    }
    if let Some(new) = &mut pair.new {
        new.sign(vec![(labels::PREVIOUS_RESTART, policy.to_string())]);
    }
    kept.restart = Some(policy);
}
