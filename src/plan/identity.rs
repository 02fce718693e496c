//! Which Compose made the containers of a service, and what it would write on the next one.

use std::collections::BTreeMap;

use super::build::Situation;
use crate::compose::model::Service;
use crate::engine::api::Inspection;
use crate::engine::spec::{Peer, Style};
use crate::labels;

/// How the new containers of a service are made to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Names, labels and calls follow this release.
    pub style: Style,
    /// The config hash that release gives the service as it will be.
    pub config_hash: String,
}

impl Identity {
    /// Reads it from the containers that run.
    #[must_use]
    pub fn of(
        _situation: &Situation,
        _service: &Service,
        containers: &[Inspection],
        _peers: &BTreeMap<String, Vec<Peer>>,
    ) -> Self {
        let style = containers.first().map(Style::of).unwrap_or_default();
        let hash = containers.first().and_then(|one| one.label(labels::CONFIG_HASH));
        Self { style, config_hash: hash.unwrap_or_default().to_owned() }
    }
}
