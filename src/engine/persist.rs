//! Patience with the engine: a call that could not be made, or whose answer was lost, is tried
//! again, for as long as an engine takes to restart.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use tokio::time::sleep;

use crate::engine::EngineError;

/// How many tries an engine gets that is away; with their pauses they take about a minute.
const TRIES: usize = 30;
/// How many of them may take as long as the call's own deadline.
const TIMEOUTS: usize = 3;
/// The first pause; each one is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Makes the call again while the engine is away or loses its answers. The call must do no harm if
/// it is made twice.
///
/// # Errors
///
/// The first error that another try would not mend, or the last one after a minute.
pub(crate) async fn persist<T>(
    mut call: impl AsyncFnMut() -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    let (mut tries, mut timeouts) = (0, 0);
    let mut pause = FIRST_PAUSE;
    loop {
        let end = call().await;
        tries += 1;
        timeouts += usize::from(matches!(end, Err(EngineError::Timeout { .. })));
        let may_try_again = tries < TRIES && timeouts < TIMEOUTS;
        match end {
            Err(error) if error.is_transient() && may_try_again => {
                sleep(with_jitter(pause)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            end => return end,
        }
    }
}

/// From one half to all of it, so that many do not knock at the same moment.
fn with_jitter(pause: Duration) -> Duration {
    let chance = u32::try_from(RandomState::new().hash_one(()) % 512).unwrap_or(0);
    pause / 2 + pause * chance / 1024
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::ErrorKind;

    use tokio::time::Instant;

    use super::*;

    fn away() -> EngineError {
        EngineError::Unreachable {
            endpoint: "unix:///run/docker.sock".into(),
            kind: ErrorKind::ConnectionRefused,
            reason: "connection refused".into(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_restarts_is_waited_for() {
        let started = Instant::now();
        let back = async || {
            if started.elapsed() < Duration::from_secs(10) { Err(away()) } else { Ok("there") }
        };
        assert_eq!(persist(back).await.unwrap(), "there");
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_stays_away_is_given_up_after_a_minute_and_few_tries() {
        let (started, tries) = (Instant::now(), Cell::new(0));
        let end: Result<(), _> = persist(async || {
            tries.set(tries.get() + 1);
            Err(away())
        })
        .await;
        assert!(end.is_err() && started.elapsed() < Duration::from_secs(90));
        assert!(started.elapsed() > Duration::from_secs(30));
        assert_eq!(tries.get(), TRIES);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_not_tried_again() {
        let tries = Cell::new(0);
        let refuse: Result<(), _> = persist(async || {
            tries.set(tries.get() + 1);
            Err(EngineError::Conflict { call: "start".into(), message: "no".into() })
        })
        .await;
        assert!(refuse.is_err() && tries.get() == 1);
    }
}
