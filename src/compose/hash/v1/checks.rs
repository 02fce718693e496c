//! What v1 refuses in a service that has the right shape.

use std::path::Path;

use super::files::Scope;
use super::format::Format;
use super::service::is_address;
use super::value::{Dict, Py};
use crate::compose::ComposeError;
use crate::compose::source::Location;

/// A service that is looked at.
pub(super) struct Subject<'a> {
    pub(super) name: &'a str,
    /// What it is, before its last step.
    pub(super) service: &'a Dict,
    /// All services.
    pub(super) names: &'a [String],
    /// Where a key of it stands.
    pub(super) at: &'a dyn Fn(&str) -> Option<Location>,
}

/// Checks a service.
///
/// # Errors
/// The first thing refused.
pub(super) fn check(
    scope: &Scope<'_>,
    format: Format,
    subject: &Subject<'_>,
) -> Result<(), ComposeError> {
    subject.image_or_build(format)?;
    subject.context(scope)?;
    subject.cpus()?;
    subject.ulimits()?;
    subject.namespaces()?;
    subject.others()?;
    subject.healthcheck()?;
    subject.rest(format)
}

impl Subject<'_> {
    fn refuse<T>(&self, key: &str, message: String) -> Result<T, ComposeError> {
        let mut error = ComposeError::new(message);
        error.location = (self.at)(key);
        Err(error)
    }

    fn get(&self, key: &str) -> Option<&Py> {
        self.service.get(key)
    }

    fn image_or_build(&self, format: Format) -> Result<(), ComposeError> {
        let (image, build) = (self.get("image").is_some(), self.get("build"));
        let name = self.name;
        if !image && build.is_none() {
            return self.refuse("", format!("service `{name}` has neither `image` nor `build`"));
        }
        if let Some(Py::Dict(build)) = build
            && !build.contains_key("context")
        {
            return self.refuse("build", format!("`build` of service `{name}` has no `context`"));
        }
        if self.get("image").is_some_and(Py::is_empty) {
            return self.refuse("image", format!("`image` of service `{name}` is empty"));
        }
        let other = ["build", "dockerfile"].into_iter().find(|key| self.get(key).is_some());
        match (format, image, other) {
            (Format::Legacy, true, Some(key)) => self.refuse(
                key,
                format!("service `{name}` has `image` and `{key}`, which a file without `services:` cannot have together"),
            ),
            _ => Ok(()),
        }
    }

    /// A context on this machine must be there.
    fn context(&self, scope: &Scope<'_>) -> Result<(), ComposeError> {
        let context = match self.get("build") {
            Some(Py::Dict(build)) => build.get("context").and_then(Py::as_str),
            Some(Py::Str(context)) => Some(context.as_str()),
            _ => None,
        };
        match context.filter(|context| !is_address(context)) {
            Some(context) if !scope.disk.exists(Path::new(context)) => {
                self.refuse("build", format!("there is no build context `{context}`"))
            }
            _ => Ok(()),
        }
    }

    /// At most nine digits after the point.
    fn cpus(&self) -> Result<(), ComposeError> {
        match self.get("cpus") {
            Some(Py::Float(cpus)) if (cpus * 1e9).fract() != 0.0 => {
                let message = "`cpus` can have at most nine digits after the point";
                self.refuse("cpus", message.to_owned())
            }
            _ => Ok(()),
        }
    }

    fn ulimits(&self) -> Result<(), ComposeError> {
        let limits = self.get("ulimits").and_then(Py::as_dict).into_iter().flatten();
        for (name, limit) in limits {
            let Py::Dict(limit) = limit else { continue };
            if let (Some(Py::Int(soft)), Some(Py::Int(hard))) =
                (limit.get("soft"), limit.get("hard"))
                && soft > hard
            {
                let message = format!("`ulimits.{name}` is higher for `soft` than for `hard`");
                return self.refuse("ulimits", message);
            }
        }
        Ok(())
    }

    fn namespaces(&self) -> Result<(), ComposeError> {
        let has_mode = self.get("network_mode").is_some_and(|mode| !mode.is_empty());
        if has_mode && self.get("networks").is_some() {
            let message = format!(
                "service `{}` can have only one of `network_mode` and `networks`",
                self.name
            );
            return self.refuse("network_mode", message);
        }
        for key in ["network_mode", "ipc", "pid"] {
            let mode = self.get(key).and_then(Py::as_str).unwrap_or_default();
            if let Some(other) = mode.strip_prefix("service:") {
                self.known(key, other)?;
            }
        }
        Ok(())
    }

    /// Services it depends on or links to.
    fn others(&self) -> Result<(), ComposeError> {
        for other in self.get("depends_on").and_then(Py::as_dict).into_iter().flat_map(Dict::keys) {
            self.known("depends_on", other)?;
        }
        for link in self.get("links").cloned().unwrap_or(Py::None).into_items() {
            let link = link.text();
            self.known("links", link.split(':').next().unwrap_or_default())?;
        }
        Ok(())
    }

    fn known(&self, key: &str, other: &str) -> Result<(), ComposeError> {
        if other.is_empty() || self.names.iter().any(|name| name == other) {
            return Ok(());
        }
        let message =
            format!("`{key}` of service `{}` names `{other}`, which is no service", self.name);
        self.refuse(key, message)
    }

    fn healthcheck(&self) -> Result<(), ComposeError> {
        let Some(check) = self.get("healthcheck").and_then(Py::as_dict) else { return Ok(()) };
        let Some(Py::List(test)) = check.get("test") else { return Ok(()) };
        let message = match test.first().and_then(Py::as_str) {
            None => "`healthcheck.test` is empty",
            Some("NONE") if check.len() > 1 => {
                "a healthcheck that is disabled can have nothing else"
            }
            Some("NONE" | "CMD" | "CMD-SHELL") => return Ok(()),
            Some(_) => "`healthcheck.test` must begin with `NONE`, `CMD` or `CMD-SHELL`",
        };
        self.refuse("healthcheck", message.to_owned())
    }

    fn rest(&self, format: Format) -> Result<(), ComposeError> {
        let spec = self.get("credential_spec").and_then(Py::as_dict);
        if spec.is_some_and(|spec| {
            !spec.is_empty() && !spec.contains_key("registry") && !spec.contains_key("file")
        }) {
            let message = "`credential_spec` needs `file` or `registry`";
            return self.refuse("credential_spec", message.to_owned());
        }
        let is_half = self.get("memswap_limit").is_some() && self.get("mem_limit").is_none();
        if format == Format::Legacy && is_half {
            let message = "`memswap_limit` needs `mem_limit` beside it";
            return self.refuse("memswap_limit", message.to_owned());
        }
        let has_image = self.get("image").is_some_and(|image| !image.is_empty());
        if !has_image && self.name.contains(|c: char| c.is_ascii_uppercase()) {
            let message = format!(
                "service `{}` has no `image`, and no image can be named after it: it has capital letters",
                self.name
            );
            return self.refuse("", message);
        }
        Ok(())
    }
}
