//! How a rolling update goes on: how many replicas at a time, and what a failure means. Read from
//! `deploy.update_config` and `deploy.rollback_config` of the user's file, which Compose itself
//! ignores, with `SwarmKit`'s meaning and defaults but for one: a failure rolls back.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::compose::model::UpdateConfig;

/// `SwarmKit`'s window after ready in which a failure still counts; 0 in a file means the same.
const DEFAULT_MONITOR: Duration = Duration::from_secs(5);

/// How the replicas of one service follow each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// How many replicas are replaced at a time, at least 1.
    pub parallelism: usize,
    /// Time between a replica and the next one in its place.
    pub delay: Duration,
    /// Time after ready in which a failure still counts.
    pub monitor: Duration,
    /// What happens once more replicas failed than [`Self::max_failure_ratio`] allows.
    pub failure_action: FailureAction,
    /// The share of the replicas that may fail, from 0 to 1.
    pub max_failure_ratio: f32,
}

/// What happens when too many replicas failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureAction {
    /// Everything this run did is taken back.
    Rollback,
    /// Nothing further begins; both versions run until `resume` or `abort`.
    Pause,
    /// The other replicas go on; a failed one gets its old container back.
    Continue,
}

/// A number of replicas, or a share of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parallelism {
    /// So many; 0 is all of them.
    Count(usize),
    /// Percent of the replicas, rounded down, at least one.
    Percent(usize),
}

/// What flags say of a policy; they win over the file.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PolicyFlags {
    /// `--parallelism`.
    pub parallelism: Option<Parallelism>,
    /// `--delay`.
    pub delay: Option<Duration>,
    /// `--monitor`.
    pub monitor: Option<Duration>,
    /// `--failure-action`.
    pub failure_action: Option<FailureAction>,
    /// `--max-failure-ratio`.
    pub max_failure_ratio: Option<f32>,
}

impl Policy {
    /// The policy for `replicas` replicas that change.
    #[must_use]
    pub fn of(config: Option<&UpdateConfig>, flags: &PolicyFlags, replicas: usize) -> Self {
        let by_file = config.and_then(|config| config.parallelism);
        let by_file = by_file.map(|count| Parallelism::Count(usize::try_from(count).unwrap_or(0)));
        let parallelism = flags.parallelism.or(by_file).unwrap_or(Parallelism::Count(1));
        let action = config.and_then(|config| config.failure_action.as_deref());
        let action = action.and_then(|word| word.parse().ok());
        Self {
            parallelism: parallelism.of(replicas),
            delay: flags.delay.or(config.map(|config| config.delay)).unwrap_or_default(),
            monitor: flags.monitor.unwrap_or_else(|| monitor(config)),
            failure_action: flags.failure_action.or(action).unwrap_or(FailureAction::Rollback),
            max_failure_ratio: flags
                .max_failure_ratio
                .or(config.map(|config| config.max_failure_ratio))
                .unwrap_or(0.0),
        }
    }

    /// Whether `failed` of `replicas` are more than may fail.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of replicas are small")]
    pub fn is_exceeded(&self, failed: usize, replicas: usize) -> bool {
        failed > 0 && failed as f32 / replicas.max(1) as f32 > self.max_failure_ratio
    }
}

fn monitor(config: Option<&UpdateConfig>) -> Duration {
    config.map(|config| config.monitor).filter(|time| !time.is_zero()).unwrap_or(DEFAULT_MONITOR)
}

impl Parallelism {
    /// The number it means for `replicas` replicas, at least 1.
    #[must_use]
    pub fn of(self, replicas: usize) -> usize {
        let count = match self {
            Self::Count(0) => replicas,
            Self::Count(count) => count,
            Self::Percent(percent) => replicas * percent / 100,
        };
        count.max(1)
    }
}

impl FromStr for Parallelism {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || "a number of replicas looks like `2` or `25%`; `0` is all of them".to_owned();
        match text.strip_suffix('%') {
            Some(percent) => match percent.parse() {
                Ok(percent @ 1..=100) => Ok(Self::Percent(percent)),
                _ => Err(wrong()),
            },
            None => text.parse().map(Self::Count).map_err(|_| wrong()),
        }
    }
}

impl FromStr for FailureAction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "rollback" => Ok(Self::Rollback),
            "pause" => Ok(Self::Pause),
            "continue" => Ok(Self::Continue),
            _ => Err("a failure action is `rollback`, `pause` or `continue`".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> UpdateConfig {
        UpdateConfig {
            parallelism: Some(2),
            delay: Duration::from_secs(3),
            failure_action: Some("pause".into()),
            monitor: Duration::from_secs(20),
            max_failure_ratio: 0.25,
            ..UpdateConfig::default()
        }
    }

    #[test]
    fn without_a_word_one_replica_at_a_time_is_watched_for_five_seconds_and_rolled_back() {
        let policy = Policy::of(None, &PolicyFlags::default(), 6);
        assert_eq!((policy.parallelism, policy.delay), (1, Duration::ZERO));
        assert_eq!(policy.monitor, Duration::from_secs(5));
        assert_eq!(policy.failure_action, FailureAction::Rollback);
        assert!(policy.is_exceeded(1, 6));
    }

    #[test]
    fn the_file_wins_over_the_defaults_and_the_flags_win_over_the_file() {
        let by_file = Policy::of(Some(&file()), &PolicyFlags::default(), 6);
        assert_eq!((by_file.parallelism, by_file.delay), (2, Duration::from_secs(3)));
        assert_eq!(by_file.failure_action, FailureAction::Pause);
        let flags = PolicyFlags {
            parallelism: Some(Parallelism::Percent(50)),
            monitor: Some(Duration::ZERO),
            failure_action: Some(FailureAction::Continue),
            ..PolicyFlags::default()
        };
        let by_flags = Policy::of(Some(&file()), &flags, 6);
        assert_eq!((by_flags.parallelism, by_flags.monitor), (3, Duration::ZERO));
        assert_eq!(by_flags.failure_action, FailureAction::Continue);
        assert_eq!(by_flags.delay, Duration::from_secs(3));
    }

    #[test]
    fn a_parallelism_of_zero_is_all_and_a_share_is_at_least_one() {
        assert_eq!(Parallelism::Count(0).of(6), 6);
        assert_eq!("25%".parse::<Parallelism>().unwrap().of(6), 1);
        assert_eq!("50%".parse::<Parallelism>().unwrap().of(7), 3);
        assert_eq!("5%".parse::<Parallelism>().unwrap().of(3), 1);
        for wrong in ["", "%", "-1", "0%", "101%", "2.5"] {
            assert!(wrong.parse::<Parallelism>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_budget_is_exceeded_only_by_more_than_its_share() {
        let policy = Policy::of(Some(&file()), &PolicyFlags::default(), 4);
        assert!(!policy.is_exceeded(0, 4) && !policy.is_exceeded(1, 4));
        assert!(policy.is_exceeded(2, 4));
    }
}
