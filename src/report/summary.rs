//! The end of a rollout: what is the case now, why, and what to do. Always the last words.

use super::layout::{VERB, fit, wrap};
use super::style::{Style, Tone};
use super::words::{image, image_change};
use crate::error::{ABORT, RESUME};
use crate::journal::outcome::{Failure, Outcome, RolloutReport, ServiceSummary, Signal};
use crate::probe::Requests;
use crate::text::{count, duration, latency, list};

/// Writes summaries.
#[derive(Debug, Clone, Copy)]
pub struct Summary {
    /// Colours.
    pub style: Style,
    /// Columns.
    pub width: usize,
}

impl Summary {
    /// The whole block, from the rule to the last hint.
    #[must_use]
    pub fn render(&self, report: &RolloutReport) -> String {
        let mut text = self.style.paint(Tone::Faint, "─".repeat(VERB)) + "\n";
        text += &self.headline(report);
        for requests in &report.requests {
            text += &self.requests(requests);
        }
        for warning in &report.warnings {
            text += &self.labelled(Tone::Warning, "warning", warning);
        }
        let lead = error_line(report);
        if let Some(lead) = &lead {
            text += "\n";
            text += &self.labelled(Tone::Bad, "error", lead);
        }
        if let Some(failure) = &report.failure {
            text += &self.failure(failure, report.outcome);
        }
        if !report.left.is_empty() {
            text += &titled("left as they are", &self.indented(&report.left));
        }
        text + &self.hints(report)
    }

    fn headline(&self, report: &RolloutReport) -> String {
        let tone = match report.outcome {
            Outcome::Unchanged | Outcome::Completed => Tone::Good,
            Outcome::Partial | Outcome::RolledBack | Outcome::Paused | Outcome::Interrupted(_) => {
                Tone::Warning
            }
            Outcome::Stuck => Tone::Bad,
        };
        let verb = self.style.paint(tone, format!("{:>VERB$}", "Summary"));
        let took = format!("[{:>7}]", duration(report.took));
        let indent = VERB + took.len() + 2;
        wrap(&format!("{verb} {took}"), &sentence(report), indent, self.width) + "\n"
    }

    /// How many there were, how many failed, how long they took, and who answered.
    fn requests(&self, requests: &Requests) -> String {
        let Requests { url, all, during, served_by, .. } = requests;
        let tone = if all.failed == 0 { Tone::Good } else { Tone::Bad };
        let verb = self.style.paint(tone, format!("{:>VERB$}", "Requests"));
        let meanwhile = match (all.failed, during.failed) {
            (0, _) => String::new(),
            (_, during) => format!(" ({during} during the rollout)"),
        };
        let figures = format!(
            "{url}: {} sent, {} failed{meanwhile}; p50 {}, p99 {}, slowest {}; longest gap {}",
            all.sent,
            all.failed,
            latency(all.p50_ms),
            latency(all.p99_ms),
            latency(all.max_ms),
            latency(requests.longest_gap_ms),
        );
        let servers = served_by.iter().map(|one| format!("{} ({})", one.by, one.answers));
        let served = match served_by.as_slice() {
            [] => String::new(),
            _ => format!("; served by {}", list(&servers.collect::<Vec<_>>())),
        };
        wrap(&verb, &printable(&(figures + &served)), VERB + 1, self.width) + "\n"
    }

    fn failure(&self, failure: &Failure, outcome: Outcome) -> String {
        let mut text = String::new();
        for cause in failure.causes.iter().chain(&failure.health_log) {
            let mut lines = cause.lines();
            text += &wrap("  Caused by:", lines.next().unwrap_or_default(), 13, self.width);
            text += "\n";
            for line in lines {
                text += &fit(&format!("{:13}{line}", ""), self.width);
                text += "\n";
            }
        }
        if let Some(container) = failure.container.as_ref().filter(|_| !failure.log.is_empty()) {
            let state = if outcome == Outcome::Stuck { "new" } else { "new, removed" };
            let title = format!("last lines of {container} ({state})");
            text += &titled(&title, &self.indented(&failure.log));
        }
        text
    }

    fn hints(&self, report: &RolloutReport) -> String {
        let hints = report.failure.iter().flat_map(|failure| &failure.hints).map(String::as_str);
        let ways: &[&str] = if report.outcome.is_final() { &[] } else { &[RESUME, ABORT] };
        let hints = hints.chain(ways.iter().copied());
        let hints: String = hints.map(|hint| self.labelled(Tone::Busy, "hint", hint)).collect();
        if hints.is_empty() { hints } else { format!("\n{hints}") }
    }

    fn labelled(&self, tone: Tone, word: &str, text: &str) -> String {
        wrap(&self.style.label(tone, word), text, 2, self.width) + "\n"
    }

    fn indented(&self, lines: &[String]) -> String {
        lines
            .iter()
            .map(|line| fit(&format!("    {}", printable(line)), self.width) + "\n")
            .collect()
    }
}

/// A title over its lines, set apart from what comes before.
fn titled(title: &str, lines: &str) -> String {
    format!("\n{title}\n{lines}")
}

/// What a container printed, without what would move the cursor or change colours.
fn printable(line: &str) -> String {
    let plain = console::strip_ansi_codes(line);
    plain.replace('\t', "    ").chars().filter(|c| !c.is_control()).collect()
}

/// How it ended, in one sentence.
pub(super) fn sentence(report: &RolloutReport) -> String {
    let project = &report.project;
    match report.outcome {
        Outcome::Unchanged => format!("{project} is up to date"),
        Outcome::Completed => format!("{project} upgraded: {}", upgraded(&report.services)),
        Outcome::Partial => format!("{project} upgraded in part: {}", shares(&report.services)),
        Outcome::RolledBack if report.services.iter().any(|one| one.changed > 0) => {
            format!("{project} rolled back in part: {}", shares(&report.services))
        }
        Outcome::RolledBack => format!("{project} rolled back: {}", serving(&report.services)),
        Outcome::Paused => format!("{project} paused: {}", shares(&report.services)),
        Outcome::Interrupted(Signal::Abort) => {
            format!("{project} aborted, all taken back: {}", serving(&report.services))
        }
        Outcome::Interrupted(_) => {
            format!("{project} interrupted, all taken back: {}", serving(&report.services))
        }
        Outcome::Stuck => format!("{project} is stuck between two versions"),
    }
}

fn upgraded(services: &[ServiceSummary]) -> String {
    let replicas = services.iter().map(|service| service.replicas).sum();
    match services {
        [] => "the files now say what runs".into(),
        [one] => {
            let change = image_change(&one.from_image, &one.to_image);
            format!("{} {change}, {}", one.service, count(replicas, "replica"))
        }
        many => format!("{}, {}", count(many.len(), "service"), count(replicas, "replica")),
    }
}

/// How many replicas of each service are new.
fn shares(services: &[ServiceSummary]) -> String {
    let part = |service: &ServiceSummary| {
        let new = image(&service.to_image);
        let all = count(service.replicas, "replica");
        format!("{} serves {new} on {} of {all}", service.service, service.changed)
    };
    list(&services.iter().map(part).collect::<Vec<_>>())
}

fn serving(services: &[ServiceSummary]) -> String {
    let parts: Vec<String> = services
        .iter()
        .map(|service| {
            let replicas = count(service.replicas, "replica");
            format!("{} serves {} on {replicas}", service.service, image(&service.from_image))
        })
        .collect();
    list(&parts)
}

fn error_line(report: &RolloutReport) -> Option<String> {
    let service = report.failure.as_ref().and_then(|failure| failure.service.as_deref());
    let what =
        service.map_or_else(|| "the rollout".to_owned(), |name| format!("rollout of `{name}`"));
    match report.outcome {
        Outcome::RolledBack => Some(format!("{what} failed; the old version is serving")),
        Outcome::Stuck => Some("the way back is incomplete".to_owned()),
        Outcome::Partial => Some(format!("{what} failed on some replicas, as was allowed")),
        Outcome::Paused => Some(format!("{what} failed on too many replicas; both versions run")),
        Outcome::Interrupted(_) if report.failure.is_some() => Some(format!("{what} failed")),
        Outcome::Unchanged | Outcome::Completed | Outcome::Interrupted(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::journal::outcome::Signal;

    fn shown(report: &RolloutReport, width: usize) -> String {
        let text = Summary { style: Style::PLAIN, width }.render(report);
        for line in text.lines() {
            assert!(console::measure_text_width(line) <= width, "too wide: {line}");
        }
        text
    }

    #[test]
    fn a_good_end_is_one_sentence() {
        insta::assert_snapshot!(
            "summary_completed",
            shown(&sample::report(Outcome::Completed), 80)
        );
    }

    #[test]
    fn requests_are_told_with_figures_and_with_who_served() {
        let mut report = sample::report(Outcome::Completed);
        report.requests = vec![sample::requests(0)];
        insta::assert_snapshot!("summary_requests_60", shown(&report, 60));
        report.requests[0].served_by[0].by = "\u{1b}[31mweb\u{7}".into();
        assert!(!shown(&report, 120).contains('\u{1b}'));
        let mut report = sample::failed(Outcome::RolledBack);
        report.requests = vec![sample::requests(3)];
        insta::assert_snapshot!("summary_requests_failed_120", shown(&report, 120));
    }

    #[test]
    fn one_service_is_told_by_its_change() {
        let mut report = sample::report(Outcome::Completed);
        report.services.truncate(1);
        let text = shown(&report, 80);
        assert!(
            text.contains("ghost upgraded: ghost-blog ghost 3.36 → 3.37.1, 1 replica"),
            "{text}"
        );
    }

    #[test]
    fn a_failure_says_what_serves_then_why_then_what_to_do() {
        let report = sample::failed(Outcome::RolledBack);
        insta::assert_snapshot!("summary_rolled_back_60", shown(&report, 60));
        insta::assert_snapshot!("summary_rolled_back_120", shown(&report, 120));
    }

    #[test]
    fn an_incomplete_way_back_lists_what_is_left() {
        let mut report = sample::failed(Outcome::Stuck);
        report.left = vec!["ghost-web-3  old, stopped".into()];
        report.warnings =
            vec!["could not take back `stop` of container `ghost-web-3`: no space".into()];
        insta::assert_snapshot!("summary_stuck", shown(&report, 80));
    }

    #[test]
    fn an_interrupted_run_is_no_error() {
        let text = shown(&sample::report(Outcome::Interrupted(Signal::Interrupt)), 80);
        assert!(text.contains("interrupted") && !text.contains("error"), "{text}");
    }

    #[test]
    fn what_a_container_printed_cannot_move_the_cursor() {
        assert_eq!(printable("\u{1b}[31m\u{1b}[2Jred\ta\u{7}\r"), "red    a");
    }
}
