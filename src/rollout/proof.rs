//! Requests through the front door while a rollout runs: told, counted, and judged.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::cancel::Cancel;
use super::emitter::Emitter;
use super::run::Rollout;
use crate::journal::outcome::Failure;
use crate::probe::{Exchange, Phase, Probe, Requests, Tally};
use crate::report::EventKind;
use crate::report::event::Slice;
use crate::text::millis;

/// How long requests are sent before the first step and after the last one.
const BASELINE: Duration = Duration::from_secs(1);
/// How often is told what became of them.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// Length of a slice, in milliseconds.
const SLICE_MS: u64 = 100;

/// A URL gave no good answer before anything was changed, so that nothing could be proven by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no request to `{url}` was answered as expected: {reason}")]
pub struct NoProof {
    /// The URL, as messages show it.
    pub url: String,
    /// Why: a lower-case fragment.
    pub reason: String,
}

/// The requests of one rollout.
#[derive(Debug)]
pub(super) struct Proof {
    probe: Probe,
    tally: Tally,
    /// When the first one was sent, on the clock of the rollout.
    began: Duration,
    baseline: Instant,
    slices: BTreeMap<u64, Slice>,
    told: Instant,
}

impl<E> Rollout<'_, E> {
    /// Counts the requests of `probe`, which were begun just now.
    pub fn watch(&self, probe: Probe) {
        let now = Instant::now();
        let proof = Proof {
            tally: probe.tally(),
            probe,
            began: self.emitter.elapsed(),
            baseline: now + BASELINE,
            slices: BTreeMap::new(),
            told: now,
        };
        self.proof.replace(Some(proof));
    }

    /// Waits until enough requests have ended to compare with, if there are any.
    ///
    /// # Errors
    ///
    /// [`NoProof`] if none to some URL was answered well.
    pub async fn baseline(&self) -> Result<(), NoProof> {
        let Some(mut proof) = self.proof.take() else { return Ok(()) };
        let heard = proof.hear_baseline(&self.emitter).await;
        self.proof.replace(Some(proof));
        heard
    }
}

impl Proof {
    async fn hear_baseline(&mut self, emitter: &Emitter<'_>) -> Result<(), NoProof> {
        let end = self.baseline;
        while Instant::now() < end || !self.tally.has_heard_of_all() {
            tokio::select! {
                exchange = self.next() => self.note(exchange, emitter),
                () = sleep_until(end), if Instant::now() < end => {}
            }
        }
        match self.tally.silent() {
            Some((url, reason)) => Err(NoProof { url: url.into(), reason: reason.into() }),
            None => Ok(()),
        }
    }

    /// The next exchange that ends; never one once the last one has.
    pub(super) async fn next(&mut self) -> Exchange {
        match self.probe.next().await {
            Some(exchange) => exchange,
            None => std::future::pending().await,
        }
    }

    /// Takes in one exchange, and tells about once a second of all since the last time.
    pub(super) fn note(&mut self, mut exchange: Exchange, emitter: &Emitter<'_>) {
        exchange.sent += self.began;
        self.tally.note(&exchange);
        let at_ms = millis(exchange.sent) / SLICE_MS * SLICE_MS;
        let slice = self.slices.entry(at_ms).or_insert(Slice { at_ms, ..Slice::default() });
        slice.sent += 1;
        match exchange.answer {
            Ok(_) => slice.slowest_ms = slice.slowest_ms.max(millis(exchange.took)),
            Err(_) => slice.failed += 1,
        }
        if self.told.elapsed() >= TELL_EVERY {
            self.tell(emitter);
        }
    }

    /// Takes in all that have ended already.
    pub(super) fn note_ended(&mut self, emitter: &Emitter<'_>) {
        while let Some(exchange) = self.probe.next_ended() {
            self.note(exchange, emitter);
        }
    }

    /// What ends from now on belongs to this phase.
    pub(super) fn enter(&mut self, phase: Phase) {
        self.tally.enter(phase);
    }

    /// Why the rollout must be taken back, if it must.
    pub(super) fn verdict(&self) -> Option<Failure> {
        let causes = self.tally.verdict()?;
        let hint = "`--probe-max-failures` says how many more requests than before may fail";
        Some(Failure {
            service: None,
            causes,
            health_log: Vec::new(),
            container: None,
            log: Vec::new(),
            hints: vec![hint.into()],
        })
    }

    /// Sends on for a moment after the last step, and waits for the last answers, unless somebody
    /// wants to leave at once; what became of all requests.
    pub(super) async fn finish(mut self, emitter: &Emitter<'_>, cancel: &Cancel) -> Vec<Requests> {
        self.note_ended(emitter);
        self.enter(Phase::After);
        tokio::select! {
            () = cancel.requested(2) => {}
            () = self.hear_the_end(emitter) => {}
        }
        self.tell(emitter);
        self.tally.requests()
    }

    async fn hear_the_end(&mut self, emitter: &Emitter<'_>) {
        let end = Instant::now() + BASELINE;
        loop {
            tokio::select! {
                exchange = self.next() => self.note(exchange, emitter),
                () = sleep_until(end) => break,
            }
        }
        self.probe.stop();
        while let Some(exchange) = self.probe.next().await {
            self.note(exchange, emitter);
        }
    }

    fn tell(&mut self, emitter: &Emitter<'_>) {
        self.told = Instant::now();
        let slices: Vec<Slice> = std::mem::take(&mut self.slices).into_values().collect();
        if !slices.is_empty() {
            emitter.emit(EventKind::Requests { slices });
        }
    }
}

/// The next exchange; never one without a proof.
pub(super) async fn next(proof: &mut Option<Proof>) -> Exchange {
    match proof {
        Some(proof) => proof.next().await,
        None => std::future::pending().await,
    }
}
