//! What became of all requests: pure.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// One request that ended.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    /// When it was due, from the start of the load.
    pub(super) due: Duration,
    /// How long it took, without the time that the app was asked to take.
    pub(super) took: Duration,
    /// When it ended, from the start of the load.
    pub(super) ended: Duration,
    /// What went wrong: the kind of request and why.
    pub(super) failure: Option<String>,
}

/// What became of all requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    exchanges: Vec<Exchange>,
}

impl Tally {
    /// Takes in one more.
    pub(super) fn add(&mut self, exchange: Exchange) {
        self.exchanges.push(exchange);
    }

    /// How many were sent.
    pub(super) fn sent(&self) -> usize {
        self.exchanges.len()
    }

    /// How many had no good answer.
    pub(super) fn failed(&self) -> usize {
        self.exchanges.iter().filter(|one| one.failure.is_some()).count()
    }

    /// How many of those were POST.
    pub(super) fn failed_posts(&self) -> usize {
        let failures = self.exchanges.iter().filter_map(|one| one.failure.as_ref());
        failures.filter(|failure| failure.starts_with("POST")).count()
    }

    /// The time within which `share` of the good answers came.
    pub(super) fn percentile(&self, share: f64) -> Duration {
        let mut all: Vec<Duration> = self.good().map(|one| one.took).collect();
        all.sort();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some thousands"
        )]
        let at = (all.len() as f64 * share).ceil() as usize;
        all.get(at.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// The longest time without any good answer.
    pub(super) fn longest_gap(&self) -> Duration {
        let mut ends: Vec<Duration> = self.good().map(|one| one.ended).collect();
        ends.sort();
        ends.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max().unwrap_or_default()
    }

    fn good(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter().filter(|one| one.failure.is_none())
    }
}

/// One line for each way to fail: how often, and when first and last.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ways: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
        for one in &self.exchanges {
            if let Some(failure) = &one.failure {
                ways.entry(failure).or_default().push(one.due);
            }
        }
        writeln!(f, "{} of {} failed", self.failed(), self.sent())?;
        for (way, when) in ways {
            let (first, last) = (when.iter().min().unwrap(), when.iter().max().unwrap());
            writeln!(f, "  {} x {way}, from {first:.1?} to {last:.1?}", when.len())?;
        }
        Ok(())
    }
}

#[test]
fn a_tally_knows_failures_percentiles_and_the_longest_gap() {
    let ms = Duration::from_millis;
    let mut tally = Tally::default();
    for number in 0..100 {
        let due = ms(number * 5 + if number < 50 { 0 } else { 300 });
        let failure = (number == 99).then(|| "POST: 502".to_owned());
        tally.add(Exchange { due, took: ms(number), ended: due + ms(1), failure });
    }
    assert_eq!((tally.sent(), tally.failed(), tally.failed_posts()), (100, 1, 1));
    assert_eq!(tally.percentile(0.5), ms(49));
    assert_eq!(tally.percentile(0.99), ms(98));
    assert_eq!(tally.percentile(1.0), ms(98));
    assert_eq!(tally.longest_gap(), ms(305));
    assert_eq!(tally.to_string(), "1 of 100 failed\n  1 x POST: 502, from 795.0ms to 795.0ms\n");
}
