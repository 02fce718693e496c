//! What a container does once it is started.

use std::time::Duration;

use tokio::time::Instant;

use crate::engine::api::Healthcheck;

/// What a container does once it is started, in time since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// It serves after this time: its health command succeeds from then on, and the engine says
    /// `healthy` at the next turn of its interval.
    ServesAfter(Duration),
    /// It serves at once, as after no time at all, and ends with exit code 1 after this time.
    ServesThenExits(Duration),
    /// It runs and never serves: its health command fails, the engine goes on saying `starting`.
    NeverServes,
    /// It runs, never serves, and the engine says `unhealthy` after this time.
    UnhealthyAfter(Duration),
    /// It ends with this exit code and stays down.
    ExitsAfter(Duration, i64),
    /// It ends with this exit code and is started again, for ever.
    RestartsEvery(Duration, i64),
    /// The kernel kills it for memory.
    OutOfMemoryAfter(Duration),
    /// The engine cannot start it.
    CannotStart,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self::ServesAfter(Duration::ZERO)
    }
}

/// Something a container does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Serves,
    Healthy,
    Unhealthy,
    Exits(i64),
    Restarts(i64),
    OutOfMemory,
}

impl Behaviour {
    /// What happens when, to a container started at `start` under `check`, in order.
    pub(super) fn schedule(
        self,
        start: Instant,
        check: Option<&Healthcheck>,
    ) -> Vec<(Instant, Change)> {
        match self {
            Self::ServesAfter(after) => {
                let mut changes = vec![(start + after, Change::Serves)];
                changes
                    .extend(check.map(|check| (start + verdict_at(after, check), Change::Healthy)));
                changes
            }
            Self::ServesThenExits(after) => {
                let mut changes = Self::ServesAfter(Duration::ZERO).schedule(start, check);
                changes.push((start + after, Change::Exits(1)));
                changes.sort_by_key(|(at, _)| *at);
                changes
            }
            Self::NeverServes | Self::CannotStart => Vec::new(),
            Self::UnhealthyAfter(after) => vec![(start + after, Change::Unhealthy)],
            Self::ExitsAfter(after, code) => vec![(start + after, Change::Exits(code))],
            Self::RestartsEvery(after, code) => vec![(start + after, Change::Restarts(code))],
            Self::OutOfMemoryAfter(after) => vec![(start + after, Change::OutOfMemory)],
        }
    }
}

/// The engine asks only every interval, the first time one interval after the start.
fn verdict_at(serves_after: Duration, check: &Healthcheck) -> Duration {
    let interval = check.interval.max(Duration::from_millis(1));
    let turns = serves_after.as_nanos().div_ceil(interval.as_nanos()).max(1);
    interval * u32::try_from(turns).unwrap_or(u32::MAX)
}
