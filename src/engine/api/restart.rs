//! When the engine starts a container by itself.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::inspection::Inspection;
use super::json::text_at;

/// `HostConfig.RestartPolicy`; written `always` or `on-failure:3`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartPolicy {
    /// `no`, `always`, `unless-stopped` or `on-failure`.
    name: String,
    /// How often a container is started again that fails; 0 means without end.
    attempts: u64,
}

impl RestartPolicy {
    /// Never.
    #[must_use]
    pub fn never() -> Self {
        Self { name: "no".into(), attempts: 0 }
    }

    /// The one of a container.
    #[must_use]
    pub fn of(container: &Inspection) -> Self {
        Self::of_body(container.0.pointer("/HostConfig/RestartPolicy").unwrap_or(&Value::Null))
    }

    /// What [`Self::body`] makes.
    #[must_use]
    pub fn of_body(policy: &Value) -> Self {
        match text_at(policy, "/Name") {
            name if name.is_empty() => Self::never(),
            name => Self { name, attempts: policy["MaximumRetryCount"].as_u64().unwrap_or(0) },
        }
    }

    /// What its text means.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (name, attempts) = text.split_once(':').unwrap_or((text, ""));
        Self { name: name.to_owned(), attempts: attempts.parse().unwrap_or(0) }
    }

    /// Whether an engine that restarts starts a container that was stopped: one that ends by a
    /// signal has failed.
    #[must_use]
    pub fn outlives_a_stop(&self) -> bool {
        matches!(self.name.as_str(), "always" | "on-failure")
    }

    /// As `HostConfig` has it.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({ "Name": self.name, "MaximumRetryCount": self.attempts })
    }
}

impl fmt::Display for RestartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attempts {
            0 => f.write_str(&self.name),
            attempts => write!(f, "{}:{attempts}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_survives_its_text_and_its_body() {
        for text in ["no", "always", "unless-stopped", "on-failure", "on-failure:3"] {
            let policy = RestartPolicy::parse(text);
            assert_eq!(policy.to_string(), text);
            let body = json!({ "HostConfig": { "RestartPolicy": policy.body() } });
            assert_eq!(RestartPolicy::of(&Inspection(body)), policy);
        }
        assert_eq!(RestartPolicy::of(&Inspection(json!({}))), RestartPolicy::never());
    }
}
