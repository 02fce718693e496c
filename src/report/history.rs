//! What happened to a project so far, run by run.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::event::EVENT_VERSION;
use super::layout::wrap;
use super::style::{Style, Tone};
use super::words::{image_change, subject};
use crate::journal::outcome::{Outcome, RolloutReport};
use crate::journal::{Change, Entry, ImageRef, Past, Record, Start, Story};
use crate::plan::step_ref::StepRef;
use crate::probe::Figures;
use crate::text::{count, duration, short_id};

/// One run as one object.
#[must_use]
pub fn run_json(past: &Past) -> Value {
    let (start, state, report): (Option<&Start>, &str, Option<&RolloutReport>) = match past {
        Past::Told(story) => (Some(&story.header.start), state(story), story.report()),
        Past::Seen { .. } => (None, "completed", None),
    };
    json!({
        "run": past.run(),
        "started": start,
        "state": state,
        "changes": past.changes(),
        "report": report,
    })
}

/// Every run as one object, the newest first.
#[must_use]
pub fn history_json(project: &str, runs: &[Past]) -> Value {
    json!({
        "v": EVENT_VERSION,
        "kind": "history",
        "project": project,
        "runs": runs.iter().map(run_json).collect::<Value>(),
    })
}

/// The word of the JSON.
fn state(story: &Story) -> &'static str {
    match story.outcome() {
        Some(Outcome::Unchanged) => "unchanged",
        Some(Outcome::Completed) => "completed",
        Some(Outcome::Partial) => "partial",
        Some(Outcome::RolledBack) => "rolled_back",
        Some(Outcome::Paused) => "paused",
        Some(Outcome::Interrupted(_)) => "interrupted",
        Some(Outcome::Stuck) => "stuck",
        None if story.is_unfinished() => "unfinished",
        None => "forgotten",
    }
}

/// Writes the history for people.
#[derive(Debug, Clone, Copy)]
pub struct HistoryText {
    /// Colours.
    pub style: Style,
    /// Columns.
    pub width: usize,
}

impl HistoryText {
    /// Every run in two lines, the newest first.
    #[must_use]
    pub fn list(self, runs: &[Past]) -> String {
        runs.iter().map(|run| self.run(run)).collect::<Vec<_>>().join("\n")
    }

    /// One run.
    #[must_use]
    pub fn run(self, past: &Past) -> String {
        let name = self.style.paint(Tone::Strong, past.run());
        let head = match past {
            Past::Told(story) => {
                let start = &story.header.start;
                format!("{}, {}, {start}", ending(story), start.when())
            }
            Past::Seen { .. } => "its journal is not on this machine".to_owned(),
        };
        let changes = past.changes().iter().map(|change| self.change(change));
        let requests = match past {
            Past::Told(story) => story.report().map_or_else(String::new, requests),
            Past::Seen { .. } => String::new(),
        };
        wrap(&(name + ":"), &head, 4, self.width) + "\n" + &changes.collect::<String>() + &requests
    }

    /// One run with all its steps; with `logs` also with what its failed container said.
    #[must_use]
    pub fn story(self, story: &Story, logs: bool) -> String {
        let mut text = self.run(&Past::Told(Box::new(story.clone())));
        let failure = story.report().and_then(|report| report.failure.as_ref());
        for cause in failure.iter().flat_map(|failure| &failure.causes) {
            text += &(wrap("    cause:", cause, 8, self.width) + "\n");
        }
        if !logs {
            return text;
        }
        text += "\n";
        let steps = story.entries.iter().filter_map(|entry| self.entry(story, entry));
        text.extend(steps);
        if let Some(failure) = failure {
            let container = failure.container.as_deref().unwrap_or_default();
            text += &self.titled("last checks", &failure.health_log);
            text += &self.titled(&format!("last lines of {container}"), &failure.log);
        }
        text
    }

    fn change(self, change: &Change) -> String {
        let what = image_change(&change.from.name, &change.to.name);
        let replicas = count(change.replicas, "replica");
        let pins = match (pin(&change.from), pin(&change.to)) {
            (None, None) => String::new(),
            (from, to) => {
                let shown = |pin: Option<&str>| pin.unwrap_or("?").to_owned();
                format!(" ({} → {})", shown(from), shown(to))
            }
        };
        wrap(
            &format!("    {}:", change.service),
            &format!("{what}, {replicas}{pins}"),
            8,
            self.width,
        ) + "\n"
    }

    fn entry(self, story: &Story, entry: &Entry) -> Option<String> {
        let at = entry.at.strftime("%H:%M:%S%.3f");
        let since = duration(elapsed(story.header.start.at, entry.at));
        let what = what(story, &entry.record)?;
        Some(wrap(&format!("    {at} {since:>7} "), &what, 26, self.width) + "\n")
    }

    fn titled(self, title: &str, lines: &[String]) -> String {
        if lines.is_empty() {
            return String::new();
        }
        let lines = lines.iter().flat_map(|text| text.lines());
        let lines: String = lines.map(|line| wrap("   ", line, 4, self.width) + "\n").collect();
        format!("\n{title}\n{lines}")
    }
}

fn ending(story: &Story) -> String {
    let word = state(story).replace('_', " ");
    match story.report() {
        Some(report) => format!("{word} after {}", duration(report.took)),
        None => word,
    }
}

/// How many requests were sent meanwhile, and how many of them failed.
fn requests(report: &RolloutReport) -> String {
    let sum = |of: fn(&Figures) -> usize| report.requests.iter().map(|one| of(&one.all)).sum();
    let (sent, failed): (usize, usize) = (sum(|all| all.sent), sum(|all| all.failed));
    if sent == 0 { String::new() } else { format!("    requests: {sent} sent, {failed} failed\n") }
}

fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// What a person can compare: twelve digits of the digest, else of the id.
fn pin(image: &ImageRef) -> Option<&str> {
    let pin = image.pin.as_ref()?;
    let full = pin.digest.as_deref().unwrap_or(&pin.id);
    Some(short_id(full.rsplit_once(':').map_or(full, |(_, digits)| digits)))
}

/// A record in words; those that only say what the next one says, too, have none.
fn what(story: &Story, record: &Record) -> Option<String> {
    let name = |step: &usize| story.header.steps.get(*step).map_or_else(String::new, step_text);
    Some(match record {
        Record::Intent { step } => format!("{} begins", name(step)),
        Record::Done { step, .. } => format!("{} done", name(step)),
        Record::Failed { step, reason } => format!("{} failed: {reason}", name(step)),
        Record::Left { step } => format!("{} given up", name(step)),
        Record::UndoIntent { .. } => return None,
        Record::Undone { step } => format!("{} taken back", name(step)),
        Record::UndoFailed { step, reason } => {
            format!("{} could not be taken back: {reason}", name(step))
        }
        Record::RequestsFailed { reason } => reason.clone(),
        Record::Cancelled { .. } => "stopped on request".into(),
        Record::Resumed => "another process goes on".into(),
        Record::Forgotten => "forgotten".into(),
        Record::Finished { report } => format!("ended after {}", duration(report.took)),
    })
}

fn step_text(step: &StepRef) -> String {
    let name = step.step.replace('_', " ");
    let subject = subject(step);
    if subject.is_empty() { name } else { format!("{name} {subject}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Header;
    use crate::journal::outcome::Failure;
    use crate::plan::sample;
    use crate::plan::steps::Pin;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_795_000_000_000 + ms).unwrap()
    }

    fn story() -> Story {
        let mut plan = sample::plan(&[2]);
        plan.services[0].from_pin =
            Some(Pin { id: "sha256:0123456789abcdef".into(), digest: None });
        let start = Start {
            run: plan.run.clone(),
            at: at(0),
            user: "ann".into(),
            host: "shop-1".into(),
            command: "upgrade s0 2".into(),
        };
        let failure = Failure {
            service: Some("s0".into()),
            causes: vec!["the new container never became healthy".into()],
            health_log: vec!["exit 1: connection refused".into()],
            container: Some("0123456789ab_shop-s0-1".into()),
            log: vec!["fatal: no database".into()],
            hints: Vec::new(),
        };
        let report = RolloutReport {
            outcome: Outcome::RolledBack,
            project: "shop".into(),
            services: Vec::new(),
            took: Duration::from_millis(61_500),
            failure: Some(failure),
            warnings: Vec::new(),
            left: Vec::new(),
            requests: vec![crate::report::sample::requests(3)],
        };
        let records = [
            (10, Record::Intent { step: 0 }),
            (60, Record::Done { step: 0, container: None }),
            (70, Record::Intent { step: 2 }),
            (61_000, Record::Failed { step: 2, reason: "not healthy".into() }),
            (61_000, Record::RequestsFailed { reason: "3 of 40 requests failed".into() }),
            (61_001, Record::UndoIntent { step: 0 }),
            (61_200, Record::Undone { step: 0 }),
            (61_500, Record::Finished { report: Box::new(report) }),
        ];
        let entries = records.map(|(ms, record)| Entry { at: at(ms), record });
        Story { header: Header::of(&plan, start), entries: entries.to_vec() }
    }

    fn seen() -> Past {
        let image = |name: &str| ImageRef { name: name.into(), pin: None };
        let change =
            Change { service: "s0".into(), from: image("app:0"), to: image("app:1"), replicas: 2 };
        Past::Seen { run: "20261119-145430-0000".into(), changes: vec![change] }
    }

    const TEXT: HistoryText = HistoryText { style: Style::PLAIN, width: 100 };

    #[test]
    fn every_run_says_when_who_what_and_how_it_ended() {
        let runs = [Past::Told(Box::new(story())), seen()];
        insta::assert_snapshot!("history_list", TEXT.list(&runs));
        insta::assert_json_snapshot!("history_json", history_json("shop", &runs));
    }

    #[test]
    fn one_run_tells_its_steps_and_what_the_failed_container_said() {
        insta::assert_snapshot!("history_story", TEXT.story(&story(), true));
        assert!(!TEXT.story(&story(), false).contains("fatal"));
    }

    #[test]
    fn nothing_is_wider_than_the_terminal() {
        let narrow = HistoryText { width: 50, ..TEXT }.story(&story(), true);
        assert!(narrow.lines().all(|line| console::measure_text_width(line) <= 50), "{narrow}");
    }
}
