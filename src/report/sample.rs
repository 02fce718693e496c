//! Plans, events and reports for tests.

use std::time::Duration;

use super::event::{Event, EventKind, ServiceStart, Way};
use crate::journal::outcome::{Failure, Outcome, RolloutReport, ServiceSummary};
use crate::plan::sample;
use crate::plan::step_ref::{StepRef, pull_ref, step_ref};
use crate::plan::steps::{Cause, FileEdit, Finding, Level, LineChange, Plan, Pull};
use crate::probe::{FailedRequest, Figures, Requests, Served};

/// A value that must never be seen.
pub(super) const SECRET: &str = "hunter2";

/// The plan of `composeup upgrade ghost-blog 3.37.1`, with a second service of three replicas.
pub(super) fn plan() -> Plan {
    let mut plan = sample::plan(&[1, 3]);
    plan.project = "ghost".into();
    plan.files = vec!["docker-compose.yml".into()];
    let names =
        [("ghost-blog", "ghost:3.36", "ghost:3.37.1"), ("web", "shop/web:1.8", "shop/web:1.9")];
    for (service, (name, from, to)) in plan.services.iter_mut().zip(names) {
        service.service = name.into();
        (service.from_image, service.to_image) = (from.into(), to.into());
        service.causes = vec![Cause(format!("image changed ({from} → {to})"))];
        for pair in &mut service.replacements {
            let (Some(old), Some(new)) = (&mut pair.old, &mut pair.new) else { continue };
            old.name = format!("ghost-{name}-{}", pair.replica);
            pair.final_name.clone_from(&old.name);
            new.name = format!("{}_{}", old.id.short(), pair.final_name);
            new.body["Env"] = format!("PASSWORD={SECRET}").into();
        }
    }
    plan.services[1].causes.push(Cause("environment changed: LOG_LEVEL, PAYMENTS_URL".into()));
    plan.up_to_date = vec!["db".into(), "proxy".into()];
    plan.pulls = vec![Pull {
        service: "ghost-blog".into(),
        image: "ghost:3.37.1".into(),
        platform: None,
        pin: None,
    }];
    plan.edits = vec![edit()];
    plan.findings = vec![
        Finding::new(
            Level::Note,
            Some("web"),
            "`web` gets the number of the container it replaces",
        ),
        Finding::new(
            Level::Warning,
            Some("ghost-blog"),
            "`ghost-blog` has no healthcheck; it counts as ready 10s after its start",
        )
        .with_hint("add a `healthcheck:` to `ghost-blog`, or set `--ready-after`")
        .with_place(Some("docker-compose.yml:4:3")),
    ];
    plan
}

fn edit() -> FileEdit {
    FileEdit {
        path: "/srv/ghost/docker-compose.yml".into(),
        shown: "docker-compose.yml".into(),
        changes: vec![LineChange {
            line: 5,
            start: 0,
            from: "ghost:3.36".into(),
            to: "ghost:3.37.1".into(),
            services: vec!["ghost-blog".into()],
        }],
        before: format!("PASSWORD: {SECRET}"),
        after: format!("PASSWORD: {SECRET}"),
    }
}

/// Events in order, dated.
pub(super) struct Story {
    pub(super) plan: Plan,
    pub(super) events: Vec<Event>,
    now_ms: u64,
}

impl Story {
    pub(super) fn new() -> Self {
        let plan = plan();
        let services = plan.services.iter().map(|service| ServiceStart {
            service: service.service.clone(),
            replicas: service.replacements.len(),
            steps: 7 * service.replacements.len(),
            begun: Vec::new(),
        });
        let begin = EventKind::RolloutStarted {
            project: "ghost".into(),
            way: Way::Begin,
            services: services.collect(),
        };
        let mut story = Self { plan, events: Vec::new(), now_ms: 0 };
        story.push(0, begin);
        story
    }

    /// One more event, `after_ms` after the one before.
    pub(super) fn push(&mut self, after_ms: u64, kind: EventKind) {
        self.now_ms += after_ms;
        let seq = self.events.len() as u64 + 1;
        let run = self.plan.run.clone();
        self.events.push(Event { v: 1, run, seq, elapsed_ms: self.now_ms, kind });
    }

    pub(super) fn step(&self, index: usize) -> StepRef {
        step_ref(&self.plan, index)
    }

    /// The pull, half way.
    pub(super) fn pulling(&mut self) {
        let service = "ghost-blog".to_owned();
        self.push(10, EventKind::StepStarted(pull_ref(&self.plan.pulls[0])));
        let (bytes, total) = (48_000_000, 148_000_000);
        self.push(
            500,
            EventKind::PullProgress { service, layers_done: 3, layers: 7, bytes, total },
        );
    }

    /// The end of the pull.
    pub(super) fn pulled(&mut self) {
        let service = "ghost-blog".to_owned();
        let (bytes, total) = (148_000_000, 148_000_000);
        self.push(
            9_000,
            EventKind::PullProgress { service, layers_done: 7, layers: 7, bytes, total },
        );
        let step = pull_ref(&self.plan.pulls[0]);
        self.push(10, EventKind::StepFinished { step, took_ms: 9_520, detail: None });
    }

    pub(super) fn begin(&mut self, index: usize) {
        self.push(10, EventKind::StepStarted(self.step(index)));
    }

    pub(super) fn perform(&mut self, index: usize, took_ms: u64) {
        self.begin(index);
        let step = self.step(index);
        let detail = (step.step == "create").then(|| "8c0f2d91be07".to_owned());
        self.push(took_ms, EventKind::StepFinished { step, took_ms, detail });
    }

    pub(super) fn wait(&mut self, index: usize, waited_ms: u64, after_ms: u64) {
        let step = self.step(index);
        let detail = "health: starting".into();
        self.push(after_ms, EventKind::Waiting { step, waited_ms, deadline_ms: 60_000, detail });
    }

    pub(super) fn finish(&mut self, report: RolloutReport) {
        self.push(10, EventKind::RolloutFinished { report });
    }
}

pub(super) fn report(outcome: Outcome) -> RolloutReport {
    let services = plan().services.into_iter().map(|service| ServiceSummary {
        service: service.service,
        from_image: service.from_image,
        to_image: service.to_image,
        replicas: service.replacements.len(),
        changed: if outcome == Outcome::Completed { service.replacements.len() } else { 0 },
    });
    RolloutReport {
        outcome,
        project: "ghost".into(),
        services: services.collect(),
        took: Duration::from_secs(72),
        failure: None,
        warnings: Vec::new(),
        left: Vec::new(),
        requests: Vec::new(),
    }
}

pub(super) fn failed(outcome: Outcome) -> RolloutReport {
    let failure = Failure {
        service: Some("web".into()),
        causes: vec![
            "container `000000002002_ghost-web-2` did not become ready".into(),
            "not healthy within 30s".into(),
        ],
        health_log: vec![
            "healthcheck exited with 1: curl: (7) Failed to connect\nto localhost port 8080".into(),
        ],
        container: Some("000000002002_ghost-web-2".into()),
        log: vec![
            "\u{1b}[31mError\u{1b}[0m: missing environment variable PAYMENTS_URL".into(),
            "\tat config.js:41\r".into(),
        ],
        hints: vec![
            "raise `--timeout` if the new version needs longer than 30s to become ready".into(),
        ],
    };
    RolloutReport { failure: Some(failure), ..report(outcome) }
}

/// What became of 240 requests, of which so many failed during the rollout.
pub(super) fn requests(failed: usize) -> Requests {
    let figures = |sent, failed| Figures { sent, failed, p50_ms: 3, p99_ms: 12, max_ms: 41 };
    let served =
        |by: &str, answers, first_ms, last_ms| Served { by: by.into(), answers, first_ms, last_ms };
    Requests {
        url: "http://shop.example/".into(),
        all: figures(240, failed),
        longest_gap_ms: 61,
        before: figures(20, 0),
        during: figures(200, failed),
        after: figures(20, 0),
        served_by: vec![
            served("web 1.8", 140 - failed, 0, 7_000),
            served("web 1.9", 100, 7_050, 12_000),
        ],
        failures: (0..failed as u64)
            .map(|n| FailedRequest {
                at_ms: 6_900 + 50 * n,
                took_ms: 2,
                reason: "status 500".into(),
            })
            .collect(),
    }
}
