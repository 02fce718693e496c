//! Images, networks and volumes as the engine describes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::healthcheck::{Healthcheck, healthcheck};
use super::json::{string_map, text_at};
use crate::compose::reference::Reference;
use crate::labels;

/// `GET /images/{name}/json` as the engine sent it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Image(pub Value);

impl Image {
    /// Id: `sha256:` and 64 hex digits.
    #[must_use]
    pub fn id(&self) -> String {
        text_at(&self.0, "/Id")
    }

    /// `repository@sha256:…` of the registry that `reference` came from, if it came from one.
    #[must_use]
    pub fn digest(&self, reference: &str) -> Option<String> {
        let digests = self.0.get("RepoDigests").and_then(Value::as_array)?;
        let all = || digests.iter().filter_map(Value::as_str);
        let of_same =
            all().find(|digest| Reference::split(digest).name == Reference::split(reference).name);
        of_same.or_else(|| all().next()).map(str::to_owned)
    }

    /// Paths the image declares as volumes.
    #[must_use]
    pub fn volumes(&self) -> Vec<String> {
        let volumes = self.0.pointer("/Config/Volumes").and_then(Value::as_object);
        volumes.into_iter().flatten().map(|(path, _)| path.clone()).collect()
    }

    /// The image's HEALTHCHECK, if it has one.
    #[must_use]
    pub fn healthcheck(&self) -> Option<Healthcheck> {
        healthcheck(self.0.pointer("/Config/Healthcheck")?)
    }

    /// `os/architecture[/variant]`.
    #[must_use]
    pub fn platform(&self) -> String {
        let (os, architecture) = (text_at(&self.0, "/Os"), text_at(&self.0, "/Architecture"));
        match text_at(&self.0, "/Variant").as_str() {
            "" => format!("{os}/{architecture}"),
            variant => format!("{os}/{architecture}/{variant}"),
        }
    }
}

/// `GET /networks/{id}` as the engine sent it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Network(pub Value);

impl Network {
    /// Full id.
    #[must_use]
    pub fn id(&self) -> String {
        text_at(&self.0, "/Id")
    }

    /// Name.
    #[must_use]
    pub fn name(&self) -> String {
        text_at(&self.0, "/Name")
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        string_map(self.0.get("Labels"))
    }
}

/// `GET /volumes/{name}` as the engine sent it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Volume(pub Value);

impl Volume {
    /// Name.
    #[must_use]
    pub fn name(&self) -> String {
        text_at(&self.0, "/Name")
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        string_map(self.0.get("Labels"))
    }

    /// Whether it is a lock of composeup with this token.
    #[must_use]
    pub fn is_lock(&self, token: &str) -> bool {
        let labels = self.labels();
        labels.contains_key(labels::LOCK)
            && labels.get(labels::LOCK_TOKEN).is_some_and(|own| own == token)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_digest_is_the_one_of_the_registry_that_was_named() {
        let image = Image(json!({
            "RepoDigests": ["ghost@sha256:aa", "localhost:5000/ghost@sha256:bb"],
        }));
        assert_eq!(
            image.digest("localhost:5000/ghost:3").unwrap(),
            "localhost:5000/ghost@sha256:bb"
        );
        assert_eq!(image.digest("ghost:3@sha256:aa").unwrap(), "ghost@sha256:aa");
        assert_eq!(Image(json!({ "RepoDigests": [] })).digest("ghost:3"), None);
    }
}
