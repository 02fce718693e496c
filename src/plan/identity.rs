//! Which Compose made the containers of a service, and what it would write on the next one.
//!
//! Releases of Compose hash the same service differently, and the next `compose up` recreates every
//! container whose hash is not its own. So the release is proven, not guessed: the one under which
//! the files as they are reproduce the hash of the running container.

use std::collections::BTreeMap;

use super::build::Situation;
use crate::compose::hash::{Generation, Shared, label_hash};
use crate::compose::model::{Project, Service};
use crate::engine::api::Inspection;
use crate::engine::spec::{Peer, Style};
use crate::labels;

/// How the new containers of a service are made to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Names, labels and calls follow this release.
    pub style: Style,
    /// The releases whose hash is written.
    pub generation: Generation,
    /// How the generation was found.
    pub proof: Proof,
    /// The hash that generation gives the service as it will be.
    pub config_hash: String,
}

/// How a generation was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The files as they are reproduce the container's hash.
    Reproduced,
    /// They do with the image the container runs: only the image was edited since.
    ReproducedWithItsImage,
    /// They do not: they were edited since. The container's version label decides.
    VersionLabel,
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
        let proven = containers.first().zip(before).and_then(|(container, before)| {
            prove(situation.before, before, container, &style, &shared)
        });
        let (generation, proof) =
            proven.unwrap_or_else(|| (by_version(&style), Proof::VersionLabel));
        let config_hash = label_hash(situation.after, service, generation, &shared);
        Self { style, generation, proof, config_hash }
    }
}

/// The generation that reproduces the container's hash; of several the one its label names.
fn prove(
    project: &Project,
    service: &Service,
    container: &Inspection,
    style: &Style,
    shared: &Shared,
) -> Option<(Generation, Proof)> {
    let hash = container.label(labels::CONFIG_HASH)?;
    let mut generations = Generation::ALL.to_vec();
    generations.sort_by_key(|generation| *generation != by_version(style));
    let reproduces = |service: &Service| {
        let mut generations = generations.iter().copied();
        generations.find(|generation| label_hash(project, service, *generation, shared) == hash)
    };
    if let Some(generation) = reproduces(service) {
        return Some((generation, Proof::Reproduced));
    }
    let mut with_its_image = service.clone();
    with_its_image.image = Some(container.image());
    Some((reproduces(&with_its_image)?, Proof::ReproducedWithItsImage))
}

fn by_version(style: &Style) -> Generation {
    Generation::of_release(&style.version).unwrap_or(Generation::NEWEST)
}

/// Of several containers of a service Compose takes the first one by name.
fn shared(peers: &BTreeMap<String, Vec<Peer>>) -> Shared {
    let first = |peers: &Vec<Peer>| peers.iter().min_by(|a, b| a.name.cmp(&b.name)).cloned();
    peers.iter().filter_map(|(service, all)| Some((service.clone(), first(all)?.id.0))).collect()
}
