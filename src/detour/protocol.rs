//! What both halves say to each other: one JSON value a line. Every command has one answer, in
//! order; an empty line has none and only says that somebody is there.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// New connections to one address go to another one. Both are of the same family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Detour {
    /// Where the client thinks it connects to.
    pub from: IpAddr,
    /// Where it does.
    pub to: IpAddr,
}

/// What the helper is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// These detours in place of all earlier ones; none drops them.
    Set(Vec<Detour>),
    /// Say which connections there are.
    Connections,
    /// Close every connection to one of these addresses that carries no request and was quiet for
    /// so many milliseconds.
    Close {
        /// The far ends.
        to: Vec<IpAddr>,
        /// Time without a byte in either direction.
        quiet_ms: u64,
    },
    /// Keep the detours for so many milliseconds, whoever speaks or not, and end then. One whose
    /// address somebody has again goes at once.
    Stay(u64),
    /// Make one request from here.
    Fetch(Fetch),
    /// Open a connection from here and close it.
    Connect(SocketAddr),
}

/// One HTTP request. Its header and body may hold secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// Whom to ask.
    pub at: SocketAddr,
    /// `GET`, `POST`, ….
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The `Host` header.
    pub host: String,
    /// All other headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Fetch {
    /// `GET` of a path, of a host by its own address.
    #[must_use]
    pub fn get(at: SocketAddr, path: &str) -> Self {
        Self {
            at,
            method: "GET".into(),
            path: path.into(),
            host: at.to_string(),
            headers: Vec::new(),
            body: String::new(),
        }
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fetch({} http://{}{})", self.method, self.at, self.path)
    }
}

/// What the helper answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done.
    Done,
    /// The TCP connections of the namespace.
    Connections(Vec<Connection>),
    /// So many connections were closed.
    Closed(usize),
    /// What was answered to a request.
    Fetched {
        /// HTTP status.
        status: u16,
        /// The body, as far as it is text and not too long.
        body: String,
    },
    /// Nobody answered, or not in time: why, as a lower-case fragment.
    Unanswered(String),
    /// It cannot be done here.
    Refused(Refusal),
}

/// Why it cannot be done in this namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The kernel lets nobody change rules from here (a rootless engine, a user namespace).
    #[error("the kernel does not permit it")]
    NotPermitted,
    /// The kernel has no `nf_tables`, or a part of it is missing.
    #[error("the kernel has no nf_tables with NAT")]
    NotSupported,
    /// Anything else, in the operating system's words.
    #[error("{0}")]
    Other(String),
}

/// A connection on which nothing was said yet is about to be used for so long.
const FRESH: Duration = Duration::from_millis(100);
/// How long a connection must be quiet if it is not known who spoke last.
const TIE: Duration = Duration::from_secs(5);

/// One TCP connection, as its own end sees it. Source: `sock_diag(7)`, `struct tcp_info`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The near end.
    pub local: SocketAddr,
    /// The far end, as this end knows it.
    pub peer: SocketAddr,
    /// The address of the far end, past all detours.
    pub reached: IpAddr,
    /// Whether it came to a port that is listened on, so that the near end is the server.
    pub accepted: bool,
    /// Whether both directions are still open.
    pub established: bool,
    /// Bytes that came and were not read yet.
    pub unread: u32,
    /// Bytes that the far end has not acknowledged yet.
    pub unsent: u32,
    /// Segments with data that went out so far.
    pub segments_out: u32,
    /// Segments with data that came in so far.
    pub segments_in: u32,
    /// Milliseconds since data went out last.
    pub sent_ago_ms: u32,
    /// Milliseconds since data came in last.
    pub received_ago_ms: u32,
}

impl Connection {
    /// Whether no request is on it: the server spoke last, everything has arrived and nothing has
    /// moved for `quiet`. (An answer with a longer pause in it looks the same.) Where request and
    /// answer came within one tick of the kernel's clock nobody knows which was last; it counts as
    /// the answer once nothing has moved for [`TIE`].
    #[must_use]
    pub fn is_at_rest(&self, quiet: Duration) -> bool {
        let (by_server, by_client) = if self.accepted {
            (self.sent_ago_ms, self.received_ago_ms)
        } else {
            (self.received_ago_ms, self.sent_ago_ms)
        };
        let answers = if self.accepted { self.segments_out } else { self.segments_in };
        let rest = u128::from(by_server.min(by_client));
        let is_servers =
            by_server < by_client || (by_server == by_client && rest >= TIE.as_millis());
        let is_answered = answers > 0 && is_servers;
        let is_quiet = rest >= quiet.as_millis();
        self.unread == 0 && self.unsent == 0 && is_answered && is_quiet
    }

    /// Whether it was opened some time ago and nothing was ever said on it.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        let is_silent =
            self.segments_in == 0 && self.segments_out == 0 && self.unread == 0 && self.unsent == 0;
        let age = u128::from(self.sent_ago_ms.min(self.received_ago_ms));
        is_silent && age >= FRESH.as_millis()
    }

    /// The same connection, seen from its far end.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        Self {
            local: SocketAddr::new(self.reached, self.peer.port()),
            peer: self.local,
            reached: self.local.ip(),
            accepted: !self.accepted,
            established: self.established,
            unread: self.unsent,
            unsent: self.unread,
            segments_out: self.segments_in,
            segments_in: self.segments_out,
            sent_ago_ms: self.received_ago_ms,
            received_ago_ms: self.sent_ago_ms,
        }
    }
}

impl fmt::Display for Detour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server's end: what it got `received` ms ago, it answered `sent` ms ago.
    fn served(received: u32, sent: u32) -> Connection {
        Connection {
            local: "172.18.0.3:8080".parse().unwrap(),
            peer: "172.18.0.2:40000".parse().unwrap(),
            reached: [172, 18, 0, 2].into(),
            accepted: true,
            established: true,
            unread: 0,
            unsent: 0,
            segments_out: 1,
            segments_in: 1,
            sent_ago_ms: sent,
            received_ago_ms: received,
        }
    }

    const QUIET: Duration = Duration::from_millis(100);

    #[test]
    fn an_exchange_within_one_tick_is_at_rest_after_a_while() {
        assert!(!served(400, 400).is_at_rest(Duration::ZERO));
        assert!(served(5000, 5000).is_at_rest(Duration::ZERO));
        assert!(!served(5000, 5001).is_at_rest(Duration::ZERO));
    }

    #[test]
    fn a_connection_is_at_rest_once_the_answer_is_through_and_some_time_has_passed() {
        assert!(served(300, 200).is_at_rest(QUIET));
        assert!(!served(300, 50).is_at_rest(QUIET), "an answer may have a pause in it");
        assert!(!served(200, 300).is_at_rest(QUIET), "a request waits for its answer");
        assert!(!served(200, 200).is_at_rest(QUIET), "which came first is not known");
        assert!(!Connection { unsent: 1, ..served(300, 200) }.is_at_rest(QUIET));
        assert!(!Connection { unread: 1, ..served(300, 200) }.is_at_rest(QUIET));
        assert!(!Connection { segments_out: 0, ..served(300, 200) }.is_at_rest(QUIET));
    }

    #[test]
    fn at_the_clients_end_it_is_the_other_way_round() {
        let client = |received, sent| Connection { accepted: false, ..served(received, sent) };
        assert!(client(200, 300).is_at_rest(QUIET));
        assert!(!client(300, 200).is_at_rest(QUIET), "it waits for its answer");
    }

    #[test]
    fn a_connection_is_unused_once_nothing_was_said_on_it_for_a_while() {
        let silent = |age| Connection { segments_in: 0, segments_out: 0, ..served(age, age) };
        assert!(silent(100).is_unused() && !silent(99).is_unused());
        assert!(!served(100, 100).is_unused());
    }

    #[test]
    fn both_ends_judge_a_connection_alike() {
        let rested = served(300, 200);
        let client = rested.mirrored();
        assert!(client.is_at_rest(QUIET) && !client.accepted);
        assert_eq!(client.mirrored(), rested);
    }

    #[test]
    fn the_far_end_past_a_detour_is_the_one_that_is_mirrored() {
        let led = Connection { accepted: false, reached: [172, 18, 0, 9].into(), ..served(1, 1) };
        assert_eq!(led.mirrored().local.to_string(), "172.18.0.9:40000");
    }

    #[test]
    fn both_halves_read_what_the_other_one_writes() {
        let detour = Detour { from: [172, 18, 0, 5].into(), to: [172, 18, 0, 3].into() };
        let line = serde_json::to_string(&Command::Set(vec![detour])).unwrap();
        assert_eq!(line, r#"{"set":[{"from":"172.18.0.5","to":"172.18.0.3"}]}"#);
        assert_eq!(serde_json::from_str::<Command>(&line).unwrap(), Command::Set(vec![detour]));
        let refused = Answer::Refused(Refusal::NotPermitted);
        let line = serde_json::to_string(&refused).unwrap();
        assert_eq!(serde_json::from_str::<Answer>(&line).unwrap(), refused);
    }
}
