//! How a new container is judged ready, and how long it may take.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::build::PlanOptions;
use super::question::Question;
use super::wishes::Wishes;
use crate::engine::api::{Healthcheck, Image, healthcheck};

/// The shortest default deadline.
const SHORTEST_DEADLINE: Duration = Duration::from_mins(1);

/// How a new container is judged ready.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// The deadline from start to ready.
    pub timeout: Duration,
    /// Without a HEALTHCHECK and a question: how long it must have run.
    pub ready_after: Duration,
    /// What it must answer, besides.
    #[serde(default)]
    pub asked: Option<Asked>,
    /// How long it must run on once it is ready.
    #[serde(default)]
    pub settle: Duration,
}

impl Readiness {
    /// The same for a container that was ready before: nobody knows whether it has an answer.
    #[must_use]
    pub fn of_old(&self) -> Self {
        Self { asked: None, settle: Duration::ZERO, ..self.clone() }
    }
}

/// What a new container must answer to be ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The question.
    pub question: Question,
    /// How often in a row.
    pub successes: u32,
}

/// How a new container is judged: by the flags, else as the file wishes.
pub(super) fn readiness(
    options: &PlanOptions,
    wishes: &Wishes,
    check: Option<&Healthcheck>,
) -> Readiness {
    let flags = &options.ready;
    let question = flags.question.as_ref().or(wishes.ready.as_ref());
    Readiness {
        timeout: options.timeout.unwrap_or_else(|| default_deadline(check)),
        ready_after: options.ready_after,
        asked: question.map(|question| Asked {
            question: question.clone(),
            successes: flags.successes.or(wishes.successes).unwrap_or(1),
        }),
        settle: flags.settle.or(wishes.settle).unwrap_or_default(),
    }
}

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
    use crate::plan::{ReadyFlags, sample};

    #[test]
    fn flags_win_over_what_the_file_wishes_one_by_one() {
        let wishes = Wishes {
            ready: Some("tcp://:1".parse().unwrap()),
            successes: Some(2),
            settle: Some(Duration::from_secs(3)),
            ..Wishes::default()
        };
        let judged = |ready: ReadyFlags| {
            let options = PlanOptions { ready, ..sample::options(&[]) };
            let readiness = readiness(&options, &wishes, None);
            let asked = readiness.asked.unwrap();
            (asked.question.url(), asked.successes, readiness.settle.as_secs())
        };
        assert_eq!(judged(ReadyFlags::default()), ("tcp://:1".into(), 2, 3));
        let question = Some("tcp://:9".parse().unwrap());
        let flags = ReadyFlags { question, ..ReadyFlags::default() };
        assert_eq!(judged(flags), ("tcp://:9".into(), 2, 3));
        let settle = Some(Duration::ZERO);
        let flags = ReadyFlags { successes: Some(5), settle, question: None };
        assert_eq!(judged(flags), ("tcp://:1".into(), 5, 0));
        let nothing = readiness(&sample::options(&[]), &Wishes::default(), None);
        assert_eq!((nothing.asked, nothing.settle), (None, Duration::ZERO));
    }

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
