//! What state a project is in: its replicas, and a run that is not over.

use console::measure_text_width;
use serde_json::{Value, json};

use super::event::EVENT_VERSION;
use super::layout::{pad, wrap};
use super::style::{Style, Tone};
use super::words::image;
use crate::error::{ABORT, RESUME};
use crate::journal::Start;

/// A project at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Name of the project.
    pub project: String,
    /// The engine's address, as messages show it.
    pub endpoint: String,
    /// The run that goes on or is not over.
    pub run: Option<RunStatus>,
    /// Its containers, by service and number.
    pub replicas: Vec<ReplicaStatus>,
}

/// A run that goes on or is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStatus {
    /// Id of the run.
    pub run: String,
    /// Who started it; nothing if its journal is elsewhere.
    pub start: Option<Start>,
    /// How it stands.
    pub stand: Stand,
    /// Whether its files are written, so that it can only be finished.
    pub is_committed: bool,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Its process is at work.
    Running,
    /// Its process is gone.
    CutOff,
    /// It waits for a decision: `failure_action: pause`.
    Paused,
    /// It could not be taken back.
    Stuck,
}

impl Stand {
    /// The word of the JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::CutOff => "cut_off",
            Self::Paused => "paused",
            Self::Stuck => "stuck",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Running => "is under way",
            Self::CutOff => "was cut off",
            Self::Paused => "is paused",
            Self::Stuck => "is stuck",
        }
    }
}

/// One container of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// Name of the service.
    pub service: String,
    /// Number of the replica.
    pub replica: u32,
    /// Name of the container.
    pub container: String,
    /// Reference of its image.
    pub image: String,
    /// `running`, `exited`, …
    pub state: String,
    /// `healthy`, `starting` or `unhealthy`, if it has a HEALTHCHECK.
    pub health: Option<String>,
    /// Whether the run that is not over made it.
    pub is_new: bool,
}

impl Status {
    /// For people.
    #[must_use]
    pub fn text(&self, style: Style, width: usize) -> String {
        let project = style.paint(Tone::Strong, &self.project);
        let head = wrap("Project", &format!("{project} on {}", self.endpoint), 2, width) + "\n";
        let run = self.run.as_ref().map_or_else(
            || {
                wrap(
                    &style.label(Tone::Good, "Status"),
                    "no run is under way or left over",
                    2,
                    width,
                ) + "\n"
            },
            |run| run_text(run, style, width),
        );
        format!("{head}\n{}\n{run}", self.table(style, width))
    }

    fn table(&self, style: Style, width: usize) -> String {
        let column = |of: fn(&ReplicaStatus) -> &str| {
            self.replicas.iter().map(|one| measure_text_width(of(one))).max().unwrap_or(0)
        };
        let (service, container) = (column(|one| &one.service), column(|one| &one.container));
        let row = |one: &ReplicaStatus| {
            let is_well = one.state == "running" && one.health.as_deref() != Some("unhealthy");
            let mark = if is_well {
                style.paint(Tone::Good, "+")
            } else {
                style.paint(Tone::Warning, "!")
            };
            let names =
                format!("{} {}", pad(&one.service, service), pad(&one.container, container));
            let health = one.health.iter().map(|health| format!(", {health}"));
            let new = if one.is_new { ", new" } else { "" };
            let rest =
                format!("{}, {}{}{new}", image(&one.image), one.state, health.collect::<String>());
            wrap(&format!("  {mark} {names} "), &rest, 6, width) + "\n"
        };
        self.replicas.iter().map(row).collect()
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let replica = |one: &ReplicaStatus| {
            json!({
                "service": one.service,
                "replica": one.replica,
                "container": one.container,
                "image": one.image,
                "state": one.state,
                "health": one.health,
                "new": one.is_new,
            })
        };
        let run = self.run.as_ref().map(|run| {
            json!({
                "run": run.run,
                "state": run.stand.word(),
                "committed": run.is_committed,
                "started": run.start,
            })
        });
        json!({
            "v": EVENT_VERSION,
            "kind": "status",
            "project": self.project,
            "engine": self.endpoint,
            "run": run,
            "replicas": self.replicas.iter().map(replica).collect::<Value>(),
        })
    }
}

fn run_text(run: &RunStatus, style: Style, width: usize) -> String {
    let by = run.start.as_ref().map_or_else(
        || " (its journal is not on this machine)".to_owned(),
        |start| format!(": {start}, {}", start.when()),
    );
    let tone = if run.stand == Stand::Running { Tone::Busy } else { Tone::Warning };
    let text = format!("run {} {}{by}", run.run, run.stand.text());
    let mut text = wrap(&style.label(tone, "Status"), &text, 2, width) + "\n";
    for hint in hints(run) {
        text += &(wrap(&style.label(Tone::Busy, "hint"), hint, 2, width) + "\n");
    }
    text
}

fn hints(run: &RunStatus) -> Vec<&'static str> {
    match (run.stand, &run.start, run.is_committed) {
        (Stand::Running, ..) => Vec::new(),
        (_, None, true) => vec!["`composeup abort` finishes it: the new version serves already"],
        (_, None, false) => vec![ABORT],
        (_, Some(_), true) => vec![RESUME],
        (_, Some(_), false) => vec![RESUME, ABORT],
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn replica(container: &str, image: &str, state: &str, health: Option<&str>) -> ReplicaStatus {
        ReplicaStatus {
            service: "web".into(),
            replica: 1,
            container: container.into(),
            image: image.into(),
            state: state.into(),
            health: health.map(str::to_owned),
            is_new: container.starts_with("0123"),
        }
    }

    fn status(run: Option<RunStatus>) -> Status {
        Status {
            project: "shop".into(),
            endpoint: "unix:///var/run/docker.sock".into(),
            run,
            replicas: vec![
                replica("shop-web-1", "web:1.8", "exited", None),
                replica("0123456789ab_shop-web-1", "web:1.9", "running", Some("starting")),
            ],
        }
    }

    fn run(stand: Stand, is_here: bool, is_committed: bool) -> RunStatus {
        let start = Start {
            run: "20261120-145430-4f2a".into(),
            at: Timestamp::UNIX_EPOCH,
            user: "ann".into(),
            host: "shop-1".into(),
            command: "upgrade web 1.9".into(),
        };
        RunStatus { run: start.run.clone(), start: is_here.then_some(start), stand, is_committed }
    }

    #[test]
    fn it_shows_every_container_and_the_ways_out_of_a_run_that_is_not_over() {
        let text = |run| status(run).text(Style::PLAIN, 100);
        insta::assert_snapshot!("status_cut_off", text(Some(run(Stand::CutOff, true, false))));
        insta::assert_snapshot!("status_quiet", text(None));
        let elsewhere = text(Some(run(Stand::CutOff, false, false)));
        assert!(!elsewhere.contains("resume") && elsewhere.contains("abort"), "{elsewhere}");
        let committed = text(Some(run(Stand::Stuck, true, true)));
        assert!(committed.contains("resume") && !committed.contains("abort"), "{committed}");
        let running = text(Some(run(Stand::Running, true, false)));
        assert!(!running.contains("hint"), "{running}");
    }

    #[test]
    fn programs_get_the_same() {
        let json = status(Some(run(Stand::Paused, true, false))).json();
        insta::assert_json_snapshot!("status_json", json);
    }
}
