//! Numbers and dates the events of one run and hands them to the reporter.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::time::Instant;

use crate::report::event::EVENT_VERSION;
use crate::report::{Event, EventKind, Reporter};
use crate::text::millis;

/// The one way from a rollout to its reporter.
pub(super) struct Emitter<'a> {
    reporter: RefCell<&'a mut dyn Reporter>,
    run: String,
    seq: Cell<u64>,
    started: Instant,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(run: &str, reporter: &'a mut dyn Reporter) -> Self {
        let started = Instant::now();
        Self { reporter: RefCell::new(reporter), run: run.to_owned(), seq: Cell::new(0), started }
    }

    pub(super) fn emit(&self, kind: EventKind) {
        self.seq.set(self.seq.get() + 1);
        let elapsed_ms = millis(self.elapsed());
        let event = Event {
            v: EVENT_VERSION,
            run: self.run.clone(),
            seq: self.seq.get(),
            elapsed_ms,
            kind,
        };
        self.reporter.borrow_mut().report(&event);
    }

    pub(super) fn tick(&self) {
        self.reporter.borrow_mut().tick();
    }

    /// How often [`Self::tick`] should be called while nothing happens.
    pub(super) fn tick_every(&self) -> Duration {
        self.reporter.borrow().tick_every()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
