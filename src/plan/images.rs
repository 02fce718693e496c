//! The image of a service: what it is, whether it has to be pulled, and what is found about it.

use super::build::PullPolicy;
use super::service::Planner;
use super::steps::{Finding, Level, Pin, Pull};
use crate::engine::api::{Image, Inspection};

impl Planner<'_> {
    pub(super) fn image_name(&self) -> String {
        self.service.image.clone().unwrap_or_default()
    }

    /// What the image of a container is, even if its tag has moved or the engine lost it.
    pub(super) fn pin_of(&self, old: &Inspection) -> Pin {
        let image = self.situation.observed.images.get(&old.image_id());
        let lost = || Pin { id: old.image_id(), digest: None };
        image.map_or_else(lost, |image| Pin::of(image, &old.image()))
    }

    pub(super) fn image(&self) -> Option<&Image> {
        self.situation.observed.images.get(self.service.image.as_ref()?)
    }

    /// The pull the service needs, by the flag, else by its own `pull_policy`.
    pub(super) fn pull(&self) -> Option<Pull> {
        let by_file = match self.service.pull_policy.as_deref() {
            Some("always") => PullPolicy::Always,
            Some("never" | "build") => PullPolicy::Never,
            _ => PullPolicy::Missing,
        };
        let policy = match self.options.pull.unwrap_or(by_file) {
            PullPolicy::Always if !self.is_asked_for() => PullPolicy::Missing,
            policy => policy,
        };
        let pin = self.options.pins.get(&self.service.name);
        let is_another = |pin: &Pin| self.image().is_none_or(|image| image.id() != pin.id);
        let wanted = match (policy, pin) {
            (PullPolicy::Never, _) => false,
            (_, Some(pin)) => is_another(pin),
            (PullPolicy::Always, None) => true,
            (PullPolicy::Missing, None) => self.image().is_none(),
        };
        (wanted && self.service.image.is_some()).then(|| Pull {
            service: self.service.name.clone(),
            image: self.image_name(),
            platform: self.service.platform.clone(),
            pin: pin.cloned(),
        })
    }

    pub(super) fn image_findings(&self, is_pulled: bool) -> Vec<Finding> {
        let name = &self.service.name;
        let error = |what: String, hint: &str| {
            vec![Finding::new(Level::Error, Some(name), what).with_hint(hint)]
        };
        match &self.service.image {
            None => error(
                format!("`{name}` has no `image`; it is only built"),
                "give it an `image:` with a tag beside `build:`, and build that tag first",
            ),
            Some(image) if !is_pulled && self.image().is_none() => error(
                format!("image `{image}` is not on the engine, and nothing may be pulled"),
                "load or build the image first, or leave out `--pull never`",
            ),
            Some(image) if is_pulled && self.is_gone() => error(
                format!("what `{image}` was is not on the engine any more, and no registry has it"),
                "build or load that image again and give it its tag, then `composeup upgrade`",
            ),
            Some(_) => Vec::new(),
        }
    }

    /// Whether the image that is to have its name again can be had from nowhere.
    fn is_gone(&self) -> bool {
        let is_gone = |pin: &Pin| {
            pin.digest.is_none() && !self.situation.observed.images.contains_key(&pin.id)
        };
        self.options.pins.get(&self.service.name).is_some_and(is_gone)
    }
}
