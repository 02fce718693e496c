//! One JSON object per event and line, for programs.

use std::io::Write;

use super::event::Event;
use super::reporter::Reporter;

/// Writes every event as one line.
#[derive(Debug)]
pub struct Json<W>(pub W);

impl<W: Write> Reporter for Json<W> {
    fn report(&mut self, event: &Event) {
        if let Ok(line) = serde_json::to_string(event) {
            let _ = writeln!(self.0, "{line}");
            let _ = self.0.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, Story};
    use super::*;
    use crate::journal::outcome::{Outcome, RolloutReport};
    use crate::report::EventKind;
    use crate::report::event::Slice;

    #[test]
    fn every_event_is_one_line_and_reads_back_the_same() {
        let mut story = Story::new();
        story.pulling();
        story.pulled();
        story.perform(0, 400);
        story.wait(2, 15_000, 100);
        let slice = Slice { at_ms: 9_900, sent: 2, failed: 1, slowest_ms: 4 };
        story.push(100, EventKind::Requests { slices: vec![slice] });
        let requests = vec![sample::requests(1)];
        story.finish(RolloutReport { requests, ..sample::failed(Outcome::RolledBack) });
        let mut out = Vec::new();
        let mut json = Json(&mut out);
        story.events.iter().for_each(|event| json.report(event));
        let text = String::from_utf8(out).unwrap();
        let read: Vec<Event> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, story.events);
        insta::assert_snapshot!("events", text);
    }
}
