//! How the containers of a service are named and labelled: as the Compose that made them does.

use serde::{Deserialize, Serialize};

use super::release::Release;
use crate::engine::api::Inspection;
use crate::labels;

/// What joins project, service and number in the name of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Separator {
    /// `shop-web-1`: Compose v2.
    Hyphen,
    /// `shop_web_1`: Compose v1, and v2 with `COMPOSE_COMPATIBILITY`.
    Underscore,
}

impl Separator {
    fn text(self) -> &'static str {
        match self {
            Self::Hyphen => "-",
            Self::Underscore => "_",
        }
    }
}

/// The style a container was made in, which the one that replaces it keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Style {
    /// Release of Compose, as its label tells it.
    pub version: String,
    /// What joins the parts of its name.
    pub separator: Separator,
}

/// The release whose style is used where no container tells another.
const DEFAULT_VERSION: &str = "2.40.3";

impl Default for Style {
    fn default() -> Self {
        Self::of_version(DEFAULT_VERSION)
    }
}

impl Style {
    /// The style a release has by default.
    #[must_use]
    pub fn of_version(version: &str) -> Self {
        let v1 = Release::parse(version).is_v1();
        let separator = if v1 { Separator::Underscore } else { Separator::Hyphen };
        Self { version: version.to_owned(), separator }
    }

    /// The style of a container that is there, by its labels and its name. A name Compose would
    /// not give (`container_name`, a rename by hand) says nothing about the separator.
    #[must_use]
    pub fn of(container: &Inspection) -> Self {
        let label = |key| container.label(key).unwrap_or_default();
        let style = match label(labels::VERSION) {
            "" => Self::default(),
            version => Self::of_version(version),
        };
        let (project, service) = (label(labels::PROJECT), label(labels::SERVICE));
        let number = container.number().unwrap_or(1);
        let name = container.name();
        let separator = [Separator::Hyphen, Separator::Underscore].into_iter().find(|separator| {
            let style = Self { separator: *separator, ..style.clone() };
            final_name(&name) == style.container_name(project, service, number)
        });
        Self { separator: separator.unwrap_or(style.separator), ..style }
    }

    /// The release.
    #[must_use]
    pub fn release(&self) -> Release {
        Release::parse(&self.version)
    }

    /// The name of replica `number` of a service that has no `container_name`.
    #[must_use]
    pub fn container_name(&self, project: &str, service: &str, number: u32) -> String {
        let v1 = self.release().is_v1();
        let project = if v1 { project.trim_start_matches(['-', '_']) } else { project };
        [project, service, &number.to_string()].join(self.separator.text())
    }

    /// The image name of a service that is built and has no `image`.
    #[must_use]
    pub fn image_name(&self, project: &str, service: &str) -> String {
        [project, service].join(self.separator.text())
    }
}

/// `name` without the `<12 hex digits>_` in front of it that Compose puts there while it recreates.
#[must_use]
pub fn final_name(name: &str) -> &str {
    match name.split_once('_') {
        Some((id, rest)) if id.len() == 12 && id.bytes().all(|b| b.is_ascii_hexdigit()) => rest,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn style_of(name: &str, version: &str) -> Style {
        Style::of(&Inspection(json!({
            "Name": format!("/{name}"),
            "Config": {"Labels": {
                labels::PROJECT: "shop", labels::SERVICE: "web",
                labels::CONTAINER_NUMBER: "2", labels::VERSION: version,
            }},
        })))
    }

    #[test]
    fn v2_joins_names_with_hyphens() {
        assert_eq!(style_of("shop-web-2", "2.40.3").container_name("shop", "web", 2), "shop-web-2");
    }

    #[test]
    fn v1_joins_names_with_underscores() {
        assert_eq!(style_of("shop_web_2", "1.29.2").container_name("shop", "web", 2), "shop_web_2");
    }

    #[test]
    fn v2_in_compatibility_mode_is_told_by_the_name() {
        assert_eq!(style_of("shop_web_2", "2.26.1").separator, Separator::Underscore);
    }

    #[test]
    fn a_name_compose_would_not_give_leaves_the_separator_to_the_release() {
        assert_eq!(style_of("the-shop", "2.40.3").separator, Separator::Hyphen);
        assert_eq!(style_of("the-shop", "1.29.2").separator, Separator::Underscore);
    }

    #[test]
    fn the_temporary_name_of_a_recreate_is_looked_through() {
        assert_eq!(style_of("0123456789ab_shop_web_2", "2.40.3").separator, Separator::Underscore);
        assert_eq!(final_name("0123456789ab_shop-web-2"), "shop-web-2");
        assert_eq!(final_name("shop_web_2"), "shop_web_2");
    }

    #[test]
    fn v1_drops_what_leads_the_project_name_and_v2_keeps_it() {
        assert_eq!(Style::of_version("1.29.2").container_name("_a", "web", 1), "a_web_1");
        assert_eq!(Style::of_version("2.40.3").container_name("_a", "web", 1), "_a-web-1");
    }
}
