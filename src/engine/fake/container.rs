//! One container of the fake, and the inspection the engine would give of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::behaviour::{Behaviour, Change};
use crate::engine::api::{self, ContainerId, Healthcheck, Inspection, RestartPolicy};

/// One container.
#[derive(Debug, Clone)]
pub struct Container {
    pub(super) id: ContainerId,
    pub(super) name: String,
    pub(super) image: String,
    pub(super) config: Value,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) host_config: Value,
    /// The container whose network it lives in.
    pub(super) host: Option<ContainerId>,
    pub(super) networks: Map<String, Value>,
    pub(super) mounts: Vec<Value>,
    pub(super) files: Vec<String>,
    pub(super) behaviour: Behaviour,
    pub(super) status: &'static str,
    pub(super) health: Option<&'static str>,
    pub(super) serves: bool,
    pub(super) exit_code: i64,
    pub(super) oom_killed: bool,
    pub(super) restart_count: u64,
    pub(super) schedule: Vec<(Instant, Change)>,
}

impl Container {
    /// Full id.
    #[must_use]
    pub fn id(&self) -> &ContainerId {
        &self.id
    }

    /// Name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its process runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.status == "running"
    }

    /// Whether a request to it would be answered.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        self.is_running() && self.serves
    }

    /// One label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }

    /// When the engine starts it by itself.
    #[must_use]
    pub fn restart_policy(&self) -> RestartPolicy {
        RestartPolicy::of_body(&self.host_config["RestartPolicy"])
    }

    /// Paths of the files written into it.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// What `GET /containers/{id}/json` says.
    #[must_use]
    pub fn inspect(&self) -> Inspection {
        let mut state = json!({
            "Status": self.status,
            "Running": self.is_running(),
            "Restarting": false,
            "OOMKilled": self.oom_killed,
            "ExitCode": self.exit_code,
            "Error": "",
        });
        if let Some(health) = self.health {
            state["Health"] = json!({ "Status": health, "FailingStreak": 0, "Log": [] });
        }
        Inspection(json!({
            "Id": self.id,
            "Name": format!("/{}", self.name),
            "Image": self.image,
            "State": state,
            "RestartCount": self.restart_count,
            "Config": self.config,
            "HostConfig": self.host_config,
            "Mounts": self.mounts,
            "NetworkSettings": { "Networks": self.networks },
        }))
    }

    pub(super) fn carries(&self, filter: &str) -> bool {
        match filter.split_once('=') {
            Some((key, value)) => self.label(key) == Some(value),
            None => self.label(filter).is_some(),
        }
    }

    pub(super) fn healthcheck(&self) -> Option<Healthcheck> {
        api::healthcheck(self.config.get("Healthcheck")?)
    }

    pub(super) fn start(&mut self, now: Instant) {
        let check = self.healthcheck();
        self.status = "running";
        self.serves = false;
        self.health = check.as_ref().map(|_| "starting");
        self.schedule = self.behaviour.schedule(now, check.as_ref());
    }

    /// The container whose network it lives in ended: it runs on, and nobody reaches it.
    pub(super) fn lose_host(&mut self) {
        self.serves = false;
        self.schedule.retain(|(_, change)| !matches!(change, Change::Serves | Change::Healthy));
    }

    pub(super) fn end(&mut self, exit_code: i64) {
        self.status = "exited";
        self.serves = false;
        self.exit_code = exit_code;
        self.schedule.clear();
    }

    /// When it will do something by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        self.schedule.first().map(|(at, _)| *at)
    }

    /// Does what is due first; returns the events of it.
    pub(super) fn act(&mut self) -> Vec<String> {
        if self.schedule.is_empty() {
            return Vec::new();
        }
        let (at, change) = self.schedule.remove(0);
        match change {
            Change::Serves => {
                self.serves = true;
                Vec::new()
            }
            Change::Healthy => self.judge("healthy"),
            Change::Unhealthy => self.judge("unhealthy"),
            Change::Exits(code) => {
                self.end(code);
                vec!["die".into()]
            }
            Change::Restarts(code) => {
                self.exit_code = code;
                self.restart_count += 1;
                self.start(at);
                vec!["die".into(), "start".into()]
            }
            Change::OutOfMemory => {
                self.oom_killed = true;
                self.end(137);
                vec!["oom".into(), "die".into()]
            }
        }
    }

    fn judge(&mut self, health: &'static str) -> Vec<String> {
        self.health = Some(health);
        vec![format!("health_status: {health}")]
    }
}
