//! Facts as permanent lines: the part of the output that plain and live have in common.

use std::collections::BTreeMap;
use std::time::Duration;

use super::event::{Event, EventKind, ServiceStart, Way};
use super::layout::verb_line;
use super::style::{Style, Tone};
use super::words::subject;
use crate::plan::step_ref::StepRef;
use crate::text::{count, duration, list, size};

/// One permanent line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    tone: Tone,
    verb: &'static str,
    text: String,
}

impl Line {
    fn new(tone: Tone, verb: &'static str, text: impl Into<String>) -> Self {
        Self { tone, verb, text: text.into() }
    }

    /// The line at `width` columns.
    #[must_use]
    pub fn render(&self, style: Style, width: usize) -> String {
        verb_line(style, self.tone, self.verb, &self.text, width)
    }
}

/// Makes lines of events; remembers how much was pulled.
#[derive(Debug, Default)]
pub struct Lines {
    pulled: BTreeMap<String, u64>,
}

impl Lines {
    /// The line an event leaves behind, if it leaves one.
    pub fn line(&mut self, event: &Event) -> Option<Line> {
        match &event.kind {
            EventKind::RolloutStarted { project, way, services } => {
                Some(started(project, *way, services))
            }
            EventKind::PullProgress { service, bytes, .. } => {
                self.pulled.insert(service.clone(), *bytes);
                None
            }
            EventKind::StepFinished { step, took_ms, detail } => {
                self.finished(step, millis(*took_ms), detail.as_deref())
            }
            EventKind::StepFailed { step, reason } => {
                Some(Line::new(Tone::Bad, "Failed", format!("{}: {reason}", failed(step))))
            }
            EventKind::Cancelled { detail } => Some(Line::new(Tone::Warning, "Cancelled", detail)),
            EventKind::UnwindStarted { reason } => {
                Some(Line::new(Tone::Warning, "Unwinding", reason))
            }
            EventKind::StepUndone { step, took_ms } => undone(step, millis(*took_ms)),
            EventKind::UndoFailed { step, reason } => {
                let text = format!("to take back {}: {reason}", failed(step));
                Some(Line::new(Tone::Bad, "Failed", text))
            }
            EventKind::ProxyReloaded { proxy } => Some(Line::new(Tone::Good, "Reloaded", proxy)),
            EventKind::Warning { message } => Some(Line::new(Tone::Warning, "Warning", message)),
            EventKind::StepStarted(_)
            | EventKind::Waiting { .. }
            | EventKind::Requests { .. }
            | EventKind::RolloutFinished { .. } => None,
        }
    }

    fn finished(&self, step: &StepRef, took: Duration, detail: Option<&str>) -> Option<Line> {
        let subject = subject(step);
        let target = step.target.as_deref().unwrap_or_default();
        let took = duration(took);
        let (verb, text) = match step.step.as_str() {
            "pull" => {
                let bytes = self.pulled.get(&subject).copied().unwrap_or(0);
                let size = if bytes > 0 { format!(" ({})", size(bytes)) } else { String::new() };
                ("Pulled", format!("{target}{size} in {took}"))
            }
            "provide" => ("Created", target.to_owned()),
            "create" => {
                let id = detail.map(|id| format!(" as {id}")).unwrap_or_default();
                ("Created", format!("{subject}{id}"))
            }
            "post_start" | "pre_stop" => ("Ran", format!("hooks of {subject} in {took}")),
            "await_ready" => ("Ready", format!("{subject} after {took}")),
            "switch" => ("Switched", format!("the proxy to {subject} (new) in {took}")),
            "switch_name" => ("Switched", format!("the proxy to the name {target}")),
            "cutover" => ("Cut over", format!("to {subject} (new)")),
            "drain" => {
                let left = detail.map(|left| format!(", {left}")).unwrap_or_default();
                ("Drained", format!("{target} (old) in {took}{left}"))
            }
            "commit" if !target.is_empty() => ("Wrote", target.to_owned()),
            "stop" => ("Stopped", format!("{target} (old) in {took}")),
            "remove" => ("Removed", format!("{target} (old)")),
            "rename" => ("Renamed", format!("{subject} to {target}")),
            _ => return None,
        };
        Some(Line::new(Tone::Good, verb, text))
    }
}

/// What is done with a run.
pub(super) fn way_verb(way: Way) -> &'static str {
    match way {
        Way::Begin => "Rolling out",
        Way::Resume => "Resuming",
        Way::Abort => "Taking back",
    }
}

fn started(project: &str, way: Way, services: &[ServiceStart]) -> Line {
    let parts = services.iter().map(|start| match start.replicas {
        1 => start.service.clone(),
        n => format!("{} ({})", start.service, count(n, "replica")),
    });
    let text = format!("{project}: {}", list(&parts.collect::<Vec<_>>()));
    Line::new(Tone::Busy, way_verb(way), text)
}

fn undone(step: &StepRef, took: Duration) -> Option<Line> {
    let target = step.target.as_deref().unwrap_or_default();
    let (verb, text) = match step.step.as_str() {
        "create" => ("Removed", format!("{target} (new)")),
        "start" => ("Stopped", format!("{target} (new) in {}", duration(took))),
        "stop" => ("Restored", format!("{target} (old) in {}", duration(took))),
        "switch" => ("Switched", format!("the proxy back from {target} (new)")),
        "cutover" => ("Cut back", format!("from {target} (new)")),
        "commit" if !target.is_empty() => ("Restored", target.to_owned()),
        _ => return None,
    };
    Some(Line::new(Tone::Warning, verb, text))
}

/// The subject of a failed step, with the step in words.
fn failed(step: &StepRef) -> String {
    let subject = subject(step);
    let target = step.target.as_deref().unwrap_or_default();
    match step.step.as_str() {
        "pull" => format!("pull of {target}"),
        "provide" => format!("create of {target}"),
        "commit" => format!("write of {target}"),
        "await_ready" => subject,
        "post_start" | "pre_stop" => format!("hook of {subject}"),
        step => format!("{step} of {subject}"),
    }
}

pub(super) fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// `32s of 1m 00s`: a wait and its deadline in whole seconds.
#[must_use]
pub fn of_deadline(waited: Duration, deadline: Duration) -> String {
    let whole = |d: Duration| duration(Duration::from_secs(d.as_secs()));
    format!("{} of {}", whole(waited), whole(deadline))
}
