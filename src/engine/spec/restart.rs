//! `restart` and `deploy.restart_policy`.

use serde_json::Value;

use super::object::Object;
use crate::compose::model::Service;

/// `RestartPolicy`; the one of `deploy` wins.
pub(super) fn policy(service: &Service) -> Value {
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.restart_policy.as_ref());
    if let Some(policy) = deployed {
        let condition = policy.condition.as_deref().unwrap_or_default();
        return body(condition, policy.max_attempts.unwrap_or(0));
    }
    let restart = service.restart.as_deref().unwrap_or_default();
    let (condition, attempts) = restart.split_once(':').unwrap_or((restart, ""));
    body(condition, attempts.parse().unwrap_or(0))
}

fn body(condition: &str, attempts: u64) -> Value {
    let mut body = Object::default();
    body.set(
        "Name",
        match condition {
            "none" => "no",
            "any" => "always",
            other => other,
        },
    );
    body.set("MaximumRetryCount", attempts);
    body.into()
}
