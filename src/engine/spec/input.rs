//! What the mapping is made from.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::release::Release;
use super::{SpecError, Style};
use crate::compose::hash::v1;
use crate::compose::model::{Project, Service};
use crate::compose::source::Location;
use crate::engine::api::{ContainerId, EngineInfo, Image, Inspection};

/// A container of another service of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its full id.
    pub id: ContainerId,
    /// Its name.
    pub name: String,
}

/// Everything that decides how a new container is made. Nothing else is looked at.
#[derive(Clone, Copy)]
pub struct SpecInput<'a> {
    /// The project.
    pub project: &'a Project,
    /// The service of it.
    pub service: &'a Service,
    /// Number of the replica, counted from 1.
    pub number: u32,
    /// The name the container has in the end; its aliases hold it from the start.
    pub name: &'a str,
    /// The name it is created under.
    pub create_as: &'a str,
    /// Which Compose the container shall look made by.
    pub style: &'a Style,
    /// Value of the config-hash label.
    pub config_hash: &'a str,
    /// The engine that will make it.
    pub engine: &'a EngineInfo,
    /// The image, where the engine has it.
    pub image: Option<&'a Image>,
    /// The container it replaces.
    pub old: Option<&'a Inspection>,
    /// Containers by service, for shared namespaces, `volumes_from` and `links`.
    pub peers: &'a BTreeMap<String, Vec<Peer>>,
    /// Ids of the engine's networks by their key in the project.
    pub network_ids: &'a BTreeMap<String, String>,
    /// The service as Compose v1 reads it, where the container shall look made by v1.
    pub v1: Option<&'a v1::Service>,
    /// Reads a file on the user's machine: seccomp profiles.
    pub read_file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
}

impl SpecInput<'_> {
    /// The release of Compose whose calls are followed.
    pub(super) fn release(&self) -> Release {
        self.style.release()
    }

    /// An error if the engine does not speak API `needed`, which `key` takes.
    pub(super) fn needs_api(&self, needed: (u32, u32), key: &str) -> Result<(), SpecError> {
        if self.engine.speaks(needed.0, needed.1) {
            return Ok(());
        }
        Err(SpecError::EngineTooOld {
            service: self.service.name.clone(),
            key: key.to_owned(),
            needed: format!("{}.{}", needed.0, needed.1),
            found: self.engine.api_version.clone(),
            location: self.location_of(key),
        })
    }

    /// The error for a value that Compose refuses, too.
    pub(super) fn invalid(&self, key: &str, reason: impl Into<String>) -> SpecError {
        SpecError::Invalid {
            service: self.service.name.clone(),
            key: key.to_owned(),
            reason: reason.into(),
            location: self.location_of(key),
        }
    }

    /// Where the key of the service stands that `key` lies under.
    pub(super) fn location_of(&self, key: &str) -> Option<Location> {
        self.service.location_of(key.split_once('.').map_or(key, |(top, _)| top))
    }
}
