//! What v1 hashes of a service.

use std::collections::BTreeMap;

use super::project::Project;
use super::service_parts::{Reference, Secret, Service};
use super::value::{Dict, Py};
use crate::compose::hash::HashText;

/// What only an engine knows.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Id of the service's image; nothing if the engine does not have it.
    pub image_id: Option<String>,
    /// Full id of the first container of each service whose namespaces are shared.
    pub containers: BTreeMap<String, String>,
    /// Full id of each container that is referred to by its name.
    pub named: BTreeMap<String, String>,
}

impl Facts {
    /// The id of a container, as far as it is known.
    fn named<'a>(&'a self, name: &'a str) -> &'a str {
        self.named.get(name).map_or(name, String::as_str)
    }
}

impl Project {
    /// The hash `docker-compose` writes on containers of `service`, with another image name where
    /// one is given; nothing if there is no such service.
    #[must_use]
    pub fn hash(&self, service: &str, image: Option<&str>, facts: &Facts) -> Option<String> {
        self.hash_text(service, image, facts).map(|text| text.hash())
    }

    /// What that hash is computed from.
    #[must_use]
    pub fn hash_text(&self, service: &str, image: Option<&str>, facts: &Facts) -> Option<HashText> {
        self.text(service, image, facts).map(HashText)
    }

    pub(in crate::compose::hash) fn text(
        &self,
        service: &str,
        image: Option<&str>,
        facts: &Facts,
    ) -> Option<String> {
        let service = self.service(service, image)?;
        let networks = service.networks.iter().cloned();
        let networks = networks.map(|(name, body)| (name, Py::Dict(body))).collect();
        let fields = [
            ("image_id", facts.image_id.as_ref().map_or(Py::None, Py::str)),
            ("ipc_mode", ipc_mode(&service, facts)),
            ("links", links(&service)),
            ("net", net(&service, facts)),
            ("networks", Py::Dict(networks)),
            ("secrets", Py::List(service.secrets.iter().map(secret).collect())),
            ("volumes_from", volumes_from(&service)),
            ("options", Py::Dict(service.options)),
        ];
        let fields: Dict = fields.map(|(key, value)| (key.to_owned(), value)).into();
        Some(Py::Dict(fields).json())
    }
}

fn ipc_mode(service: &Service, facts: &Facts) -> Py {
    match &service.ipc {
        None => Py::None,
        Some(Reference::Mode(mode)) => Py::str(mode),
        Some(Reference::Container(name)) => Py::Str(format!("container:{}", facts.named(name))),
        Some(Reference::Service(name)) => {
            facts.containers.get(name).map_or(Py::None, |id| Py::Str(format!("container:{id}")))
        }
    }
}

/// A service by its name, another container by its id.
fn net(service: &Service, facts: &Facts) -> Py {
    match &service.net {
        None => Py::None,
        Some(Reference::Mode(name) | Reference::Service(name)) => Py::str(name),
        Some(Reference::Container(name)) => Py::str(facts.named(name)),
    }
}

fn links(service: &Service) -> Py {
    let pair = |(name, alias): &(String, Option<String>)| {
        Py::List(vec![Py::str(name), alias.as_ref().map_or(Py::None, Py::str)])
    };
    Py::List(service.links.iter().map(pair).collect())
}

fn secret(secret: &Secret) -> Py {
    Py::Dict(Dict::from([
        ("secret".to_owned(), secret.reference.clone()),
        ("file".to_owned(), secret.file.as_ref().map_or(Py::None, Py::str)),
    ]))
}

fn volumes_from(service: &Service) -> Py {
    let pairs = service.volumes_from.iter().filter_map(|from| match &from.source {
        Reference::Service(name) => Some(Py::List(vec![Py::str(name), Py::str(&from.mode)])),
        _ => None,
    });
    Py::List(pairs.collect())
}
