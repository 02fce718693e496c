//! One line for each thing that happened, for pipes and logs.

use std::io::Write;

use super::event::{Event, EventKind};
use super::layout::verb_line;
use super::lines::{Lines, millis, of_deadline};
use super::reporter::Reporter;
use super::style::{Style, Tone};
use super::summary::Summary;
use super::words::subject;

/// How long a wait may go on without a line.
const SILENCE_MS: u64 = 15_000;

/// Writes permanent lines, and a line every 15 seconds while something waits.
#[derive(Debug)]
pub struct Plain<W> {
    out: W,
    style: Style,
    width: usize,
    lines: Lines,
    last_ms: u64,
}

impl<W: Write> Plain<W> {
    /// Writes to `out`.
    pub fn new(out: W, style: Style, width: usize) -> Self {
        Self { out, style, width, lines: Lines::default(), last_ms: 0 }
    }

    fn write(&mut self, event: &Event, line: &str) {
        self.last_ms = event.elapsed_ms;
        let _ = writeln!(self.out, "{line}");
    }
}

impl<W: Write> Reporter for Plain<W> {
    fn report(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Waiting { step, waited_ms, deadline_ms, detail } => {
                if event.elapsed_ms.saturating_sub(self.last_ms) >= SILENCE_MS {
                    let clock = of_deadline(millis(*waited_ms), millis(*deadline_ms));
                    let text = format!("{}, {detail}, {clock}", subject(step));
                    let line = verb_line(self.style, Tone::Busy, "Waiting", &text, self.width);
                    self.write(event, &line);
                }
            }
            EventKind::RolloutFinished { report } => {
                let summary = Summary { style: self.style, width: self.width };
                let _ = write!(self.out, "{}", summary.render(report));
            }
            _ => {
                if let Some(line) = self.lines.line(event) {
                    let line = line.render(self.style, self.width);
                    self.write(event, &line);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, Story};
    use super::*;
    use crate::journal::outcome::{Outcome, Signal};

    fn shown(story: &Story, width: usize) -> String {
        let mut out = Vec::new();
        let mut plain = Plain::new(&mut out, Style::PLAIN, width);
        for event in &story.events {
            plain.report(event);
        }
        let text = String::from_utf8(out).unwrap();
        for line in text.lines() {
            assert!(console::measure_text_width(line) <= width, "too wide: {line}");
        }
        text
    }

    fn upgrade() -> Story {
        let mut story = Story::new();
        story.pulling();
        story.pulled();
        for index in 0..story.plan.steps.len() {
            story.perform(index, 1_300);
        }
        story.finish(sample::report(Outcome::Completed));
        story
    }

    #[test]
    fn an_upgrade_is_one_line_for_each_fact_and_a_summary() {
        insta::assert_snapshot!("plain_60", shown(&upgrade(), 60));
        insta::assert_snapshot!("plain_80", shown(&upgrade(), 80));
        insta::assert_snapshot!("plain_120", shown(&upgrade(), 120));
    }

    #[test]
    fn a_long_wait_is_a_line_every_fifteen_seconds() {
        let mut story = Story::new();
        story.begin(2);
        for second in 1..=40 {
            story.wait(2, second * 1_000, 1_000);
        }
        let text = shown(&story, 80);
        let waits: Vec<&str> = text.lines().filter(|line| line.contains("Waiting")).collect();
        assert_eq!(
            waits,
            [
                "     Waiting ghost-blog, health: starting, 15s of 1m 00s",
                "     Waiting ghost-blog, health: starting, 30s of 1m 00s",
            ]
        );
    }

    #[test]
    fn a_failure_shows_the_way_back_and_ends_with_the_hint() {
        let mut story = Story::new();
        story.perform(0, 400);
        story.perform(1, 200);
        story.begin(2);
        let reason = "not healthy within 30s".to_owned();
        story.push(30_000, EventKind::StepFailed { step: story.step(2), reason: reason.clone() });
        story.push(0, EventKind::UnwindStarted { reason });
        story.push(900, EventKind::StepUndone { step: story.step(1), took_ms: 900 });
        story.push(100, EventKind::StepUndone { step: story.step(0), took_ms: 100 });
        story.finish(sample::failed(Outcome::RolledBack));
        insta::assert_snapshot!("plain_failure", shown(&story, 80));
    }

    #[test]
    fn a_request_to_stop_says_what_happens_now() {
        let mut story = Story::new();
        story.perform(0, 400);
        let detail = "taking back what was done; once more leaves at once".to_owned();
        story.push(0, EventKind::Cancelled { detail });
        let step = story.step(0);
        let reason = "no space left on device".to_owned();
        story.push(10, EventKind::UndoFailed { step, reason });
        story.finish(sample::report(Outcome::Interrupted(Signal::Interrupt)));
        insta::assert_snapshot!("plain_interrupted", shown(&story, 80));
    }

    #[test]
    fn a_closed_pipe_does_not_stop_the_story() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
        }
        let mut plain = Plain::new(Closed, Style::PLAIN, 80);
        upgrade().events.iter().for_each(|event| plain.report(event));
        assert!(plain.last_ms > 0);
    }
}
