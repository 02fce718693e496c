//! The wait until no request is under way at a container that new connections no longer reach.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::drain::{Drain, Verdict};
use super::fleet::Fleet;
use super::routes::End;
use super::spec::Place;
use crate::detour::{Answer, Command, Connection};
use crate::engine::Engine;
use crate::plan::steps::ReplacementId;

/// How often the connections of a container are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// No request is under way.
    Quiet,
    /// So many connections were still in use at the deadline.
    Busy(usize),
    /// Nobody could look.
    Unseen,
}

impl<E: Engine> Fleet<'_, E> {
    /// Waits until no request is under way at this one of a pair, at most `deadline`, and closes
    /// connections to it that carry none. `said` tells what is waited for.
    pub async fn drain(
        &self,
        of: ReplacementId,
        end: End,
        deadline: Duration,
        said: &RefCell<String>,
    ) -> Drained {
        if !self.crew.is_complete() {
            return Drained::Unseen;
        }
        let mut left = 0;
        match timeout(deadline, self.until_quiet(of, end, said, &mut left)).await {
            Ok(drained) => drained,
            Err(_) => Drained::Busy(left),
        }
    }

    async fn until_quiet(
        &self,
        of: ReplacementId,
        end: End,
        said: &RefCell<String>,
        left: &mut usize,
    ) -> Drained {
        let mut drain = Drain::default();
        loop {
            let Some(connections) = self.connections(of, end).await else { return Drained::Unseen };
            let Verdict::Wait { quiet, busy } = drain.note(&connections) else {
                return Drained::Quiet;
            };
            *left = busy;
            if busy > 0 {
                *said.borrow_mut() = crate::text::count(busy, "connection") + " in use";
            }
            self.close(of, end, quiet).await;
            sleep(LOOK_EVERY).await;
        }
    }

    /// The connections of a container as it sees them itself, or as all who connect to it do.
    async fn connections(&self, of: ReplacementId, end: End) -> Option<Vec<Connection>> {
        let (id, addresses) = {
            let map = self.map.borrow();
            (map.container(of, end)?, map.addresses(of, end))
        };
        let mut all: BTreeMap<(SocketAddr, SocketAddr), Connection> = BTreeMap::new();
        let mut has_answer = false;
        for (place, answer) in self.crew.ask(|_| Command::Connections).await {
            let Some(Answer::Connections(found)) = answer else { continue };
            has_answer = true;
            if place == Place::Container(id.clone()) {
                return Some(found);
            }
            let to_it = found.into_iter().filter(|one| addresses.contains(&one.reached));
            let seen_there = to_it.map(|one| one.mirrored());
            all.extend(seen_there.map(|one| ((one.local, one.peer), one)));
        }
        has_answer.then(|| all.into_values().collect())
    }

    /// Closes connections at the ends of those who opened them: who was about to use one notices
    /// before it has sent anything.
    async fn close(&self, of: ReplacementId, end: End, quiet: Duration) {
        let to = self.map.borrow().addresses(of, end);
        let quiet_ms = crate::text::millis(quiet);
        self.crew.ask(|_| Command::Close { to: to.clone(), quiet_ms }).await;
    }
}
