//! `healthcheck`.

use std::time::Duration;

use serde_json::Value;

use super::object::Object;
use super::{SpecError, SpecInput};

/// The first API version with `start_interval`.
const START_INTERVAL: (u32, u32) = (1, 44);

/// `Healthcheck` of the create body; null leaves the image's own in force.
pub(super) fn healthcheck(input: &SpecInput) -> Result<Value, SpecError> {
    let Some(check) = &input.service.healthcheck else { return Ok(Value::Null) };
    let mut body = Object::default();
    let none = || vec!["NONE".to_owned()];
    body.set("Test", if check.disable { none() } else { check.test.clone() });
    body.set("Interval", check.interval.map(nanoseconds));
    body.set("Timeout", check.timeout.map(nanoseconds));
    body.set("StartPeriod", check.start_period.map(nanoseconds));
    body.set("Retries", check.retries);
    if let Some(interval) = check.start_interval {
        input.needs_api(START_INTERVAL, "healthcheck.start_interval")?;
        body.set("StartInterval", nanoseconds(interval));
    }
    Ok(body.into())
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Given;
    use super::*;
    use crate::compose::model::{Healthcheck, Service};

    #[test]
    fn a_start_interval_needs_an_engine_that_knows_it() {
        let check =
            Healthcheck { start_interval: Some(Duration::from_secs(2)), ..Healthcheck::default() };
        let mut given = Given::new(Service { healthcheck: Some(check), ..Service::default() });
        let expected = "`services.web.healthcheck.start_interval` needs engine API 1.44; this engine speaks 1.41";
        assert_eq!(given.error(), expected);
        given.api = "1.44";
        assert_eq!(given.sends("/Healthcheck/StartInterval"), 2_000_000_000_u64);
    }
}
