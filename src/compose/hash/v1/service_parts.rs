//! A service as v1 makes containers of it: the options, and what is kept apart from them.

use super::value::{Dict, Py};

/// A service of a project.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Name of the project.
    pub project: String,
    /// Whatever is no part of its own below.
    pub options: Dict,
    /// What it says of its networks, by their name on the engine, the primary one first.
    pub networks: Vec<(String, Dict)>,
    /// The network mode; nothing in a file without `services:` that does not say.
    pub net: Option<Reference>,
    /// The mode of the IPC namespace.
    pub ipc: Option<Reference>,
    /// The mode of the PID namespace.
    pub pid: Option<Reference>,
    /// Linked services, each with its alias.
    pub links: Vec<(String, Option<String>)>,
    /// Secrets that are files of the host.
    pub secrets: Vec<Secret>,
    /// Whose volumes it has, too.
    pub volumes_from: Vec<VolumesFrom>,
}

/// What a namespace is, or whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A mode the engine knows.
    Mode(String),
    /// That of a service.
    Service(String),
    /// That of a container, by its name or id.
    Container(String),
}

/// A service or container that has volumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumesFrom {
    /// Which.
    pub source: Reference,
    /// `ro` or `rw`.
    pub mode: String,
}

/// A secret.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Its name.
    pub source: String,
    /// The path in the container.
    pub target: Option<String>,
    /// All that v1 hashes of the reference.
    pub(super) reference: Py,
    /// The file on the host.
    pub file: Option<String>,
}

impl Service {
    /// Names of the containers it refers to.
    pub fn containers(&self) -> impl Iterator<Item = &str> {
        let modes = [&self.net, &self.ipc, &self.pid].into_iter().flatten();
        let volumes = self.volumes_from.iter().map(|from| &from.source);
        modes.chain(volumes).filter_map(|reference| match reference {
            Reference::Container(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

impl Reference {
    /// Of a mode such as `service:db`; nothing of none.
    pub(super) fn of(mode: Option<&Py>) -> Option<Self> {
        let mode = mode.filter(|mode| !mode.is_empty())?.text();
        Some(match mode.split_once(':') {
            Some(("service", name)) if !name.is_empty() => Self::Service(name.to_owned()),
            Some(("container", name)) if !name.is_empty() => Self::Container(name.to_owned()),
            _ => Self::Mode(mode),
        })
    }
}

impl Secret {
    /// A reference to a secret, whose file is not looked up.
    pub(super) fn reference(given: &Py) -> Self {
        let long = match given {
            Py::Dict(long) => long.clone(),
            short => Dict::from([("source".to_owned(), short.clone())]),
        };
        let field = |key: &str| long.get(key).cloned().unwrap_or(Py::None);
        let keys = ["source", "target", "uid", "gid", "mode", "name"];
        Self {
            source: field("source").text(),
            target: field("target").as_str().map(str::to_owned),
            reference: Py::List(keys.map(field).into()),
            file: None,
        }
    }
}
