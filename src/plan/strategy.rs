//! Start-first or stop-first: chosen for each service, with the reason, unless somebody chose.

use std::str::FromStr;
use std::time::Duration;

use super::obstacles::Obstacle;
use super::readiness::effective_check;
use super::steps::{Finding, Level, Order, Readiness};
use crate::compose::model::Service;
use crate::engine::api::{ContainerSpec, Image};

/// What `--order` may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderChoice {
    /// Start-first wherever two containers can run at the same time.
    Auto,
    /// This one.
    Fixed(Order),
}

/// The order of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Strategy {
    /// The order.
    pub order: Order,
    /// Why, unless it is start-first by default.
    pub cause: Option<String>,
    /// What the user should know; an error if the order asked for cannot be had.
    pub findings: Vec<Finding>,
}

impl Strategy {
    /// Chooses: the flag wins over the file, and both over what the obstacles say.
    #[must_use]
    pub fn of(service: &Service, flag: Option<OrderChoice>, obstacles: &[Obstacle]) -> Self {
        let by_file = || {
            let config = service.deploy.as_ref()?.update_config.as_ref()?;
            let order = config.order.as_deref()?.parse().ok()?;
            Some((OrderChoice::Fixed(order), "`deploy.update_config.order` says so"))
        };
        let by_flag = flag.map(|choice| (choice, "`--order` says so"));
        match by_flag.or_else(by_file) {
            Some((OrderChoice::Fixed(Order::StartFirst), _)) => {
                Self::start_first(service, obstacles)
            }
            Some((OrderChoice::Fixed(Order::StopFirst), why)) => {
                Self { order: Order::StopFirst, cause: Some(why.to_owned()), findings: Vec::new() }
            }
            Some((OrderChoice::Auto, _)) | None => Self::automatic(service, obstacles),
        }
    }

    fn start_first(service: &Service, obstacles: &[Obstacle]) -> Self {
        let error = |obstacle: &Obstacle| obstacle.finding(Level::Error, service);
        Self {
            order: Order::StartFirst,
            cause: None,
            findings: obstacles.iter().map(error).collect(),
        }
    }

    fn automatic(service: &Service, obstacles: &[Obstacle]) -> Self {
        let Some(first) = obstacles.first() else { return Self::start_first(service, &[]) };
        let note = |obstacle: &Obstacle| obstacle.finding(Level::Note, service);
        Self {
            order: Order::StopFirst,
            cause: Some(first.what.clone()),
            findings: obstacles.iter().map(note).collect(),
        }
    }
}

/// How long a replica is down while it is replaced stop-first: at most its stop grace period, then
/// what its healthcheck allows for the start, or the time it has to run to count as ready.
#[must_use]
pub fn downtime(
    service: &Service,
    new: &ContainerSpec,
    image: Option<&Image>,
    readiness: &Readiness,
) -> Duration {
    let check = effective_check(&new.body, image);
    let start = check.map_or(readiness.ready_after, |check| check.start_period);
    service.stop_grace() + start.max(Duration::from_secs(1))
}

impl FromStr for OrderChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            _ => text
                .parse()
                .map(Self::Fixed)
                .map_err(|()| "an order is `auto`, `start-first` or `stop-first`".to_owned()),
        }
    }
}

impl FromStr for Order {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "start-first" => Ok(Self::StartFirst),
            "stop-first" => Ok(Self::StopFirst),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::obstacles::obstacles;
    use crate::plan::sample::project;

    fn chosen(keys: &str, flag: Option<&str>) -> Strategy {
        let yaml = format!("services:\n  web:\n    image: web:1\n    {keys}\n");
        let project = project(&yaml);
        let service = &project.services["web"];
        let flag = flag.map(|word| word.parse().unwrap());
        Strategy::of(service, flag, &obstacles(service, &[], 2, false))
    }

    const FIXED: &str = "container_name: web";
    const BY_FILE: &str = "deploy: {update_config: {order: stop-first}}";

    #[test]
    fn what_can_run_twice_starts_first_and_what_cannot_stops_first_and_says_why() {
        assert_eq!(chosen("restart: always", None).order, Order::StartFirst);
        let fixed = chosen(FIXED, None);
        assert_eq!(fixed.order, Order::StopFirst);
        assert_eq!(fixed.cause.unwrap(), "`web` has the fixed `container_name: web`");
        assert_eq!(fixed.findings[0].level, Level::Note);
    }

    #[test]
    fn the_file_may_choose_and_the_flag_wins() {
        assert_eq!(chosen(BY_FILE, None).order, Order::StopFirst);
        assert_eq!(chosen(BY_FILE, Some("auto")).order, Order::StartFirst);
        assert_eq!(chosen(BY_FILE, Some("start-first")).order, Order::StartFirst);
        assert_eq!(chosen("restart: always", Some("stop-first")).order, Order::StopFirst);
    }

    #[test]
    fn what_cannot_run_twice_is_refused_to_start_first() {
        let refused = chosen(FIXED, Some("start-first"));
        assert!(refused.findings[0].is_error());
    }
}
