//! What a container is created from.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ContainerId;

/// Everything needed to create one container, complete before the first call.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// Name to create it under.
    pub name: String,
    /// The `platform` query parameter, such as `linux/arm64`.
    pub platform: Option<String>,
    /// Body of `POST /containers/create`.
    pub body: Value,
    /// Networks to connect after the create and before the start, in order.
    pub connect: Vec<Attachment>,
    /// Files to write after the create and before the start.
    pub files: Vec<ContainerFile>,
}

impl ContainerSpec {
    /// Adds labels.
    pub fn sign(&mut self, marks: Vec<(&'static str, String)>) {
        if let Some(body) = self.body.as_object_mut() {
            let own = body.entry("Labels").or_insert_with(|| Value::Object(Map::new()));
            if let Some(own) = own.as_object_mut() {
                own.extend(marks.into_iter().map(|(key, value)| (key.to_owned(), value.into())));
            }
        }
    }
}

// Bodies and files hold the user's secrets.
impl fmt::Debug for ContainerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// One network to connect a container to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// The engine's name of the network.
    pub network: String,
    /// `EndpointConfig` of `POST /networks/{id}/connect`.
    pub endpoint: Value,
    /// Whether the container is on the network by then and is taken off it first, as v1 does.
    #[serde(default)]
    pub is_again: bool,
    /// Whether the container's short id is one more alias, which only its create tells.
    #[serde(default)]
    pub has_short_id: bool,
}

impl Attachment {
    /// A network the container is not on yet, with an endpoint that is complete.
    #[must_use]
    pub fn new(network: String, endpoint: Value) -> Self {
        Self { network, endpoint, is_again: false, has_short_id: false }
    }

    /// The endpoint of container `id`.
    #[must_use]
    pub fn endpoint_of(&self, id: &ContainerId) -> Value {
        let mut endpoint = self.endpoint.clone();
        if self.has_short_id {
            match endpoint["Aliases"].as_array_mut() {
                Some(aliases) => aliases.insert(0, id.short().into()),
                None => endpoint["Aliases"] = [id.short()].into(),
            }
        }
        endpoint
    }
}

/// One file to write into a container that was created and not started.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerFile {
    /// Absolute path in the container.
    pub path: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Numeric owner.
    pub uid: u64,
    /// Numeric group.
    pub gid: u64,
}

impl fmt::Debug for ContainerFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerFile").field("path", &self.path).finish_non_exhaustive()
    }
}
