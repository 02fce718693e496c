//! When no request is under way at an old container any more, judged by its own TCP connections:
//! pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::detour::Connection;

/// An exchange whose answer may have a pause in it is over after so long without a byte.
const QUIET: Duration = Duration::from_millis(500);
/// After so many exchanges without any pause in an answer, no answer is expected to have one.
const ENOUGH: u32 = 20;
/// How much longer than the longest pause that was seen the next one may be.
const LONGER: u32 = 4;

/// What to do after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing is under way.
    Drained,
    /// Close what was at rest for so long, and look again; so many connections are in use.
    Wait { quiet: Duration, busy: usize },
}

/// What the looks so far have shown.
#[derive(Debug, Default)]
pub(super) struct Drain {
    before: BTreeMap<(SocketAddr, SocketAddr), Connection>,
    exchanges: u32,
    longest_pause: Option<Duration>,
}

impl Drain {
    /// Takes in one more look at all connections of the container.
    ///
    /// A connection that carries one request after the other is at rest in between, if only for
    /// moments. Whether that is the end of an answer or a pause in it, no state tells; but a pause
    /// shows later, as data that follows without another request. As long as no answer has shown
    /// one, whatever is at rest may be closed at once.
    pub(super) fn note(&mut self, all: &[Connection]) -> Verdict {
        let own: BTreeSet<IpAddr> = all.iter().map(|one| one.local.ip()).collect();
        let is_served = |one: &&Connection| {
            let peer = one.peer.ip();
            one.accepted && !peer.is_loopback() && !own.contains(&peer)
        };
        let served: Vec<&Connection> = all.iter().filter(is_served).collect();
        for one in &served {
            self.learn(one);
        }
        let quiet = self.quiet();
        let is_busy = |one: &&&Connection| !one.is_unused() && !one.is_at_rest(QUIET.max(quiet));
        let busy = served.iter().filter(is_busy).count();
        let was_there = |one: &&Connection| self.before.contains_key(&(one.local, one.peer));
        let is_drained = busy == 0 && served.iter().all(was_there);
        self.before = served.iter().map(|one| ((one.local, one.peer), (*one).clone())).collect();
        if is_drained {
            return Verdict::Drained;
        }
        Verdict::Wait { quiet, busy }
    }

    fn learn(&mut self, now: &Connection) {
        let Some(before) = self.before.get(&(now.local, now.peer)) else { return };
        if now.segments_in != before.segments_in {
            self.exchanges += now.segments_in.saturating_sub(before.segments_in);
        } else if before.is_at_rest(Duration::ZERO) && now.segments_out > before.segments_out {
            let pause = before.sent_ago_ms.saturating_sub(now.sent_ago_ms);
            let pause = Duration::from_millis(pause.max(before.sent_ago_ms).max(1).into());
            self.longest_pause = self.longest_pause.max(Some(pause));
        }
    }

    fn quiet(&self) -> Duration {
        match self.longest_pause {
            Some(pause) => QUIET.max(pause * LONGER),
            None if self.exchanges >= ENOUGH => Duration::ZERO,
            None => QUIET,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What came `received` ms ago was answered `sent` ms ago; so many segments each way.
    fn connection(port: u16, requests: u32, answers: u32, received: u32, sent: u32) -> Connection {
        Connection {
            local: "172.18.0.3:8080".parse().unwrap(),
            peer: SocketAddr::new([172, 18, 0, 2].into(), port),
            reached: [172, 18, 0, 2].into(),
            accepted: true,
            established: true,
            unread: 0,
            unsent: 0,
            segments_out: answers,
            segments_in: requests,
            sent_ago_ms: sent,
            received_ago_ms: received,
        }
    }

    fn waits(quiet: Duration, busy: usize) -> Verdict {
        Verdict::Wait { quiet, busy }
    }

    #[test]
    fn what_is_answered_for_some_time_or_was_never_used_is_no_request() {
        let mut drain = Drain::default();
        let rested = connection(1, 1, 1, 900, 800);
        let unused = connection(2, 0, 0, 300, 300);
        let both = [rested, unused];
        assert_eq!(drain.note(&both), waits(QUIET, 0), "it is closed first, if it can be");
        assert_eq!(drain.note(&both), Verdict::Drained);
        assert_eq!(Drain::default().note(&[]), Verdict::Drained);
    }

    #[test]
    fn what_was_opened_a_moment_ago_is_about_to_be_used() {
        let opened = connection(1, 0, 0, 3, 3);
        assert_eq!(Drain::default().note(&[opened]), waits(QUIET, 1));
    }

    #[test]
    fn a_request_without_an_answer_and_an_answer_of_a_moment_ago_are_under_way() {
        let mut drain = Drain::default();
        let waiting = connection(1, 1, 0, 9000, 9000);
        let fresh = connection(2, 1, 1, 40, 20);
        assert_eq!(drain.note(&[waiting, fresh]), waits(QUIET, 2));
    }

    #[test]
    fn who_talks_to_himself_and_who_was_called_does_not_count() {
        let mut drain = Drain::default();
        let check =
            Connection { peer: "127.0.0.1:9".parse().unwrap(), ..connection(1, 1, 0, 1, 1) };
        let itself =
            Connection { peer: "172.18.0.3:9".parse().unwrap(), ..connection(2, 1, 0, 1, 1) };
        let database = Connection { accepted: false, ..connection(3, 1, 0, 1, 1) };
        assert_eq!(drain.note(&[check, itself, database]), Verdict::Drained);
    }

    #[test]
    fn after_many_answers_in_one_piece_rest_needs_no_time() {
        let mut drain = Drain::default();
        for requests in 0..=ENOUGH {
            drain.note(&[connection(1, 1 + requests, 1 + requests, 8, 4)]);
        }
        let verdict = drain.note(&[connection(1, 40, 40, 8, 4)]);
        assert_eq!(verdict, waits(Duration::ZERO, 1));
    }

    #[test]
    fn an_answer_with_a_pause_in_it_makes_rest_long() {
        let mut drain = Drain::default();
        for requests in 0..=ENOUGH {
            drain.note(&[connection(1, 1 + requests, 1 + requests, 8, 4)]);
        }
        drain.note(&[connection(1, 40, 40, 210, 200)]);
        let verdict = drain.note(&[connection(1, 40, 41, 220, 2)]);
        assert_eq!(verdict, waits(Duration::from_millis(800), 1));
    }
}
