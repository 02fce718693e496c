//! What there is to draw, by the events of a rollout.

use std::collections::BTreeMap;

use super::super::event::{Event, EventKind, Slice};
use super::super::words::subject;
use crate::plan::step_ref::StepRef;

/// Everything that is drawn. All times are milliseconds of the rollout.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// One for each replica, for each image that was pulled, and for the rest.
    pub(super) rows: Vec<Row>,
    /// What happened to the rollout as a whole.
    pub(super) marks: Vec<Mark>,
    /// The requests, in order.
    pub(super) slices: Vec<Slice>,
    pub(super) end_ms: u64,
}

/// The steps of a replica.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    /// Bars of one lane do not overlap.
    pub(super) lanes: Vec<Vec<Bar>>,
    /// When the new container was ready.
    pub(super) ready_ms: Option<u64>,
}

/// One step, or its undo.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    pub(super) what: String,
    pub(super) kind: Kind,
    pub(super) from_ms: u64,
    pub(super) to_ms: u64,
    /// What else there is to say.
    pub(super) detail: String,
}

/// Every kind, as people call it.
pub(super) const KINDS: [(Kind, &str); 7] = [
    (Kind::Prepares, "prepares"),
    (Kind::Warms, "warms up"),
    (Kind::Turns, "begins to serve"),
    (Kind::Retires, "goes"),
    (Kind::Watches, "is watched"),
    (Kind::Failed, "failed"),
    (Kind::Undone, "is taken back"),
];

/// What a bar looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Changes nothing for those served.
    Prepares,
    /// Waits for the new container.
    Warms,
    /// Moves requests.
    Turns,
    /// Lets the old container go.
    Retires,
    /// Watches or pauses.
    Watches,
    Failed,
    Undone,
}

/// A moment of the whole rollout.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) at_ms: u64,
    pub(super) what: String,
    pub(super) is_bad: bool,
}

impl Timeline {
    pub(super) fn of(events: &[Event]) -> Self {
        let mut timeline = Self::default();
        let mut begun: Vec<(StepRef, u64)> = Vec::new();
        let mut slices: BTreeMap<u64, Slice> = BTreeMap::new();
        for event in events {
            let now = event.elapsed_ms;
            timeline.end_ms = timeline.end_ms.max(now);
            match &event.kind {
                EventKind::StepStarted(step) => begun.push((step.clone(), now)),
                EventKind::StepFinished { step, took_ms, detail } => {
                    forget(&mut begun, step);
                    let detail = detail.clone().unwrap_or_default();
                    let from = now.saturating_sub(*took_ms);
                    timeline.add(step, kind(step), from, now, detail);
                    timeline.note_end(step, now);
                }
                EventKind::StepFailed { step, reason } => {
                    let from = forget(&mut begun, step).unwrap_or(now);
                    timeline.add(step, Kind::Failed, from, now, reason.clone());
                }
                EventKind::StepUndone { step, took_ms } => {
                    let from = now.saturating_sub(*took_ms);
                    timeline.add(step, Kind::Undone, from, now, "taken back".into());
                }
                EventKind::UndoFailed { step, reason } => {
                    timeline.add(step, Kind::Failed, now, now, reason.clone());
                }
                EventKind::UnwindStarted { reason } => timeline.mark(now, reason, true),
                EventKind::Cancelled { .. } => timeline.mark(now, "stopped on request", true),
                EventKind::Requests { slices: more } => more.iter().for_each(|one| {
                    add_slice(slices.entry(one.at_ms).or_default(), one);
                }),
                _ => {}
            }
        }
        // What is given up has no end of its own: it is when the way back begins.
        let back = timeline.marks.iter().find(|mark| mark.is_bad).map(|mark| mark.at_ms);
        for (step, from) in begun {
            let to = back.filter(|back| *back >= from).unwrap_or(timeline.end_ms);
            timeline.add(&step, kind(&step), from, to, "given up".into());
        }
        timeline.slices = slices.into_values().collect();
        timeline
    }

    fn add(&mut self, step: &StepRef, kind: Kind, from_ms: u64, to_ms: u64, detail: String) {
        let what = step.step.replace('_', " ");
        let bar = Bar { what, kind, from_ms, to_ms, detail };
        self.row(step).add(bar);
    }

    fn row(&mut self, step: &StepRef) -> &mut Row {
        let name = row_name(step);
        let at = self.rows.iter().position(|row| row.name == name).unwrap_or_else(|| {
            self.rows.push(Row { name, lanes: Vec::new(), ready_ms: None });
            self.rows.len() - 1
        });
        &mut self.rows[at]
    }

    fn note_end(&mut self, step: &StepRef, now: u64) {
        match step.step.as_str() {
            "await_ready" => self.row(step).ready_ms = Some(now),
            "commit" => self.mark(now, "commit", false),
            _ => {}
        }
    }

    fn mark(&mut self, at_ms: u64, what: &str, is_bad: bool) {
        self.marks.push(Mark { at_ms, what: what.to_owned(), is_bad });
    }
}

impl Row {
    fn add(&mut self, bar: Bar) {
        let is_free = |lane: &&mut Vec<Bar>| {
            lane.iter().all(|one| one.to_ms <= bar.from_ms || bar.to_ms <= one.from_ms)
        };
        match self.lanes.iter_mut().find(is_free) {
            Some(lane) => lane.push(bar),
            None => self.lanes.push(vec![bar]),
        }
    }
}

fn row_name(step: &StepRef) -> String {
    match (step.step.as_str(), &step.target) {
        ("pull", Some(image)) => image.clone(),
        _ if step.service.is_none() => "project".into(),
        _ => subject(step),
    }
}

fn kind(step: &StepRef) -> Kind {
    match step.step.as_str() {
        "await_ready" | "post_start" => Kind::Warms,
        "cutover" | "start" => Kind::Turns,
        "drain" | "pre_stop" | "stop" | "remove" => Kind::Retires,
        "monitor" | "delay" => Kind::Watches,
        _ => Kind::Prepares,
    }
}

/// When the step began.
fn forget(begun: &mut Vec<(StepRef, u64)>, step: &StepRef) -> Option<u64> {
    let at = begun.iter().position(|(one, _)| one == step)?;
    Some(begun.remove(at).1)
}

fn add_slice(sum: &mut Slice, more: &Slice) {
    sum.at_ms = more.at_ms;
    sum.sent += more.sent;
    sum.failed += more.failed;
    sum.slowest_ms = sum.slowest_ms.max(more.slowest_ms);
}
