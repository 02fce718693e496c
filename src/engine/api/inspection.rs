//! One container as the engine describes it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::healthcheck::{Healthcheck, healthcheck};
use super::identity::ContainerId;
use super::json::{string_map, text_at};

/// `GET /containers/{id}/json` as the engine sent it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inspection(pub Value);

impl fmt::Debug for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inspection({} {})", self.id(), self.name())
    }
}

/// Where a container is in its life, with what its end left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerState {
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
    pub status: String,
    /// Whether its process runs.
    pub running: bool,
    /// Whether the engine is between two tries of the restart policy.
    pub restarting: bool,
    /// Whether the kernel killed it for memory.
    pub oom_killed: bool,
    /// Exit code of the last end of its process.
    pub exit_code: i64,
    /// The engine's words when it could not start.
    pub error: String,
    /// How often the restart policy started it again.
    pub restart_count: u64,
    /// Verdict of the HEALTHCHECK, if it has one.
    pub health: Option<Health>,
}

/// The engine's verdict of a HEALTHCHECK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `starting`, `healthy`, `unhealthy` or `none`.
    pub status: String,
    /// Exit code and output of the last checks, oldest first.
    pub log: Vec<(i64, String)>,
}

impl Inspection {
    /// Full id.
    #[must_use]
    pub fn id(&self) -> ContainerId {
        ContainerId(text_at(&self.0, "/Id"))
    }

    /// Name without the leading slash.
    #[must_use]
    pub fn name(&self) -> String {
        text_at(&self.0, "/Name").trim_start_matches('/').to_owned()
    }

    /// Id of the image it was created from.
    #[must_use]
    pub fn image_id(&self) -> String {
        text_at(&self.0, "/Image")
    }

    /// Image reference it was created with.
    #[must_use]
    pub fn image(&self) -> String {
        text_at(&self.0, "/Config/Image")
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        string_map(self.0.pointer("/Config/Labels"))
    }

    /// One label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.0.pointer("/Config/Labels")?.get(key)?.as_str()
    }

    /// Replica number by Compose's label, if it has one.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        self.label(crate::labels::CONTAINER_NUMBER)?.parse().ok()
    }

    /// Where it is in its life.
    #[must_use]
    pub fn state(&self) -> ContainerState {
        let state = self.0.get("State").unwrap_or(&Value::Null);
        let flag = |key: &str| state.get(key).and_then(Value::as_bool).unwrap_or(false);
        ContainerState {
            status: text_at(state, "/Status"),
            running: flag("Running"),
            restarting: flag("Restarting"),
            oom_killed: flag("OOMKilled"),
            exit_code: state.get("ExitCode").and_then(Value::as_i64).unwrap_or(0),
            error: text_at(state, "/Error"),
            restart_count: self.0.get("RestartCount").and_then(Value::as_u64).unwrap_or(0),
            health: state.get("Health").filter(|health| health.is_object()).map(health),
        }
    }

    /// The HEALTHCHECK in force (the image's or the container's own), if there is one.
    #[must_use]
    pub fn healthcheck(&self) -> Option<Healthcheck> {
        healthcheck(self.0.pointer("/Config/Healthcheck")?)
    }

    /// `Mounts` as the engine sent them: what is mounted where.
    #[must_use]
    pub fn mounts(&self) -> &[Value] {
        self.0.get("Mounts").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The port of the host that leads to a port of the container, such as `8080/tcp`; only a
    /// running container has one.
    #[must_use]
    pub fn published(&self, port: &str) -> Option<u16> {
        let bindings = self.0.pointer("/NetworkSettings/Ports")?.get(port)?.as_array()?;
        bindings.first()?.get("HostPort")?.as_str()?.parse().ok()
    }

    /// `NetworkSettings.Networks`: endpoint by network name.
    #[must_use]
    pub fn networks(&self) -> BTreeMap<String, Value> {
        let networks = self.0.pointer("/NetworkSettings/Networks").and_then(Value::as_object);
        networks.into_iter().flatten().map(|(name, end)| (name.clone(), end.clone())).collect()
    }
}

fn health(value: &Value) -> Health {
    let log = value.get("Log").and_then(Value::as_array);
    Health {
        status: text_at(value, "/Status"),
        log: log
            .into_iter()
            .flatten()
            .map(|entry| {
                let exit = entry.get("ExitCode").and_then(Value::as_i64).unwrap_or(0);
                (exit, text_at(entry, "/Output"))
            })
            .collect(),
    }
}
