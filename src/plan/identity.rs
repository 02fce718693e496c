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
    /// The container that tells it: its index among those there are.
    pub followed: Option<usize>,
    /// Names, labels and calls follow this release.
    pub style: Style,
    /// Whose hash is written, and how that is known.
    pub proof: Proof,
    /// Containers that releases of other generations made: their numbers.
    pub others: BTreeMap<Generation, Vec<u32>>,
    /// What it computes the hash of the service as it will be from.
    pub hash_text: HashText,
    /// That hash.
    pub config_hash: String,
}

impl Identity {
    /// Reads it from the containers there are, among those there are at `present`. The hash is the
    /// one among those there will be in `future`.
    #[must_use]
    pub fn of(
        situation: &Situation,
        service: &Service,
        present: &BTreeMap<String, Vec<Peer>>,
        future: &BTreeMap<String, Vec<Peer>>,
    ) -> Self {
        let (present, future) = (shared_by(service, present), shared_by(service, future));
        let containers = situation.observed.of(&service.name).iter();
        let makers = containers.map(|old| Maker {
            number: old.number(),
            hash: old.label(labels::CONFIG_HASH).unwrap_or_default().to_owned(),
            style: Style::of(old),
            proof: proof(situation, service, old, &present),
        });
        let makers: Vec<Maker> = makers.collect();
        let followed = followed(&makers);
        let (style, proof) = followed.map_or((Style::default(), Proof::Nothing), |index| {
            (makers[index].style.clone(), makers[index].proof)
        });
        let hash_text = hash_text_of(situation, service, proof.generation(), &future);
        let others = followed.map(|index| others(&makers, &makers[index])).unwrap_or_default();
        Self { followed, style, proof, others, config_hash: hash_text.hash(), hash_text }
    }
}

/// Which Compose made a container.
struct Maker {
    number: Option<u32>,
    /// The config hash it wrote.
    hash: String,
    style: Style,
    proof: Proof,
}

/// The index of the one that is followed: of those that are proven, else of all, the first of the
/// newest generation, since a project goes to newer releases.
fn followed(makers: &[Maker]) -> Option<usize> {
    let rank = |index: &usize| {
        let proof = makers[*index].proof;
        (proof.is_proven(), proof != Proof::Nothing, proof.generation())
    };
    (0..makers.len()).rev().max_by_key(rank)
}

/// The numbers of the containers that releases of other generations made, as far as that is known.
/// Where both wrote the same hash, each takes the other's containers for its own.
fn others(makers: &[Maker], followed: &Maker) -> BTreeMap<Generation, Vec<u32>> {
    let is_other = |one: &&Maker| {
        one.hash != followed.hash
            && one.proof != Proof::Nothing
            && one.proof.generation() != followed.proof.generation()
    };
    let mut others: BTreeMap<Generation, Vec<u32>> = BTreeMap::new();
    for one in makers.iter().filter(is_other) {
        others.entry(one.proof.generation()).or_default().extend(one.number);
    }
    others
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

#[cfg(test)]
mod tests {
    use super::*;

    fn maker(number: u32, version: &str, proof: Proof) -> Maker {
        let hash = format!("by {version}");
        Maker { number: Some(number), hash, style: Style::of_version(version), proof }
    }

    /// The number of the container that is followed, and those of others.
    fn told(makers: &[Maker]) -> (Option<u32>, BTreeMap<Generation, Vec<u32>>) {
        let one = &makers[followed(makers).unwrap()];
        (one.number, others(makers, one))
    }

    #[test]
    fn a_service_of_one_release_has_no_others() {
        let proof = Proof::Files(Generation::V2_36);
        let makers = [maker(1, "2.40.3", proof), maker(2, "2.40.3", proof)];
        assert_eq!(told(&makers), (Some(1), BTreeMap::new()));
        assert_eq!(followed(&[]), None);
    }

    #[test]
    fn of_two_releases_the_newer_one_is_followed_wherever_its_container_stands() {
        let mut makers = vec![
            maker(1, "2.26.1", Proof::Files(Generation::Debian226)),
            maker(2, "2.40.3", Proof::FilesWithItsImage(Generation::V2_36)),
        ];
        let of_the_older = BTreeMap::from([(Generation::Debian226, vec![1])]);
        assert_eq!(told(&makers), (Some(2), of_the_older.clone()));
        makers.reverse();
        assert_eq!(told(&makers), (Some(2), of_the_older));
    }

    #[test]
    fn releases_that_write_the_same_hash_are_no_others_of_each_other() {
        let mut makers = [
            maker(1, "2.34.0", Proof::Files(Generation::V2_34)),
            maker(2, "2.40.3", Proof::Files(Generation::V2_36)),
        ];
        makers[0].hash = makers[1].hash.clone();
        assert_eq!(told(&makers), (Some(2), BTreeMap::new()));
    }

    #[test]
    fn a_proof_counts_more_than_a_label_and_a_label_more_than_nothing() {
        let mut makers = vec![
            maker(1, "", Proof::Nothing),
            maker(2, "2.34.0", Proof::VersionLabel(Generation::V2_34)),
        ];
        assert_eq!(told(&makers), (Some(2), BTreeMap::new()));
        makers.push(maker(3, "2.26.1", Proof::Files(Generation::Debian226)));
        let of_label = BTreeMap::from([(Generation::V2_34, vec![2])]);
        assert_eq!(told(&makers), (Some(3), of_label));
    }
}
