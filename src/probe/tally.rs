//! Counts exchanges, and judges whether too many failed: pure.

use std::time::Duration;

use super::requests::{FailedRequest, Figures, Requests, Served};
use crate::text::millis;

/// How many failed requests are kept one by one.
const FAILURES: usize = 20;
/// How many servers are told apart.
const SERVERS: usize = 16;
/// All other servers.
const OTHERS: &str = "others";

/// One request that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Index of the URL it went to.
    pub url: usize,
    /// When it was due, on the clock of whoever tallies.
    pub sent: Duration,
    /// How long it took from then on.
    pub took: Duration,
    /// Who gave a good answer, or why there is none: a lower-case fragment.
    pub answer: Result<String, String>,
}

/// Which part of a rollout an exchange ended in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// Before the first step.
    #[default]
    Before,
    /// From the first step to the end of the last one.
    During,
    /// Later.
    After,
}

/// All exchanges so far.
#[derive(Debug)]
pub struct Tally {
    max_failures: usize,
    phase: Phase,
    urls: Vec<Url>,
}

/// The exchanges with one URL.
#[derive(Debug)]
struct Url {
    shown: String,
    /// The good answers of each phase: when they came, and how long they took.
    answers: [Vec<(Duration, Duration)>; 3],
    /// The failures of each phase.
    failed: [usize; 3],
    /// From the first request to the end of the last exchange.
    span: Option<(Duration, Duration)>,
    served_by: Vec<Served>,
    failures: Vec<FailedRequest>,
    /// Why the newest failure failed.
    last_reason: Option<String>,
}

impl Tally {
    /// Counts for these URLs, as messages show them. So many failures more than before are allowed
    /// during a rollout.
    #[must_use]
    pub fn new(urls: Vec<String>, max_failures: usize) -> Self {
        let urls = urls.into_iter().map(|shown| Url {
            shown,
            answers: Default::default(),
            failed: [0; 3],
            span: None,
            served_by: Vec::new(),
            failures: Vec::new(),
            last_reason: None,
        });
        Self { max_failures, phase: Phase::Before, urls: urls.collect() }
    }

    /// What ends from now on belongs to `phase`.
    pub fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Takes in one exchange. One with a URL that is not known is none.
    pub fn note(&mut self, exchange: &Exchange) {
        let phase = self.phase;
        if let Some(url) = self.urls.get_mut(exchange.url) {
            url.note(phase, exchange);
        }
    }

    /// Whether every URL had an exchange.
    #[must_use]
    pub fn has_heard_of_all(&self) -> bool {
        self.urls.iter().all(|url| url.span.is_some())
    }

    /// The first URL that never had a good answer, and why.
    #[must_use]
    pub fn silent(&self) -> Option<(&str, &str)> {
        let silent = self.urls.iter().find(|url| url.answers.iter().all(Vec::is_empty))?;
        let reason = silent.last_reason.as_deref().unwrap_or("no request ended");
        Some((&silent.shown, reason))
    }

    /// Why the rollout must be taken back, the figures first: more requests failed during it than
    /// failed before, in proportion, and than are allowed beside.
    #[must_use]
    pub fn verdict(&self) -> Option<Vec<String>> {
        let excess: usize = self.urls.iter().map(Url::excess).sum();
        if excess <= self.max_failures {
            return None;
        }
        let worst = self.urls.iter().max_by_key(|url| url.excess())?;
        let (sent, failed) = worst.count(Phase::During);
        let before = match worst.count(Phase::Before) {
            (_, 0) => String::new(),
            (sent, failed) => format!(", of {sent} before it {failed}"),
        };
        let figures = format!(
            "{failed} of {sent} requests to `{}` failed during the rollout{before}",
            worst.shown
        );
        let mut causes = vec![figures];
        causes.extend(worst.last_reason.clone());
        Some(causes)
    }

    /// What became of all requests.
    #[must_use]
    pub fn requests(&self) -> Vec<Requests> {
        self.urls.iter().map(Url::requests).collect()
    }
}

impl Url {
    fn note(&mut self, phase: Phase, exchange: &Exchange) {
        let Exchange { sent, took, .. } = *exchange;
        let ended = sent + took;
        let (from, to) = self.span.unwrap_or((sent, ended));
        self.span = Some((from.min(sent), to.max(ended)));
        match &exchange.answer {
            Ok(by) => {
                self.answers[phase as usize].push((ended, took));
                self.note_server(by, millis(sent));
            }
            Err(reason) => {
                self.failed[phase as usize] += 1;
                self.last_reason = Some(reason.clone());
                if self.failures.len() < FAILURES {
                    let (at_ms, took_ms) = (millis(sent), millis(took));
                    self.failures.push(FailedRequest { at_ms, took_ms, reason: reason.clone() });
                }
            }
        }
    }

    fn note_server(&mut self, by: &str, at_ms: u64) {
        let is_known = self.served_by.iter().any(|served| served.by == by);
        let by = if is_known || self.served_by.len() < SERVERS { by } else { OTHERS };
        match self.served_by.iter_mut().find(|served| served.by == by) {
            Some(served) => {
                served.answers += 1;
                served.first_ms = served.first_ms.min(at_ms);
                served.last_ms = served.last_ms.max(at_ms);
            }
            None => self.served_by.push(Served {
                by: by.to_owned(),
                answers: 1,
                first_ms: at_ms,
                last_ms: at_ms,
            }),
        }
    }

    /// `(sent, failed)`.
    fn count(&self, phase: Phase) -> (usize, usize) {
        let failed = self.failed[phase as usize];
        (self.answers[phase as usize].len() + failed, failed)
    }

    /// Failures during the rollout beyond those that were to be expected from before.
    fn excess(&self) -> usize {
        let (sent_before, failed_before) = self.count(Phase::Before);
        let (sent, failed) = self.count(Phase::During);
        let expected = (failed_before * sent).checked_div(sent_before).map_or(0, |whole| {
            let is_more = failed_before * sent % sent_before > 0;
            whole + usize::from(is_more)
        });
        failed.saturating_sub(expected)
    }

    fn requests(&self) -> Requests {
        let of = |phase: Phase| {
            figures(self.failed[phase as usize], self.answers[phase as usize].iter())
        };
        Requests {
            url: self.shown.clone(),
            all: figures(self.failed.iter().sum(), self.answers.iter().flatten()),
            longest_gap_ms: self.longest_gap().map_or(0, millis),
            before: of(Phase::Before),
            during: of(Phase::During),
            after: of(Phase::After),
            served_by: self.served_by.clone(),
            failures: self.failures.clone(),
        }
    }

    /// The longest time between two good answers, or from the first request to the first one, or
    /// from the last one to the end.
    fn longest_gap(&self) -> Option<Duration> {
        let (from, to) = self.span?;
        let mut times: Vec<Duration> = self.answers.iter().flatten().map(|one| one.0).collect();
        times.extend([from, to]);
        times.sort_unstable();
        times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max()
    }
}

fn figures<'a>(failed: usize, answers: impl Iterator<Item = &'a (Duration, Duration)>) -> Figures {
    let mut times: Vec<Duration> = answers.map(|answer| answer.1).collect();
    times.sort_unstable();
    let percentile = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100).max(1);
        times.get(rank - 1).map_or(0, |time| millis(*time))
    };
    Figures {
        sent: times.len() + failed,
        failed,
        p50_ms: percentile(50),
        p99_ms: percentile(99),
        max_ms: percentile(100),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn good(sent: u64, took: u64) -> Exchange {
        Exchange { url: 0, sent: ms(sent), took: ms(took), answer: Ok("nginx".into()) }
    }

    fn bad(sent: u64) -> Exchange {
        Exchange { url: 0, sent: ms(sent), took: ms(1), answer: Err("status 500".into()) }
    }

    fn tally(max_failures: usize) -> Tally {
        Tally::new(vec!["http://shop/".into()], max_failures)
    }

    /// So many good and failed exchanges in a phase.
    fn tell(tally: &mut Tally, phase: Phase, answered: usize, failed: usize) {
        tally.enter(phase);
        (0..answered).for_each(|_| tally.note(&good(0, 1)));
        (0..failed).for_each(|_| tally.note(&bad(0)));
    }

    #[test]
    fn figures_are_those_of_the_good_answers() {
        let mut tally = tally(0);
        (1..=100).for_each(|n| tally.note(&good(10 * n, n)));
        tally.enter(Phase::During);
        tally.note(&bad(1_010));
        let requests = &tally.requests()[0];
        let all = Figures { sent: 101, failed: 1, p50_ms: 50, p99_ms: 99, max_ms: 100 };
        assert_eq!(requests.all, all);
        assert_eq!(requests.before, Figures { sent: 100, failed: 0, ..all });
        assert_eq!((requests.during.sent, requests.during.failed), (1, 1));
        assert_eq!(requests.after, Figures::default());
        let failure = FailedRequest { at_ms: 1_010, took_ms: 1, reason: "status 500".into() };
        assert_eq!(requests.failures, [failure]);
    }

    #[test]
    fn the_longest_gap_is_between_good_answers_whatever_was_sent_meanwhile() {
        let gap = |exchanges: &[Exchange]| {
            let mut tally = tally(0);
            for exchange in exchanges {
                tally.note(exchange);
            }
            tally.requests()[0].longest_gap_ms
        };
        assert_eq!(gap(&[]), 0);
        assert_eq!(gap(&[good(0, 5), good(50, 90), good(150, 5), good(100, 5)]), 100);
        assert_eq!(gap(&[good(0, 5), bad(50), bad(100), good(150, 5)]), 150);
        assert_eq!(gap(&[good(0, 5), bad(50), bad(200)]), 196, "to the end");
        assert_eq!(gap(&[bad(0), good(100, 10)]), 110, "from the beginning");
    }

    #[test]
    fn every_server_says_how_much_and_when() {
        let mut tally = tally(0);
        for (sent, by) in [(0, "1.0"), (20, "1.1"), (10, "1.0"), (30, "1.1"), (40, "1.1")] {
            tally.note(&Exchange { answer: Ok(by.into()), ..good(sent, 1) });
        }
        let served = |by: &str, answers, first_ms, last_ms| Served {
            by: by.into(),
            answers,
            first_ms,
            last_ms,
        };
        let expected = [served("1.0", 2, 0, 10), served("1.1", 3, 20, 40)];
        assert_eq!(tally.requests()[0].served_by, expected);
    }

    #[test]
    fn servers_without_number_are_not_told_apart() {
        let mut tally = tally(0);
        for n in 0..100 {
            tally.note(&Exchange { answer: Ok(n.to_string()), ..good(n, 1) });
        }
        let served_by = &tally.requests()[0].served_by;
        assert_eq!(served_by.len(), SERVERS + 1);
        assert_eq!((served_by[SERVERS].by.as_str(), served_by[SERVERS].answers), (OTHERS, 84));
    }

    #[test]
    fn one_failure_is_too_many_unless_it_is_allowed_or_was_usual_before() {
        let is_too_much = |max_failures, before: (usize, usize), during: (usize, usize)| {
            let mut tally = tally(max_failures);
            tell(&mut tally, Phase::Before, before.0, before.1);
            tell(&mut tally, Phase::During, during.0, during.1);
            tally.verdict().is_some()
        };
        assert!(!is_too_much(0, (20, 0), (100, 0)));
        assert!(is_too_much(0, (20, 0), (100, 1)));
        assert!(!is_too_much(1, (20, 0), (100, 1)));
        assert!(is_too_much(1, (20, 0), (100, 2)));
        assert!(!is_too_much(0, (18, 2), (90, 10)));
        assert!(is_too_much(0, (18, 2), (89, 11)));
    }

    #[test]
    fn what_failed_before_and_after_is_no_fault_of_the_rollout() {
        let mut tally = tally(0);
        tell(&mut tally, Phase::Before, 10, 3);
        tell(&mut tally, Phase::During, 10, 0);
        tell(&mut tally, Phase::After, 0, 10);
        assert_eq!(tally.verdict(), None);
    }

    #[test]
    fn a_verdict_has_figures_and_the_last_reason() {
        let mut tally = tally(0);
        tell(&mut tally, Phase::Before, 19, 1);
        tell(&mut tally, Phase::During, 7, 3);
        let figures =
            "3 of 10 requests to `http://shop/` failed during the rollout, of 20 before it 1";
        assert_eq!(tally.verdict(), Some(vec![figures.to_owned(), "status 500".to_owned()]));
    }

    #[test]
    fn a_url_that_never_answers_well_is_named() {
        let mut tally = Tally::new(vec!["http://a/".into(), "http://b/".into()], 0);
        tally.note(&good(0, 1));
        assert!(!tally.has_heard_of_all());
        tally.note(&Exchange { url: 1, ..bad(1) });
        assert!(tally.has_heard_of_all());
        assert_eq!(tally.silent(), Some(("http://b/", "status 500")));
        tally.note(&Exchange { url: 1, ..good(2, 1) });
        assert_eq!(tally.silent(), None);
    }

    proptest! {
        /// Percentiles are times that were measured, in order, and nothing is lost.
        #[test]
        fn figures_hold_together(
            exchanges in prop::collection::vec((0u64..5_000, 0u64..500, any::<bool>(), 0usize..3), 1..200)
        ) {
            let mut tally = tally(0);
            for (sent, took, is_good, phase) in &exchanges {
                tally.enter([Phase::Before, Phase::During, Phase::After][*phase]);
                tally.note(&if *is_good { good(*sent, *took) } else { bad(*sent) });
            }
            let requests = tally.requests().remove(0);
            let parts = [requests.before, requests.during, requests.after];
            prop_assert_eq!(requests.all.sent, exchanges.len());
            prop_assert_eq!(parts.iter().map(|part| part.sent).sum::<usize>(), exchanges.len());
            prop_assert_eq!(requests.all.failed, exchanges.iter().filter(|one| !one.2).count());
            let all = requests.all;
            prop_assert!(all.p50_ms <= all.p99_ms && all.p99_ms <= all.max_ms);
            let times: Vec<u64> = exchanges.iter().filter(|one| one.2).map(|one| one.1).collect();
            prop_assert_eq!(all.max_ms, times.iter().max().copied().unwrap_or(0));
            let slower = times.iter().filter(|time| **time > all.p50_ms).count();
            prop_assert!(slower * 2 <= times.len());
            prop_assert!(requests.longest_gap_ms <= 5_500);
        }
    }
}
