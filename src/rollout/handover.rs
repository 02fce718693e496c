//! Steps that lead requests from an old container to its new one. None of them fails the rollout:
//! where connections cannot be led they go where they always went, and that is said.

use crate::cutover::{Course, Drained};
use crate::engine::Engine;
use crate::plan::steps::ReplacementId;
use crate::text::{count, duration};

use super::step::{Reason, Stage};

impl<E: Engine> Stage<'_, E> {
    /// Puts helpers beside everybody who may talk to the old container.
    pub(super) async fn detour(&self, of: ReplacementId) -> Result<(), Reason> {
        self.fleet.man(of, self.old(of)?).await;
        Ok(())
    }

    /// Starts the new container; from when it has an address, the old one answers for it.
    pub(super) async fn start_led(&self, of: ReplacementId) -> Result<(), Reason> {
        let new = self.made(of).await?;
        self.fleet.expect(of, &new).await;
        self.start(&new).await?;
        self.fleet.steer(of, Course::Old).await;
        Ok(())
    }

    /// Leads new connections to the one of `course`.
    pub(super) async fn cut(&self, of: ReplacementId, course: Course) -> Result<(), Reason> {
        self.fleet.steer(of, course).await;
        Ok(())
    }

    /// Waits until no request is under way at the old container, or for as long as may be.
    pub(super) async fn drain(&self, of: ReplacementId) -> Result<(), Reason> {
        let Some(handover) = &self.plan.service(of).handover else { return Ok(()) };
        let drained = self.fleet.drain(of, handover.drain_timeout, &self.said).await;
        if let Drained::Busy(left) = drained {
            let old = self.plan.replacement(of).old.as_ref().map_or("", |old| &old.name);
            let (left, after) = (count(left, "connection"), duration(handover.drain_timeout));
            let note = format!("container `{old}` still had {left} in use after {after}");
            self.notes.borrow_mut().push(note);
        }
        Ok(())
    }

    /// Stops the old container, and notes when.
    pub(super) async fn stop_led(&self, of: ReplacementId) -> Result<(), Reason> {
        self.put_down(self.old_container(of)?).await?;
        self.fleet.note_stop(of);
        Ok(())
    }

    /// Goes on leading for some seconds after the stop.
    pub(super) async fn linger(&self, of: ReplacementId) -> Result<(), Reason> {
        self.fleet.linger(of).await;
        Ok(())
    }
}
