//! Which Compose made the containers of a service, and what it would write on the next one.
//!
//! Releases of Compose hash the same service differently, and the next `compose up` recreates every
//! container whose hash is not its own. So the release is proven, not guessed: the one under which
//! the files as they are reproduce the hash of the running container.

use std::collections::BTreeMap;

use super::build::Situation;
use crate::compose::hash::{Evidence, Proof, Shared, label_hash, prove};
use crate::compose::model::Service;
use crate::engine::api::Inspection;
use crate::engine::spec::{Peer, Style};
use crate::labels;

/// How the new containers of a service are made to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Names, labels and calls follow this release.
    pub style: Style,
    /// Whose hash is written, and how that is known.
    pub proof: Proof,
    /// The hash it gives the service as it will be.
    pub config_hash: String,
}

impl Identity {
    /// Reads it from the containers that run; they are of one service.
    #[must_use]
    pub fn of(
        situation: &Situation,
        service: &Service,
        containers: &[Inspection],
        peers: &BTreeMap<String, Vec<Peer>>,
    ) -> Self {
        let style = containers.first().map(Style::of).unwrap_or_default();
        let shared = shared(peers);
        let before = situation.before.services.get(&service.name);
        let proof = containers.first().zip(before).map_or(Proof::Nothing, |(container, before)| {
            let image = container.image();
            let evidence = Evidence {
                hash: container.label(labels::CONFIG_HASH).unwrap_or_default(),
                version: container.label(labels::VERSION),
                image: Some(&image),
                shared: &shared,
                v1: &|_| None,
            };
            prove(situation.before, before, &evidence)
        });
        let config_hash = label_hash(situation.after, service, proof.generation(), &shared);
        Self { style, proof, config_hash }
    }
}

/// Of several containers of a service Compose takes the first one by name.
fn shared(peers: &BTreeMap<String, Vec<Peer>>) -> Shared {
    let first = |peers: &Vec<Peer>| peers.iter().min_by(|a, b| a.name.cmp(&b.name)).cloned();
    peers.iter().filter_map(|(service, all)| Some((service.clone(), first(all)?.id.0))).collect()
}
