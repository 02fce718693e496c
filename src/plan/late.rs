//! What of a new container is known only once another one is there: the id of a container whose
//! namespace or volumes it shares. A plan holds a placeholder for it, and stays complete.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::dependents::{Share, shares};
use super::identity::first_by_name;
use super::steps::{Plan, Replacement, ReplacementId};
use crate::compose::model::Service;
use crate::engine::api::{ContainerId, ContainerSpec};
use crate::engine::spec::Peer;
use crate::labels;

/// A container that should be there by now was not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the container it shares with was not created")]
pub struct NotCreated(pub ReplacementId);

/// What stands for the id of the new container of `of`, in a plan of this run. No file holds it by
/// chance, since the run's id is in it.
#[must_use]
pub fn placeholder(run: &str, of: ReplacementId) -> ContainerId {
    ContainerId(format!("new-container-{}-{}-{run}", of.service, of.index))
}

/// Brings the last service of `plan` into `peers`: its old containers go, and its new ones come,
/// under their final names and the placeholders of their ids.
pub(super) fn bring_last(peers: &mut BTreeMap<String, Vec<Peer>>, plan: &Plan) {
    let Some((service, last)) = plan.services.iter().enumerate().next_back() else { return };
    let peers = peers.entry(last.service.clone()).or_default();
    for (index, pair) in last.replacements.iter().enumerate() {
        peers.retain(|peer| pair.old.as_ref().is_none_or(|old| old.id != peer.id));
        let id = placeholder(&plan.run, ReplacementId { service, index });
        peers.extend(pair.new.as_ref().map(|_| Peer { id, name: pair.final_name.clone() }));
    }
}

/// What `service` will share with new containers of `plan`, and which.
pub(super) fn late_shares<'a>(
    service: &'a Service,
    peers: &BTreeMap<String, Vec<Peer>>,
    plan: &Plan,
) -> Vec<(Share<'a>, ReplacementId)> {
    let shares = shares(service);
    if shares.is_empty() {
        return Vec::new();
    }
    let new: BTreeMap<ContainerId, ReplacementId> =
        plan.replacements().map(|of| (placeholder(&plan.run, of), of)).collect();
    let late = shares.into_iter().filter_map(|share| {
        let host = first_by_name(peers.get(share.with)?)?;
        Some((share, *new.get(&host.id)?))
    });
    late.collect()
}

/// What the new container of `pair` is created from: `spec`, with every id filled in and the config
/// hash that comes of it.
///
/// # Errors
///
/// [`NotCreated`] if `created` does not know a container it shares something with.
pub fn resolve<'a>(
    run: &str,
    pair: &Replacement,
    spec: &'a ContainerSpec,
    created: impl Fn(ReplacementId) -> Option<ContainerId>,
) -> Result<Cow<'a, ContainerSpec>, NotCreated> {
    let Some(mut text) = pair.hash_text.clone() else { return Ok(Cow::Borrowed(spec)) };
    let mut spec = spec.clone();
    for of in &pair.shares {
        let (placeholder, id) = (placeholder(run, *of), created(*of).ok_or(NotCreated(*of))?);
        fill_in(&mut spec.body, &placeholder.0, &id.0);
        text = text.with(&placeholder.0, &id.0);
    }
    if let Some(label) = spec.body.pointer_mut("/Labels").and_then(Value::as_object_mut) {
        label.insert(labels::CONFIG_HASH.to_owned(), text.hash().into());
    }
    Ok(Cow::Owned(spec))
}

fn fill_in(value: &mut Value, placeholder: &str, id: &str) {
    match value {
        Value::String(text) if text.contains(placeholder) => *text = text.replace(placeholder, id),
        Value::Array(items) => items.iter_mut().for_each(|item| fill_in(item, placeholder, id)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| fill_in(field, placeholder, id));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compose::hash::{Generation, Shared, hash_text, label_hash};
    use crate::plan::sample;

    const FIRST: ReplacementId = ReplacementId { service: 0, index: 1 };

    const FILE: &str = "
services:
  vpn: {image: vpn}
  client: {image: client, network_mode: 'service:vpn', volumes_from: [vpn]}
";

    fn spec(id: &ContainerId) -> ContainerSpec {
        let host = json!({ "NetworkMode": format!("container:{id}"), "VolumesFrom": [id] });
        ContainerSpec {
            name: "client".into(),
            platform: None,
            body: json!({ "Labels": { labels::CONFIG_HASH: "" }, "HostConfig": host }),
            connect: Vec::new(),
            files: Vec::new(),
        }
    }

    /// A replica of `client` that shares with the second new container of the first service.
    fn waiting() -> Replacement {
        let project = sample::project(FILE);
        let id = placeholder(sample::RUN, FIRST);
        let shared = Shared::from([("vpn".to_owned(), id.0.clone())]);
        let text = hash_text(&project, &project.services["client"], Generation::NEWEST, &shared);
        let mut pair = sample::plan(&[1]).services[0].replacements[0].clone();
        (pair.new, pair.shares, pair.hash_text) = (Some(spec(&id)), vec![FIRST], Some(text));
        pair
    }

    fn resolved(pair: &Replacement, id: Option<&ContainerId>) -> Result<Value, NotCreated> {
        let created = |of: ReplacementId| id.filter(|_| of == FIRST).cloned();
        let spec = resolve(sample::RUN, pair, pair.new.as_ref().unwrap(), created)?;
        Ok(spec.into_owned().body)
    }

    #[test]
    fn the_id_and_the_hash_are_those_of_a_container_that_was_there_before() {
        let id = ContainerId(format!("{:064x}", 7));
        let project = sample::project(FILE);
        let shared = Shared::from([("vpn".to_owned(), id.0.clone())]);
        let hash = label_hash(&project, &project.services["client"], Generation::NEWEST, &shared);
        let mut expected = spec(&id);
        expected.body["Labels"][labels::CONFIG_HASH] = hash.into();
        assert_eq!(resolved(&waiting(), Some(&id)), Ok(expected.body));
    }

    #[test]
    fn without_the_other_container_there_is_none() {
        assert_eq!(resolved(&waiting(), None), Err(NotCreated(FIRST)));
    }

    #[test]
    fn a_replica_that_was_written_down_and_read_again_resolves_the_same() {
        let pair = waiting();
        let text = serde_json::to_string(&pair).unwrap();
        assert_eq!(serde_json::from_str::<Replacement>(&text).unwrap(), pair);
    }

    #[test]
    fn new_containers_come_under_the_names_of_the_old_ones() {
        let plan = sample::plan(&[2]);
        let old = plan.services[0].replacements.iter().map(|pair| {
            let old = pair.old.clone().unwrap();
            Peer { id: old.id, name: old.name }
        });
        let mut peers = BTreeMap::from([("s0".to_owned(), old.collect())]);
        bring_last(&mut peers, &plan);
        let new = |index| Peer {
            id: placeholder(sample::RUN, ReplacementId { service: 0, index }),
            name: format!("shop-s0-{}", index + 1),
        };
        assert_eq!(peers["s0"], [new(0), new(1)]);
    }
}
