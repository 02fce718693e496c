//! The seam between a rollout and those who watch it.

use std::time::Duration;

use super::event::Event;

/// Somebody who is told what happens. Infallible: a dead terminal or a closed pipe never stops a
/// rollout half way.
pub trait Reporter {
    /// One event, in the order in which things happened.
    fn report(&mut self, event: &Event);

    /// Called while the rollout waits, so that clocks can move.
    fn tick(&mut self) {}

    /// How often that should be.
    fn tick_every(&self) -> Duration {
        Duration::from_secs(1)
    }
}

impl Reporter for Vec<Event> {
    fn report(&mut self, event: &Event) {
        self.push(event.clone());
    }
}
