//! The lock on a real engine, where calls really meet.

use composeup::engine::Engine as _;
use composeup::journal::lock::{Holder, LockError, acquire, holder, release, take_over};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use serde_json::json;

use super::backend::Lab;

const AT_ONCE: usize = 16;
const ROUNDS: usize = 10;

fn holders() -> Vec<Holder> {
    let one = |n: usize| Holder::this_process("20261125-132400-4f2a", &n.to_string(), "upgrade");
    (0..AT_ONCE).map(one).collect()
}

/// The one who got it, which everybody else was told, too.
async fn the_winner<'a>(
    lab: &Lab,
    all: &'a [Holder],
    ends: &[Result<(), LockError>],
) -> &'a Holder {
    let winners: Vec<&Holder> =
        all.iter().zip(ends).filter(|(_, end)| end.is_ok()).map(|(one, _)| one).collect();
    let [winner] = winners[..] else { panic!("{} have the lock: {ends:?}", winners.len()) };
    let present = holder(&lab.docker, &lab.name).await.unwrap();
    assert_eq!(present.as_ref(), Some(winner));
    winner
}

#[test]
fn of_many_who_begin_at_once_exactly_one_gets_the_lock() {
    Lab::run("lock", &async |lab| {
        for _ in 0..ROUNDS {
            let all = holders();
            let ends = join_all(all.iter().map(|me| acquire(&lab.docker, &lab.name, me))).await;
            let winner = the_winner(lab, &all, &ends).await;
            let told = ends.iter().filter_map(|end| match end {
                Err(LockError::Held { holder, .. }) => Some(&**holder),
                _ => None,
            });
            assert!(told.eq(std::iter::repeat_n(winner, AT_ONCE - 1)));
            release(&lab.docker, &lab.name, winner).await.unwrap();
        }
    });
}

#[test]
fn of_many_who_take_over_at_once_exactly_one_gets_the_lock_and_no_guard_is_left() {
    Lab::run("heirs", &async |lab| {
        for _ in 0..ROUNDS {
            let (all, dead) = (holders(), holders().remove(0));
            acquire(&lab.docker, &lab.name, &dead).await.unwrap();
            let takers = all.iter().map(|me| take_over(&lab.docker, &lab.name, &dead, me));
            let ends = join_all(takers).await;
            let winner = the_winner(lab, &all, &ends).await;
            release(&lab.docker, &lab.name, winner).await.unwrap();
            let left = lab.docker.locks(&lab.name).await.unwrap();
            assert!(left.is_empty(), "{left:?}");
        }
    });
}

#[test]
fn the_engine_tells_when_a_lock_is_gone() {
    Lab::run("unlocked", &async |lab| {
        let me = holders().remove(0);
        acquire(&lab.docker, &lab.name, &me).await.unwrap();
        let mut removals =
            lab.docker.removals(&format!("composeup.lock.{}", lab.name)).await.unwrap();
        release(&lab.docker, &lab.name, &me).await.unwrap();
        removals.next().await.unwrap().unwrap();
    });
}

#[test]
fn a_volume_that_is_no_lock_is_not_removed() {
    Lab::run("no-lock", &async |lab| {
        let docker = &lab.docker;
        docker.create_volume(&json!({ "Name": lab.name })).await.unwrap();
        assert!(docker.remove_lock(&lab.name, "").await.is_err());
        assert!(docker.volume(&lab.name).await.unwrap().is_some());
        docker.remove_lock(&format!("{}-gone", lab.name), "token").await.unwrap();
    });
}
