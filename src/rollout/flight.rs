//! Acts that are under way, each a future of its own; and what is said while one of them waits.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, abortable};
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::machine::Act;
use super::step::Reason;
use crate::engine::api::ContainerId;
use crate::plan::step_ref::StepRef;
use crate::report::EventKind;
use crate::text::millis;

/// How often a wait is reported, if what it waits for does not change.
const WAITING_EVERY: Duration = Duration::from_secs(15);

/// How an act ended.
pub(super) type Ending = Result<Option<ContainerId>, Reason>;

/// An act that ended, with how and after how long; without an ending its wait was given up.
pub(super) struct Landed {
    pub(super) act: Act,
    pub(super) ending: Option<Ending>,
    pub(super) took: Duration,
}

type Landing<'a> = Pin<Box<dyn Future<Output = (Act, Option<Ending>)> + 'a>>;

/// Everything that is under way, no act twice.
#[derive(Default)]
pub(super) struct Flights<'a> {
    landings: FuturesUnordered<Landing<'a>>,
    aloft: Vec<Flight>,
}

/// One act under way.
struct Flight {
    act: Act,
    started: Instant,
    abort: AbortHandle,
    wait: Option<Wait>,
}

impl<'a> Flights<'a> {
    /// Sends an act on its way.
    pub(super) fn launch(
        &mut self,
        act: Act,
        wait: Option<Wait>,
        effect: impl Future<Output = Ending> + 'a,
    ) {
        let (effect, abort) = abortable(effect);
        self.landings.push(Box::pin(async move { (act, effect.await.ok()) }));
        self.aloft.push(Flight { act, started: Instant::now(), abort, wait });
    }

    /// Gives up the wait of a step.
    pub(super) fn leave(&self, step: usize) {
        let of = |flight: &&Flight| flight.act == Act::Do(step);
        self.aloft.iter().filter(of).for_each(|flight| flight.abort.abort());
    }

    /// The next act that ends; never one if nothing is under way.
    pub(super) async fn land(&mut self) -> Landed {
        let Some((act, ending)) = self.landings.next().await else {
            return std::future::pending().await;
        };
        let at = self.aloft.iter().position(|flight| flight.act == act);
        let Some(at) = at else { return std::future::pending().await };
        let flight = self.aloft.remove(at);
        Landed { act, ending, took: flight.started.elapsed() }
    }

    /// What there is to say of the waits.
    pub(super) fn news(&mut self) -> Vec<EventKind> {
        self.aloft.iter_mut().filter_map(|flight| flight.wait.as_mut()?.news()).collect()
    }
}

/// A wait as its watchers see it: told when it changes, and every 15 seconds.
pub(super) struct Wait {
    step: StepRef,
    said: Rc<RefCell<String>>,
    deadline: Duration,
    started: Instant,
    told: Option<(Instant, String)>,
}

impl Wait {
    pub(super) fn new(step: StepRef, said: Rc<RefCell<String>>, deadline: Duration) -> Self {
        Self { step, said, deadline, started: Instant::now(), told: None }
    }

    fn news(&mut self) -> Option<EventKind> {
        let now = Instant::now();
        let detail = self.said.borrow().clone();
        let told = self.told.as_ref();
        if detail.is_empty()
            || told.is_some_and(|(at, what)| *what == detail && now - *at < WAITING_EVERY)
        {
            return None;
        }
        self.told = Some((now, detail.clone()));
        Some(EventKind::Waiting {
            step: self.step.clone(),
            waited_ms: millis(now - self.started),
            deadline_ms: millis(self.deadline),
            detail,
        })
    }
}
