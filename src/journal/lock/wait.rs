//! The wait for a lock: the engine tells when it is free.

use std::future::pending;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::sleep;

use super::engine_lock::{acquire, lock_name};
use super::error::LockError;
use super::holder::Holder;
use super::process::Fate;
use crate::engine::persist::persist;
use crate::engine::{Engine, EngineError};

/// Takes the lock of a project; while somebody else has it, waits for it as long as `limit`.
/// `begins` is told once of whom it waits for. A dead holder is not waited for, nor one that dies
/// meanwhile.
///
/// # Errors
///
/// Those of [`acquire`].
pub async fn acquire_within(
    engine: &impl Engine,
    project: &str,
    me: &Holder,
    limit: Duration,
    begins: impl FnOnce(&LockError),
) -> Result<(), LockError> {
    let held = match acquire(engine, project, me).await {
        Err(held) if held.is_to_be_waited_for() && !limit.is_zero() => held,
        end => return end,
    };
    begins(&held);
    let volume = lock_name(project);
    let deadline = sleep(limit);
    tokio::pin!(deadline);
    let waited = persist(async || {
        let mut removals = engine.removals(&volume).await?;
        loop {
            // The subscription is in force: what happens after this look is told.
            let held = match acquire(engine, project, me).await {
                Err(held) if held.is_to_be_waited_for() => held,
                end => return Ok(end),
            };
            tokio::select! {
                biased;
                news = removals.next() => news.unwrap_or_else(|| Err(cut(&volume)))?,
                () = held.holder_gone() => {}
                () = &mut deadline => return Ok(Err(held)),
            }
        }
    });
    waited.await?
}

/// The engine ended a subscription.
fn cut(volume: &str) -> EngineError {
    EngineError::Dropped { call: format!("listen to volume `{volume}`") }
}

impl LockError {
    fn is_to_be_waited_for(&self) -> bool {
        matches!(self, Self::Held { fate: Fate::Alive | Fate::Unknown, .. })
    }

    /// Ends when the process that has the lock is gone, if it is on this machine.
    async fn holder_gone(&self) {
        match self {
            Self::Held { holder, .. } => holder.process.gone().await,
            _ => pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use rustix::process::Pid;
    use tokio::time::Instant;

    use super::*;
    use crate::engine::fake::{Fake, Fault, How, Verb};
    use crate::journal::lock::{Process, release, sample};

    const HOUR: Duration = Duration::from_hours(1);

    /// What the second one gets, that is ready to wait so long, after the first one has released the
    /// lock so much later; and how long that took, and how often it said that it waits.
    async fn second(
        fake: &Fake,
        limit: Duration,
        free_after: Duration,
    ) -> (Result<(), LockError>, Duration, usize) {
        let (first, me) = (sample::alive("first"), sample::alive("second"));
        acquire(fake, "shop", &first).await.unwrap();
        let (start, mut said) = (Instant::now(), 0);
        let releases = async {
            sleep(free_after).await;
            release(fake, "shop", &first).await.unwrap();
        };
        let waits = acquire_within(fake, "shop", &me, limit, |held| {
            assert!(held.to_string().contains("first"), "{held}");
            said += 1;
        });
        let waits = async { (waits.await, start.elapsed()) };
        let ((end, took), ()) = tokio::join!(waits, releases);
        (end, took, said)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_gets_the_lock_at_once_when_it_is_free() {
        let (end, took, said) = second(&Fake::new(), HOUR, Duration::from_mins(7)).await;
        end.unwrap();
        assert_eq!((took, said), (Duration::from_mins(7), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_has_an_end_and_no_patience_is_no_wait() {
        let (end, took, said) = second(&Fake::new(), Duration::from_mins(5), HOUR).await;
        assert!(matches!(end, Err(LockError::Held { .. })), "{end:?}");
        assert_eq!((took, said), (Duration::from_mins(5), 1));
        let (end, took, said) = second(&Fake::new(), Duration::ZERO, HOUR).await;
        assert!(matches!(end, Err(LockError::Held { .. })), "{end:?}");
        assert_eq!((took, said), (Duration::ZERO, 0));
        let (end, ..) = second(&Fake::new(), Duration::MAX, HOUR).await;
        end.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn it_asks_once_before_the_wait_and_once_after_it() {
        let fake = Fake::new();
        second(&fake, HOUR, Duration::from_mins(7)).await.0.unwrap();
        let tries = fake.calls().iter().filter(|call| call.verb == Verb::CreateVolume).count();
        // The first one's, the second one's, once more under the subscription, and the last.
        assert_eq!(tries, 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_that_is_freed_before_the_subscription_is_not_waited_for() {
        let fake = Fake::new();
        fake.fail(Fault::on(Verb::Removals, How::Dropped).times(3));
        let (end, took, _) = second(&fake, HOUR, Duration::from_millis(1)).await;
        end.unwrap();
        assert!(took < Duration::from_secs(5), "{took:?}");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_holder_that_dies_is_waited_for_no_longer() {
        let fake = Fake::new();
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let process = Process::at(Pid::from_child(&child));
        let first = Holder { process, ..sample::alive("first") };
        acquire(&fake, "shop", &first).await.unwrap();
        let me = sample::alive("second");
        let end = acquire_within(&fake, "shop", &me, HOUR, |_| child.kill().unwrap()).await;
        child.wait().unwrap();
        assert!(matches!(end, Err(LockError::Held { fate: Fate::Dead, .. })), "{end:?}");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test(start_paused = true)]
    async fn a_dead_holder_is_not_waited_for() {
        let fake = Fake::new();
        acquire(&fake, "shop", &sample::dead("first")).await.unwrap();
        let me = sample::alive("second");
        let end = acquire_within(&fake, "shop", &me, HOUR, |_| panic!("it waits")).await;
        assert!(matches!(end, Err(LockError::Held { fate: Fate::Dead, .. })), "{end:?}");
    }
}
