//! Only the end of the story.

use std::io::Write;

use super::event::{Event, EventKind};
use super::reporter::Reporter;
use super::style::Style;
use super::summary::Summary;

/// Writes the summary and nothing before it.
#[derive(Debug)]
pub struct Quiet<W> {
    out: W,
    summary: Summary,
}

impl<W: Write> Quiet<W> {
    /// Writes to `out`.
    pub fn new(out: W, style: Style, width: usize) -> Self {
        Self { out, summary: Summary { style, width } }
    }
}

impl<W: Write> Reporter for Quiet<W> {
    fn report(&mut self, event: &Event) {
        if let EventKind::RolloutFinished { report } = &event.kind {
            let _ = write!(self.out, "{}", self.summary.render(report));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, Story};
    use super::*;
    use crate::journal::outcome::Outcome;

    #[test]
    fn only_the_summary_is_written() {
        let mut story = Story::new();
        story.perform(0, 400);
        let report = sample::report(Outcome::Completed);
        story.finish(report.clone());
        let mut out = Vec::new();
        let mut quiet = Quiet::new(&mut out, Style::PLAIN, 80);
        story.events.iter().for_each(|event| quiet.report(event));
        let summary = Summary { style: Style::PLAIN, width: 80 }.render(&report);
        assert_eq!(String::from_utf8(out).unwrap(), summary);
    }
}
