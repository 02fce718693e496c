//! Where every service stands, folded from events: what the moving display shows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::event::{Event, EventKind, ServiceStart, Way};
use super::lines::of_deadline;
use crate::plan::step_ref::StepRef;
use crate::text::{duration, size};

/// The whole rollout at one moment.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// Name of the project.
    pub(super) project: String,
    /// Whether it goes forward.
    pub(super) way: Way,
    /// Its services, in the order of their rollout.
    pub(super) services: Vec<Row>,
    /// Time of the newest event since the rollout began.
    pub(super) now: Duration,
}

/// One service at one moment.
#[derive(Debug)]
pub(super) struct Row {
    /// Name.
    pub(super) service: String,
    /// Number of replicas that are replaced.
    pub(super) replicas: usize,
    /// How far each replica is.
    begun: BTreeMap<usize, Begun>,
    /// Steps in all.
    pub(super) steps: usize,
    /// What it does now.
    pub(super) phase: Phase,
}

/// How far one replica is.
#[derive(Debug, Default)]
struct Begun {
    /// Indices of the steps behind it.
    done: BTreeSet<usize>,
    /// Whether its new container is ready.
    is_ready: bool,
}

/// What a service does now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its turn has not come.
    Queued,
    /// Something goes on.
    Busy {
        /// What.
        what: String,
        /// Since when, counted from the beginning of the rollout.
        since: Duration,
        /// How long it may take, if that is known.
        deadline: Option<Duration>,
    },
    /// Nothing is left to do.
    Done,
}

impl Row {
    fn new(start: &ServiceStart) -> Self {
        let begun = start.begun.iter().map(|one| {
            (one.replica, Begun { done: one.done.iter().copied().collect(), is_ready: one.ready })
        });
        Self {
            service: start.service.clone(),
            replicas: start.replicas,
            begun: begun.collect(),
            steps: start.steps,
            phase: Phase::Queued,
        }
    }

    /// Steps behind it.
    #[must_use]
    pub(super) fn done(&self) -> usize {
        self.begun.values().map(|one| one.done.len()).sum()
    }

    /// How many new containers are ready.
    #[must_use]
    pub(super) fn ready(&self) -> usize {
        self.begun.values().filter(|one| one.is_ready).count()
    }

    fn begun(&mut self, step: &StepRef) -> &mut Begun {
        self.begun.entry(step.replica.unwrap_or_default()).or_default()
    }
}

impl Phase {
    /// The phase in words, and its clock at `now`.
    #[must_use]
    pub(super) fn describe(&self, now: Duration) -> (String, String) {
        match self {
            Self::Queued => ("waits for its turn".into(), String::new()),
            Self::Done => ("done".into(), String::new()),
            Self::Busy { what, since, deadline } => {
                let spent = now.saturating_sub(*since);
                let clock = match deadline {
                    Some(deadline) => of_deadline(spent, *deadline),
                    None => duration(Duration::from_secs(spent.as_secs())),
                };
                (what.clone(), clock)
            }
        }
    }
}

impl Board {
    /// Number of services that are done.
    #[must_use]
    pub(super) fn done(&self) -> usize {
        self.services.iter().filter(|row| row.phase == Phase::Done).count()
    }

    /// Takes one event in.
    pub(super) fn note(&mut self, event: &Event) {
        self.now = Duration::from_millis(event.elapsed_ms);
        match &event.kind {
            EventKind::RolloutStarted { project, way, services } => {
                self.project.clone_from(project);
                self.way = *way;
                self.services = services.iter().map(Row::new).collect();
            }
            EventKind::StepStarted(step) => self.begin(step, doing(step).to_owned(), None),
            EventKind::PullProgress { service, layers_done, layers, bytes, total } => {
                let amount = format!("{} of {}", size(*bytes), size(*total));
                self.restate(service, &format!("pulling {layers_done}/{layers} layers, {amount}"));
            }
            EventKind::Waiting { step, waited_ms, deadline_ms, detail } => {
                let what = format!("{}, {detail}", doing(step));
                let since = self.now.saturating_sub(Duration::from_millis(*waited_ms));
                self.begin(step, what, Some(Duration::from_millis(*deadline_ms)));
                self.backdate(step, since);
            }
            EventKind::StepFinished { step, .. } => self.finish(step),
            EventKind::UnwindStarted { .. } => self.unwind(),
            EventKind::StepUndone { step, .. } => self.undo(step),
            _ => {}
        }
    }

    fn row(&mut self, step: &StepRef) -> Option<&mut Row> {
        let name = step.service.as_deref()?;
        self.services.iter_mut().find(|row| row.service == name)
    }

    fn begin(&mut self, step: &StepRef, what: String, deadline: Option<Duration>) {
        let since = self.now;
        if let Some(row) = self.row(step) {
            row.phase = Phase::Busy { what, since, deadline };
        }
    }

    fn backdate(&mut self, step: &StepRef, began: Duration) {
        if let Some(Row { phase: Phase::Busy { since, .. }, .. }) = self.row(step) {
            *since = began;
        }
    }

    /// Other words for what goes on already.
    fn restate(&mut self, service: &str, words: &str) {
        for row in self.services.iter_mut().filter(|row| row.service == service) {
            if let Phase::Busy { what, .. } = &mut row.phase {
                words.clone_into(what);
            }
        }
    }

    fn finish(&mut self, step: &StepRef) {
        let Some(row) = self.row(step) else { return };
        if step.step == "pull" {
            row.phase = Phase::Queued;
            return;
        }
        let begun = row.begun(step);
        begun.done.extend(step.index);
        begun.is_ready |= step.step == "await_ready";
        if row.done() >= row.steps {
            row.phase = Phase::Done;
        }
    }

    /// What was going on has ended, and so has its deadline.
    fn unwind(&mut self) {
        let since = self.now;
        for row in self.services.iter_mut().filter(|row| matches!(row.phase, Phase::Busy { .. })) {
            row.phase = Phase::Busy { what: "unwinding".into(), since, deadline: None };
        }
    }

    fn undo(&mut self, step: &StepRef) {
        self.begin(step, "unwinding".into(), None);
        if let Some(row) = self.row(step) {
            // What came after it, such as a wait, has nothing to be taken back.
            let begun = row.begun(step);
            begun.done.retain(|done| Some(*done) < step.index);
            begun.is_ready &= step.step != "start";
        }
    }
}

/// What goes on during a step, in the words of the vocabulary.
fn doing(step: &StepRef) -> &'static str {
    match step.step.as_str() {
        "pull" => "pulling",
        "create" => "creating",
        "start" => "starting",
        "post_start" | "pre_stop" => "running hooks",
        "detour" => "preparing the cutover",
        "await_ready" => "warming",
        "switch" | "switch_name" => "switching the proxy",
        "cutover" => "cutting over",
        "drain" => "draining the old one",
        "verify" => "waiting for the proxy",
        "linger" => "leading late connections",
        "stop" => "stopping the old one",
        "delay" => "pausing before the next one",
        "monitor" => "watching the new one",
        "remove" => "removing the old one",
        "rename" => "renaming",
        _ => "working",
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::ReplicaStart;
    use super::super::sample::Story;
    use super::*;

    #[test]
    fn the_way_back_is_told_without_the_deadline_of_the_wait_before_it() {
        let mut story = Story::new();
        story.wait(2, 9_000, 9_000);
        story.push(1_000, EventKind::UnwindStarted { reason: "not ready".into() });
        let mut board = Board::default();
        story.events.iter().for_each(|event| board.note(event));
        let busy = board.services.iter().find(|row| row.phase != Phase::Queued).unwrap();
        let (what, clock) = busy.phase.describe(board.now + Duration::from_secs(3));
        assert_eq!((what.as_str(), clock.as_str()), ("unwinding", "3s"));
    }

    #[test]
    fn what_an_earlier_process_did_counts_and_nothing_counts_twice() {
        let story = Story::new();
        let EventKind::RolloutStarted { mut services, project, .. } = story.events[0].kind.clone()
        else {
            panic!("a story begins");
        };
        services[0].begun = vec![ReplicaStart { replica: 1, done: vec![0, 1, 2], ready: true }];
        let started = EventKind::RolloutStarted { project, way: Way::Abort, services };
        let mut board = Board::default();
        let mut note = |kind| {
            board.note(&Event { kind, ..story.events[0].clone() });
            let row = &board.services[0];
            (row.done(), row.ready())
        };
        assert_eq!(note(started), (3, 1));
        let step = story.step(2);
        let again = EventKind::StepFinished { step, took_ms: 1, detail: None };
        assert_eq!(note(again), (3, 1));
        let undone = |index| EventKind::StepUndone { step: story.step(index), took_ms: 1 };
        assert_eq!(note(undone(1)), (1, 0));
        assert_eq!(note(undone(0)), (0, 0));
    }
}
