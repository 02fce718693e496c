//! The seam between a rollout and those who watch it.

use super::event::Event;

/// Somebody who is told what happens. Infallible: a dead terminal or a closed pipe never stops a
/// rollout half way.
pub trait Reporter {
    /// One event, in the order in which things happened.
    fn report(&mut self, event: &Event);

    /// Called several times a second while the rollout waits, so that clocks can move.
    fn tick(&mut self) {}
}

impl Reporter for Vec<Event> {
    fn report(&mut self, event: &Event) {
        self.push(event.clone());
    }
}
