//! What of a new container is known only once another one is there: the id of a container whose
//! namespace or volumes it shares. A plan holds a placeholder for it, and stays complete.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::steps::ReplacementId;
use crate::compose::hash::HashText;
use crate::engine::api::{ContainerId, ContainerSpec};
use crate::labels;

/// What is filled in when the container is created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// The ids that are waited for.
    pub ids: Vec<LateId>,
    /// What the config hash is computed from, with the same placeholders as the create body.
    pub hash_text: HashText,
}

/// One id that is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateId {
    /// What stands for it.
    pub placeholder: ContainerId,
    /// Whose new container it is the id of.
    pub of: ReplacementId,
}

impl LateId {
    /// The id of the new container of `of`, in a plan of this run. No file holds it by chance,
    /// since the run's id is in it.
    #[must_use]
    pub fn new(run: &str, of: ReplacementId) -> Self {
        let ReplacementId { service, index } = of;
        Self { placeholder: ContainerId(format!("new-container-{service}-{index}-{run}")), of }
    }
}

/// A container that should be there by now was not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the container it shares with is not there")]
pub struct NotCreated(pub ReplacementId);

impl Late {
    /// `spec` with every id filled in, and the config hash that comes of it.
    ///
    /// # Errors
    ///
    /// [`NotCreated`] if `created` does not know one of them.
    pub fn resolve(
        &self,
        spec: &ContainerSpec,
        created: impl Fn(ReplacementId) -> Option<ContainerId>,
    ) -> Result<ContainerSpec, NotCreated> {
        let mut spec = spec.clone();
        let mut text = self.hash_text.clone();
        for LateId { placeholder, of } in &self.ids {
            let id = created(*of).ok_or(NotCreated(*of))?;
            fill_in(&mut spec.body, &placeholder.0, &id.0);
            text = text.with(&placeholder.0, &id.0);
        }
        if let Some(label) = spec.body.pointer_mut("/Labels").and_then(Value::as_object_mut) {
            label.insert(labels::CONFIG_HASH.to_owned(), text.hash().into());
        }
        Ok(spec)
    }
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

    fn late() -> (Late, ContainerSpec) {
        let project = sample::project(FILE);
        let id = LateId::new(sample::RUN, FIRST);
        let shared = Shared::from([("vpn".to_owned(), id.placeholder.0.clone())]);
        let text = hash_text(&project, &project.services["client"], Generation::NEWEST, &shared);
        let spec = spec(&id.placeholder);
        (Late { ids: vec![id], hash_text: text }, spec)
    }

    const FILE: &str = "
services:
  vpn: {image: vpn}
  client: {image: client, network_mode: 'service:vpn', volumes_from: [vpn]}
";

    #[test]
    fn the_id_and_the_hash_are_those_of_a_container_that_was_there_before() {
        let (late, waiting) = late();
        let id = ContainerId(format!("{:064x}", 7));
        let resolved = late.resolve(&waiting, |of| (of == FIRST).then(|| id.clone())).unwrap();
        let project = sample::project(FILE);
        let shared = Shared::from([("vpn".to_owned(), id.0.clone())]);
        let hash = label_hash(&project, &project.services["client"], Generation::NEWEST, &shared);
        let mut expected = spec(&id);
        expected.body["Labels"][labels::CONFIG_HASH] = hash.into();
        assert_eq!(resolved.body, expected.body);
    }

    #[test]
    fn without_the_other_container_there_is_none() {
        let (late, waiting) = late();
        assert_eq!(late.resolve(&waiting, |_| None), Err(NotCreated(FIRST)));
    }

    #[test]
    fn a_plan_that_was_written_down_and_read_again_resolves_the_same() {
        let (late, _) = late();
        let read: Late = serde_json::from_str(&serde_json::to_string(&late).unwrap()).unwrap();
        assert_eq!(read, late);
    }
}
