//! Steps that lead requests from an old container to its new one. Where connections cannot be led
//! they go where they always went, and that is said; but a proxy that would lose the service fails
//! the rollout.

use crate::cutover::{Course, Drained, End, Other, Pair};
use crate::engine::Engine;
use crate::engine::api::ContainerId;
use crate::plan::Plan;
use crate::plan::steps::{ReplacementId, StandIn};
use crate::text::{count, duration};

use super::step::{Reason, Stage};

impl<E: Engine> Stage<'_, E> {
    /// Puts helpers beside everybody who may talk to the old container, and gets to know the proxies
    /// among them.
    pub(super) async fn detour(&self, of: ReplacementId) -> Result<(), Reason> {
        self.fleet.man(of, pair(self.plan, of)).await;
        self.fleet.meet(of).await
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
        let name = self.old_container(of)?.name.clone();
        self.drain_end(of, End::Old, &name).await;
        Ok(())
    }

    /// Waits until the proxies that list the old container list the new one.
    pub(super) async fn verify(&self, of: ReplacementId) -> Result<(), Reason> {
        let deadline = self.plan.service(of).readiness.timeout;
        self.fleet.await_shown(of, deadline, &self.said).await
    }

    async fn drain_end(&self, of: ReplacementId, end: End, name: &str) {
        let Some(handover) = &self.plan.service(of).handover else { return };
        let drained = self.fleet.drain(of, end, handover.drain_timeout, &self.said).await;
        if let Drained::Busy(left) = drained {
            let (left, after) = (count(left, "connection"), duration(handover.drain_timeout));
            let note = format!("container `{name}` still had {left} in use after {after}");
            self.notes.borrow_mut().push(note);
        }
    }

    /// Stops the old container.
    pub(super) async fn stop_led(&self, of: ReplacementId) -> Result<(), Reason> {
        self.put_down(self.old_container(of)?).await?;
        self.fleet.note_loss();
        Ok(())
    }

    /// Stops the new container on the way back, once no request is under way at it.
    pub(super) async fn stop_new(
        &self,
        of: ReplacementId,
        new: &ContainerId,
    ) -> Result<(), Reason> {
        self.drain_end(of, End::New, self.plan.replacement(of).name()).await;
        self.stop(new).await?;
        self.fleet.note_stop();
        Ok(())
    }
}

/// Whom requests are led from and to.
pub(super) fn pair(plan: &Plan, of: ReplacementId) -> Pair {
    let replica = plan.replacement(of);
    let other = replica.stand_in.as_ref().map(|stand_in| match stand_in {
        StandIn::Container(id) => Other::Container(id.clone()),
        StandIn::Replica(index) => Other::Pair(ReplacementId { index: *index, ..of }),
    });
    let old = replica.running_old().map(|old| old.id.clone());
    Pair::of(old, other)
}
