//! Which Compose made the containers of a service, and what it would write on the next one.
//!
//! Releases of Compose hash the same service differently, and the next `compose up` recreates every
//! container whose hash is not its own. So the release is proven, not guessed: the one under which
//! the files as they are reproduce the hash of the running container.

use std::collections::BTreeMap;

use super::build::Situation;
use super::dependents::shares;
use crate::compose::hash::v1::Facts;
use crate::compose::hash::{Evidence, Generation, HashText, Proof, Shared, hash_text, prove};
use crate::compose::model::Service;
use crate::engine::api::{Image, Inspection};
use crate::engine::spec::{Peer, Style};
use crate::labels;

/// How the new containers of a service are made to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Names, labels and calls follow this release.
    pub style: Style,
    /// Whose hash is written, and how that is known.
    pub proof: Proof,
    /// What it computes the hash of the service as it will be from.
    pub hash_text: HashText,
    /// That hash.
    pub config_hash: String,
}

impl Identity {
    /// Reads it from the containers that run, among those there are at `present`. The hash is the
    /// one among those there will be in `future`.
    #[must_use]
    pub fn of(
        situation: &Situation,
        service: &Service,
        present: &BTreeMap<String, Vec<Peer>>,
        future: &BTreeMap<String, Vec<Peer>>,
    ) -> Self {
        let first = situation.observed.of(&service.name).first();
        let style = first.map(Style::of).unwrap_or_default();
        let (present, future) = (shared_by(service, present), shared_by(service, future));
        let proof = first.map_or(Proof::Nothing, |old| proof(situation, service, old, &present));
        let hash_text = hash_text_of(situation, service, proof.generation(), &future);
        Self { style, proof, config_hash: hash_text.hash(), hash_text }
    }
}

/// Holds the files as they are against the hash of a running container.
fn proof(situation: &Situation, service: &Service, old: &Inspection, shared: &Shared) -> Proof {
    let Some(before) = situation.before.services.get(&service.name) else { return Proof::Nothing };
    let image = old.image();
    let facts = facts(situation, Some(old.image_id()), shared);
    let by_v1 = |image: Option<&str>| situation.v1?.0.hash(&service.name, image, &facts);
    let evidence = Evidence {
        hash: old.label(labels::CONFIG_HASH).unwrap_or_default(),
        version: old.label(labels::VERSION),
        image: Some(&image),
        shared,
        v1: &by_v1,
    };
    prove(situation.before, before, &evidence)
}

/// What the hash of the service as it will be is computed from. What v1 cannot read is no v1 project
/// any more.
fn hash_text_of(
    situation: &Situation,
    service: &Service,
    generation: Generation,
    shared: &Shared,
) -> HashText {
    let image = service.image.as_ref().and_then(|image| situation.observed.images.get(image));
    let facts = facts(situation, image.map(Image::id), shared);
    let by_v1 = situation.v1.filter(|_| generation == Generation::V1);
    by_v1
        .and_then(|(_, after)| after.hash_text(&service.name, None, &facts))
        .unwrap_or_else(|| hash_text(situation.after, service, generation, shared))
}

fn facts(situation: &Situation, image_id: Option<String>, shared: &Shared) -> Facts {
    let named = situation.observed.named.iter();
    let named = named.map(|(name, container)| (name.clone(), container.id().0)).collect();
    Facts { image_id, containers: shared.clone(), named }
}

/// Of several containers of a service Compose takes the first one by name.
#[must_use]
pub fn shared(peers: &BTreeMap<String, Vec<Peer>>) -> Shared {
    let of = |all: &Vec<Peer>| Some(first_by_name(all)?.id.0.clone());
    peers.iter().filter_map(|(service, all)| Some((service.clone(), of(all)?))).collect()
}

/// The same for the services that one shares something with.
fn shared_by(service: &Service, peers: &BTreeMap<String, Vec<Peer>>) -> Shared {
    let first = |name: &str| Some((name.to_owned(), first_by_name(peers.get(name)?)?.id.0.clone()));
    shares(service).iter().filter_map(|share| first(share.with)).collect()
}

/// The container that Compose takes for the namespaces of a service.
pub(super) fn first_by_name(peers: &[Peer]) -> Option<&Peer> {
    peers.iter().min_by(|a, b| a.name.cmp(&b.name))
}
