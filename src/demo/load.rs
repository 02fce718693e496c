//! Requests at a fixed rate, whatever the answers take, and what became of them.

use std::net::SocketAddr;
use std::time::Duration;

use http::StatusCode;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::fetch::get;

/// Requests in a second.
pub(super) const RATE: u32 = 100;
/// An answer that takes longer counts as none.
const PATIENCE: Duration = Duration::from_secs(5);

/// Requests on their way.
pub(super) struct Load {
    end: oneshot::Sender<()>,
    sending: JoinHandle<Tally>,
}

impl Load {
    /// Starts sending to `address`.
    pub(super) fn start(address: SocketAddr) -> Self {
        let (end, ended) = oneshot::channel();
        Self { end, sending: tokio::spawn(send(address, ended)) }
    }

    /// Stops sending, waits for the last answers and says what became of all requests.
    pub(super) async fn finish(self) -> Tally {
        // The sender ends only here, so somebody listens.
        let _ = self.end.send(());
        self.sending.await.unwrap_or_default()
    }
}

/// One request that ended.
struct Exchange {
    /// When it was sent, from the start of the load.
    sent: Duration,
    /// How long it took.
    took: Duration,
    /// The version that answered; `None` if it failed.
    version: Option<String>,
}

/// What became of all requests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Requests sent.
    pub(super) sent: usize,
    /// Requests without a good answer.
    pub(super) failed: usize,
    /// The longest time to a good answer.
    pub(super) slowest: Duration,
    /// The versions in the order in which they first answered.
    pub(super) versions: Vec<Served>,
}

/// What one version answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Served {
    /// The version.
    pub(super) version: String,
    /// When the first request that it answered was sent, from the start of the load.
    pub(super) first: Duration,
    /// When the last one was sent.
    pub(super) last: Duration,
    /// How many it answered.
    pub(super) answers: usize,
}

impl Tally {
    fn add(&mut self, exchange: Exchange) {
        self.sent += 1;
        let Some(version) = exchange.version else {
            self.failed += 1;
            return;
        };
        self.slowest = self.slowest.max(exchange.took);
        let sent = exchange.sent;
        match self.versions.iter_mut().find(|served| served.version == version) {
            Some(served) => {
                served.first = served.first.min(sent);
                served.last = served.last.max(sent);
                served.answers += 1;
            }
            None => {
                self.versions.push(Served { version, first: sent, last: sent, answers: 1 });
            }
        }
    }
}

async fn send(address: SocketAddr, mut ended: oneshot::Receiver<()>) -> Tally {
    let mut tally = Tally::default();
    let mut requests = JoinSet::new();
    let mut clock = interval(Duration::from_secs(1) / RATE);
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let start = Instant::now();
    loop {
        tokio::select! {
            _ = &mut ended => break,
            due = clock.tick() => {
                requests.spawn(exchange(address, start, due));
            }
            Some(Ok(done)) = requests.join_next() => tally.add(done),
        }
    }
    while let Some(Ok(done)) = requests.join_next().await {
        tally.add(done);
    }
    tally
}

/// One request, late from the moment it was due.
async fn exchange(address: SocketAddr, start: Instant, due: Instant) -> Exchange {
    let answer = timeout(PATIENCE, get(address, "/")).await;
    let version = match answer {
        Ok(Ok((StatusCode::OK, body))) => String::from_utf8(body.into()).ok(),
        _ => None,
    };
    Exchange { sent: due - start, took: due.elapsed(), version }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(sent: u64, took: u64, version: Option<&str>) -> Exchange {
        let ms = Duration::from_millis;
        Exchange { sent: ms(sent), took: ms(took), version: version.map(str::to_owned) }
    }

    #[test]
    fn a_tally_knows_failures_the_slowest_answer_and_how_long_each_version_served() {
        let mut tally = Tally::default();
        for exchange in [
            answered(10, 5, Some("1")),
            answered(0, 30, Some("1")),
            answered(20, 900, None),
            answered(40, 7, Some("2")),
            answered(30, 25, Some("1")),
        ] {
            tally.add(exchange);
        }
        let served = |version: &str, first, last, answers| Served {
            version: version.into(),
            first: Duration::from_millis(first),
            last: Duration::from_millis(last),
            answers,
        };
        let expected = Tally {
            sent: 5,
            failed: 1,
            slowest: Duration::from_millis(30),
            versions: vec![served("1", 0, 30, 3), served("2", 40, 40, 1)],
        };
        assert_eq!(tally, expected);
    }
}
