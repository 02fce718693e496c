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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compose::model::{Deploy, RestartPolicy};

    #[test]
    fn the_policy_of_deploy_wins() {
        let policy = RestartPolicy {
            condition: Some("any".to_owned()),
            max_attempts: Some(3),
            ..RestartPolicy::default()
        };
        let deploy = Deploy { restart_policy: Some(policy), ..Deploy::default() };
        let mut service =
            Service { restart: Some("on-failure:5".to_owned()), ..Service::default() };
        assert_eq!(super::policy(&service), json!({"Name": "on-failure", "MaximumRetryCount": 5}));
        service.deploy = Some(deploy);
        assert_eq!(super::policy(&service), json!({"Name": "always", "MaximumRetryCount": 3}));
    }
}
