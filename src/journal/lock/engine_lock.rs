//! The lock on the engine: to get it, to take it over, to give it back.

use super::error::LockError;
use super::holder::Holder;
use crate::engine::Engine;
use crate::engine::api::Volume;
use crate::engine::persist::persist;

/// Name of the volume that is the lock of a project.
pub(super) fn lock_name(project: &str) -> String {
    format!("composeup.lock.{project}")
}

/// Takes the lock of a project, if nobody has it. Having it already is success.
///
/// # Errors
///
/// [`LockError::Held`] with its holder, [`LockError::Foreign`], or the engine's.
pub async fn acquire(engine: &impl Engine, project: &str, me: &Holder) -> Result<(), LockError> {
    match claim(engine, project, &lock_name(project), me).await? {
        None => Ok(()),
        Some(other) => Err(LockError::held(project, other)),
    }
}

/// Takes the lock of a project from `dead`, which the caller knows to be gone, unless somebody else
/// was quicker.
///
/// # Errors
///
/// Those of [`acquire`].
pub async fn take_over(
    engine: &impl Engine,
    project: &str,
    dead: &Holder,
    me: &Holder,
) -> Result<(), LockError> {
    succeed(engine, project, &lock_name(project), dead, me).await
}

/// Gives the lock of a project back, with what those who died while they took it over have left.
/// Not having it is success.
///
/// # Errors
///
/// The engine's; the lock may still be there then.
pub async fn release(engine: &impl Engine, project: &str, me: &Holder) -> Result<(), LockError> {
    let lock = lock_name(project);
    let of_mine = guard_name(&lock, me);
    // As long as this lock is there, the guards of those before it are of no use to anybody.
    for volume in persist(async || engine.locks(project).await).await? {
        let Some(holder) = Holder::of(&volume).filter(|_| volume.name() != lock) else { continue };
        if volume.name() != of_mine && (holder.token == me.token || holder.is_dead()) {
            remove(engine, &volume.name(), &holder).await?;
        }
    }
    remove(engine, &lock, me).await
}

/// Who has the lock of a project.
///
/// # Errors
///
/// [`LockError::Foreign`], or the engine's.
pub async fn holder(engine: &impl Engine, project: &str) -> Result<Option<Holder>, LockError> {
    let volume = lock_name(project);
    engine.volume(&volume).await?.map(|seen| understood(&seen)).transpose()
}

/// Makes `volume` a lock of `me`, and returns whose it is if it is somebody else's. An answer that
/// was lost is settled by looking.
async fn claim(
    engine: &impl Engine,
    project: &str,
    volume: &str,
    me: &Holder,
) -> Result<Option<Holder>, LockError> {
    let body = me.body(volume, project);
    loop {
        let made = persist(async || engine.create_volume(&body).await).await;
        if let Some(holder) = holder_of(engine, volume).await? {
            return Ok((holder.token != me.token).then_some(holder));
        }
        // It was there and is gone, unless it could not be made at all.
        made?;
    }
}

/// Makes `volume` a lock of `me` once `dead` has no lock there any more. Only the holder of the
/// guard removes what is there, so that nothing changes between its look and the removal.
async fn succeed(
    engine: &impl Engine,
    project: &str,
    volume: &str,
    dead: &Holder,
    me: &Holder,
) -> Result<(), LockError> {
    let guard = guard_name(volume, dead);
    match claim(engine, project, &guard, me).await? {
        None => {}
        Some(other) if other.is_dead() => {
            Box::pin(succeed(engine, project, &guard, &other, me)).await?;
        }
        Some(other) => return Err(LockError::held(project, other)),
    }
    remove(engine, volume, dead).await?;
    let other = claim(engine, project, volume, me).await?;
    remove(engine, &guard, me).await?;
    other.map_or(Ok(()), |other| Err(LockError::held(project, other)))
}

/// Name of the lock that whoever removes the lock of `dead` must have.
fn guard_name(volume: &str, dead: &Holder) -> String {
    format!("{volume}.{}", dead.token)
}

/// Removes a lock, if it is that of `holder`.
async fn remove(engine: &impl Engine, volume: &str, holder: &Holder) -> Result<(), LockError> {
    match holder_of(engine, volume).await? {
        Some(found) if found.token == holder.token => {
            let removed = persist(async || engine.remove_lock(volume, &holder.token).await);
            Ok(removed.await?)
        }
        _ => Ok(()),
    }
}

async fn holder_of(engine: &impl Engine, volume: &str) -> Result<Option<Holder>, LockError> {
    let seen = persist(async || engine.volume(volume).await).await?;
    seen.map(|seen| understood(&seen)).transpose()
}

fn understood(volume: &Volume) -> Result<Holder, LockError> {
    Holder::of(volume).ok_or_else(|| LockError::Foreign { volume: volume.name() })
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use serde_json::json;
    use tokio::task::yield_now;

    use super::*;
    use crate::engine::EngineError;
    use crate::engine::fake::{Fake, Fault, How, Verb};
    use crate::journal::lock::sample::{alive, dead};

    fn volumes(fake: &Fake) -> Vec<String> {
        fake.look(|world| world.volumes().into_iter().map(str::to_owned).collect())
    }

    async fn token(fake: &Fake) -> Option<String> {
        holder_of(fake, &lock_name("shop")).await.unwrap().map(|holder| holder.token)
    }

    fn winners<'a>(ends: &[Result<(), LockError>], all: &'a [Holder]) -> Vec<&'a Holder> {
        ends.iter().zip(all).filter(|(end, _)| end.is_ok()).map(|(_, one)| one).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_one_gets_it_and_the_others_learn_who_that_is() {
        let fake = Fake::new();
        let (first, second) = (alive("alice"), alive("bob"));
        acquire(&fake, "shop", &first).await.unwrap();
        acquire(&fake, "shop", &first).await.unwrap();
        acquire(&fake, "blog", &second).await.unwrap();
        let Err(LockError::Held { holder, .. }) = acquire(&fake, "shop", &second).await else {
            panic!("two have it");
        };
        assert_eq!(*holder, first);
        release(&fake, "shop", &second).await.unwrap();
        assert_eq!(token(&fake).await, Some(first.token.clone()));
        release(&fake, "shop", &first).await.unwrap();
        release(&fake, "shop", &first).await.unwrap();
        assert_eq!(volumes(&fake), ["composeup.lock.blog"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_volume_of_a_user_is_neither_a_lock_nor_removed() {
        let fake = Fake::new();
        fake.create_volume(&json!({ "Name": "composeup.lock.shop" })).await.unwrap();
        let me = alive("alice");
        assert!(matches!(acquire(&fake, "shop", &me).await, Err(LockError::Foreign { .. })));
        assert!(matches!(release(&fake, "shop", &me).await, Err(LockError::Foreign { .. })));
        let refused = fake.remove_lock("composeup.lock.shop", &me.token).await;
        assert!(matches!(refused, Err(EngineError::Conflict { .. })), "{refused:?}");
        assert_eq!(volumes(&fake), ["composeup.lock.shop"]);
    }

    /// Every call of a run from the first acquire to the release loses its answer, or is not made.
    #[tokio::test(start_paused = true)]
    async fn lost_answers_are_settled_by_looking() {
        let fault = |nth| Fault::any(How::Dropped).nth(nth);
        for nth in 1..=12 {
            for fault in [fault(nth), fault(nth).after_effect(), fault(nth).times(5)] {
                let fake = Fake::new();
                fake.fail(fault.clone());
                let (old, me) = (alive("alice"), alive("bob"));
                acquire(&fake, "shop", &old).await.unwrap();
                take_over(&fake, "shop", &old, &me).await.unwrap();
                assert_eq!(token(&fake).await, Some(me.token.clone()), "{fault:?}");
                release(&fake, "shop", &me).await.unwrap();
                assert_eq!(volumes(&fake), [""; 0], "{fault:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_that_the_engine_refuses_is_not_had() {
        let fake = Fake::new();
        fake.fail(Fault::on(Verb::CreateVolume, How::Refused));
        let end = acquire(&fake, "shop", &alive("alice")).await;
        assert!(matches!(end, Err(LockError::Engine(_))), "{end:?}");
        assert_eq!(volumes(&fake), [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_who_begin_at_once_one_gets_it() {
        let fake = Fake::new();
        let all: Vec<Holder> = (0..16).map(|n| alive(&n.to_string())).collect();
        let ends = join_all(all.iter().map(|me| acquire(&fake, "shop", me))).await;
        assert_eq!(winners(&ends, &all).len(), 1);
    }

    /// Each of three begins so many calls later than the others.
    #[tokio::test(start_paused = true)]
    async fn of_many_who_take_over_one_gets_it_however_their_calls_mix() {
        for late in (0..1000).map(|n| [n % 10, n / 10 % 10, n / 100]) {
            let fake = Fake::new();
            let gone = alive("gone");
            acquire(&fake, "shop", &gone).await.unwrap();
            let all: Vec<Holder> = (0..3).map(|n| alive(&n.to_string())).collect();
            let takers = all.iter().zip(late).map(async |(me, late)| {
                for _ in 0..late {
                    yield_now().await;
                }
                take_over(&fake, "shop", &gone, me).await
            });
            let ends = join_all(takers).await;
            let [winner] = winners(&ends, &all)[..] else { panic!("{late:?}: {ends:?}") };
            assert_eq!(token(&fake).await.as_ref(), Some(&winner.token), "{late:?}");
            release(&fake, "shop", winner).await.unwrap();
            assert_eq!(volumes(&fake), [""; 0], "{late:?}");
        }
    }

    /// Gets the lock, from a dead holder if it has one.
    #[cfg(target_os = "linux")]
    async fn get(fake: &Fake, me: &Holder) {
        match acquire(fake, "shop", me).await {
            Err(LockError::Held { holder, .. }) => take_over(fake, "shop", &holder, me).await,
            end => end,
        }
        .unwrap();
    }

    /// Whoever takes over may be killed, too, and so may the next one.
    #[cfg(target_os = "linux")]
    #[tokio::test(start_paused = true)]
    async fn whatever_the_dead_left_is_taken_over_and_goes_with_the_lock() {
        for (first, second) in (0..100).map(|n| (n % 10 + 1, n / 10 + 1)) {
            let fake = Fake::new();
            acquire(&fake, "shop", &dead("0")).await.unwrap();
            for (user, nth) in [("1", first), ("2", second)] {
                let me = dead(user);
                fake.fail(Fault::any(How::Killed).nth(nth));
                tokio::select! {
                    biased;
                    () = fake.killed() => {}
                    () = get(&fake, &me) => {}
                }
                fake.disarm();
            }
            let me = alive("me");
            get(&fake, &me).await;
            release(&fake, "shop", &me).await.unwrap();
            assert_eq!(volumes(&fake), [""; 0], "{first}, {second}");
        }
    }
}
