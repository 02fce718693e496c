//! A service, an engine and what is on it, for the tests of this folder.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::{Peer, SpecError, SpecInput, Style, container_spec};
use crate::compose::model::{Network, Project, Service};
use crate::engine::api::{ContainerId, ContainerSpec, EngineInfo, Image, Inspection};

/// A service `web` of a project `shop`, made by Compose 2.40 on API 1.41 if nothing else is said.
pub(super) struct Given {
    pub(super) project: Project,
    pub(super) service: Service,
    pub(super) version: &'static str,
    pub(super) api: &'static str,
    pub(super) image: Option<Image>,
    pub(super) old: Option<Inspection>,
    peers: BTreeMap<String, Vec<Peer>>,
    network_ids: BTreeMap<String, String>,
}

impl Given {
    pub(super) fn new(service: Service) -> Self {
        let mut project = Project { name: "shop".to_owned(), ..Project::default() };
        project.working_dir = "/srv/shop".into();
        let network = Network { name: "shop_default".to_owned(), ..Network::default() };
        project.networks.insert("default".to_owned(), network);
        Self {
            project,
            service: Service { name: "web".to_owned(), ..service },
            version: "2.40.3",
            api: "1.41",
            image: None,
            old: None,
            peers: BTreeMap::new(),
            network_ids: BTreeMap::new(),
        }
    }

    pub(super) fn peer(mut self, service: &str, name: &str) -> Self {
        let peer = Peer { id: ContainerId(format!("id-of-{name}")), name: name.to_owned() };
        self.peers.entry(service.to_owned()).or_default().push(peer);
        self
    }

    pub(super) fn network(mut self, key: &str, external: bool) -> Self {
        let network = Network { name: format!("{key}-net"), external, ..Network::default() };
        self.project.networks.insert(key.to_owned(), network);
        self.network_ids.insert(key.to_owned(), format!("id-of-{key}"));
        self
    }

    /// The replaced container, with the given `Mounts`.
    pub(super) fn replaces(mut self, mounts: &Value) -> Self {
        self.old = Some(Inspection(json!({"Id": "0123456789abcdef", "Mounts": mounts})));
        self
    }

    pub(super) fn spec(&self) -> Result<ContainerSpec, SpecError> {
        let style = Style::of_version(self.version);
        let engine = EngineInfo {
            endpoint: String::new(),
            version: String::new(),
            api_version: self.api.to_owned(),
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
        };
        container_spec(&SpecInput {
            project: &self.project,
            service: &self.service,
            number: 2,
            name: "shop-web-2",
            create_as: "0123456789ab_shop-web-2",
            style: &style,
            config_hash: "hash",
            engine: &engine,
            image: self.image.as_ref(),
            old: self.old.as_ref(),
            peers: &self.peers,
            network_ids: &self.network_ids,
            v1: None,
            read_file: &read_file,
        })
    }

    /// One value of the create body, null if it is not sent.
    pub(super) fn sends(&self, pointer: &str) -> Value {
        self.spec().unwrap().body.pointer(pointer).cloned().unwrap_or_default()
    }

    pub(super) fn error(&self) -> String {
        self.spec().unwrap_err().to_string()
    }
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    match path.to_str() {
        Some("/srv/shop/profile.json") => Ok(b"{ \"a\" : [1, 2] }\n".to_vec()),
        Some("/srv/shop/docker/config.json") => {
            Ok(br#"{"proxies": {"default": {"httpProxy": "http://p:1"}}}"#.to_vec())
        }
        Some("/srv/shop/broken.json") => Ok(b"{".to_vec()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}
