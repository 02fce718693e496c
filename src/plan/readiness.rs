//! How long a new container may take to become ready.

use std::time::Duration;

use serde_json::Value;

use crate::engine::api::{Healthcheck, Image, healthcheck};

/// The shortest default deadline.
const SHORTEST_DEADLINE: Duration = Duration::from_mins(1);

/// The default deadline from start to ready: the time after which the engine itself would have
/// called the container unhealthy, at least 60 s.
#[must_use]
pub fn default_deadline(check: Option<&Healthcheck>) -> Duration {
    let by_check = check.map_or(Duration::ZERO, |check| {
        (check.interval + check.timeout) * check.retries + check.start_period
    });
    by_check.max(SHORTEST_DEADLINE)
}

/// The HEALTHCHECK a new container will run under: what the body of its create call leaves open
/// comes from the image, as the engine does it.
#[must_use]
pub fn effective_check(body: &Value, image: Option<&Image>) -> Option<Healthcheck> {
    let from_image = image.and_then(|image| image.0.pointer("/Config/Healthcheck"));
    let mut check = from_image.and_then(Value::as_object).cloned().unwrap_or_default();
    let own = body.get("Healthcheck").and_then(Value::as_object).into_iter().flatten();
    check.extend(
        own.filter(|(_, value)| is_given(value)).map(|(key, value)| (key.clone(), value.clone())),
    );
    healthcheck(&Value::Object(check))
}

fn is_given(value: &Value) -> bool {
    value.as_u64() != Some(0)
        && value.as_array().is_none_or(|list| !list.is_empty())
        && !value.is_null()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_default_deadline_is_the_engines_own_patience_and_at_least_a_minute() {
        let check = |interval, retries| Healthcheck {
            test: vec!["CMD".into(), "true".into()],
            interval: Duration::from_secs(interval),
            timeout: Duration::from_secs(5),
            start_period: Duration::from_secs(20),
            retries,
        };
        assert_eq!(default_deadline(None), Duration::from_mins(1));
        assert_eq!(default_deadline(Some(&check(1, 3))), Duration::from_mins(1));
        assert_eq!(default_deadline(Some(&check(30, 4))), Duration::from_secs(160));
    }

    #[test]
    fn what_the_file_leaves_open_comes_from_the_image() {
        let image = Image(json!({"Config": {"Healthcheck": {
            "Test": ["CMD", "check"], "Interval": 5_000_000_000_u64, "Retries": 9,
        }}}));
        let body = json!({"Healthcheck": {"Interval": 7_000_000_000_u64, "Retries": 0}});
        let check = effective_check(&body, Some(&image)).unwrap();
        assert_eq!(check.test, ["CMD", "check"]);
        assert_eq!((check.interval, check.retries), (Duration::from_secs(7), 9));
        assert_eq!(
            effective_check(&json!({"Healthcheck": {"Test": ["NONE"]}}), Some(&image)),
            None
        );
        assert_eq!(effective_check(&json!({}), None), None);
    }
}
