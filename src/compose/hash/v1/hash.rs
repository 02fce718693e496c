//! What v1 hashes of a service.

use std::collections::BTreeMap;

use super::files::Project;
use super::value::{Dict, Py};
use crate::compose::hash::HashText;

/// What only an engine knows.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Id of the service's image; nothing if the engine does not have it.
    pub image_id: Option<String>,
    /// Full id of the first container of each service whose namespaces are shared.
    pub containers: BTreeMap<String, String>,
}

/// Keys of a service that are no options of a container, or are hashed apart.
const APART: [&str; 11] = [
    "networks",
    "links",
    "ipc",
    "network_mode",
    "pid",
    "volumes_from",
    "secrets",
    "scale",
    "configs",
    "credential_spec",
    "deploy",
];

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
        let mut service = self.services.get(service)?.clone();
        if let Some(image) = image {
            service.insert("image".to_owned(), Py::str(image));
        }
        let networks = self.networks_of(&service);
        let fields = [
            ("image_id", facts.image_id.as_ref().map_or(Py::None, Py::str)),
            ("ipc_mode", ipc_mode(&service, facts)),
            ("links", links(&service)),
            ("net", net(&service, &networks)),
            ("networks", Py::Dict(networks.into_iter().collect())),
            ("secrets", self.secrets_of(&service)),
            ("volumes_from", volumes_from(&service)),
            ("options", Py::Dict(self.options(service))),
        ];
        Some(Py::Dict(fields.map(|(key, value)| (key.to_owned(), value)).into()).json())
    }

    /// The service's networks by their name on the engine, the primary one first.
    fn networks_of(&self, service: &Dict) -> Vec<(String, Py)> {
        if service.get("network_mode").is_some_and(|mode| !mode.is_empty()) {
            return Vec::new();
        }
        let named = match service.get("networks") {
            Some(Py::List(names)) => names.iter().map(|name| (name.text(), Py::None)).collect(),
            Some(Py::Dict(networks)) => networks.clone(),
            _ => Dict::from([("default".to_owned(), Py::None)]),
        };
        let full = |(key, body): (String, Py)| {
            let name = full_name(&self.name, &key, self.networks.get(&key));
            (name, Py::Dict(body.into_dict()))
        };
        let mut networks: Vec<(String, Py)> = named.into_iter().map(full).collect();
        networks.sort_by(|a, b| a.0.cmp(&b.0));
        networks.sort_by_key(|(_, body)| {
            let priority = body.as_dict().and_then(|body| body.get("priority"));
            let priority = if let Some(Py::Int(number)) = priority { *number } else { 0 };
            std::cmp::Reverse(priority)
        });
        networks
    }

    fn secrets_of(&self, service: &Dict) -> Py {
        let given = service.get("secrets").cloned().unwrap_or(Py::None).into_items();
        let reference = |secret: Py| {
            let long = match secret {
                Py::Str(source) => Dict::from([("source".to_owned(), Py::Str(source))]),
                other => other.into_dict(),
            };
            let field = |key: &str| long.get(key).cloned().unwrap_or(Py::None);
            let declared = self.secrets.get(&field("source").text())?.as_dict()?;
            if declared.get("external").is_some_and(|external| !external.is_empty()) {
                return None;
            }
            let keys = ["source", "target", "uid", "gid", "mode", "name"];
            Some(Py::Dict(Dict::from([
                ("secret".to_owned(), Py::List(keys.map(field).into())),
                ("file".to_owned(), declared.get("file").cloned().unwrap_or(Py::None)),
            ])))
        };
        Py::List(given.into_iter().filter_map(reference).collect())
    }

    fn options(&self, mut service: Dict) -> Dict {
        let deploy = service.remove("deploy").unwrap_or(Py::None).into_dict();
        for key in APART {
            service.remove(key);
        }
        let mounts = service.remove("volumes").unwrap_or(Py::None).into_items().into_iter();
        let mounts = mounts.map(|mount| self.with_volume_name(mount)).collect();
        service.insert("volumes".to_owned(), Py::List(mounts));
        service.insert("device_requests".to_owned(), device_requests(&deploy));
        service.entry("platform".to_owned()).or_insert(Py::None);
        translate_deploy(&deploy, &mut service);
        service
    }

    /// A mount of a named volume with the volume's name on the engine.
    fn with_volume_name(&self, mount: Py) -> Py {
        let full = |key: &str| full_name(&self.name, key, self.volumes.get(key));
        match mount {
            Py::List(mut parts) => {
                if let Some(Py::Str(external)) = parts.first_mut()
                    && !external.starts_with(['.', '/', '~'])
                {
                    *external = full(external);
                }
                Py::List(parts)
            }
            Py::Dict(mut long) => {
                let is_volume = long.get("type").and_then(Py::as_str) == Some("volume");
                if let Some(Py::Str(source)) = long.get_mut("source")
                    && is_volume
                {
                    *source = full(source);
                }
                Py::Dict(long)
            }
            other => other,
        }
    }
}

/// The name of a network or volume on the engine.
fn full_name(project: &str, key: &str, declared: Option<&Py>) -> String {
    let declared = declared.and_then(Py::as_dict);
    let field = |name: &str| declared.and_then(|fields| fields.get(name));
    let external = field("external").filter(|external| !external.is_empty());
    let old_form = external.and_then(Py::as_dict).and_then(|external| external.get("name"));
    match field("name").or(old_form).filter(|name| !name.is_empty()) {
        Some(name) => name.text(),
        None if external.is_some() => key.to_owned(),
        None => format!("{project}_{key}"),
    }
}

fn ipc_mode(service: &Dict, facts: &Facts) -> Py {
    let Some(mode) = service.get("ipc").and_then(Py::as_str) else { return Py::None };
    match mode.strip_prefix("service:") {
        Some(name) => {
            facts.containers.get(name).map_or(Py::None, |id| Py::Str(format!("container:{id}")))
        }
        None => Py::str(mode),
    }
}

fn net(service: &Dict, networks: &[(String, Py)]) -> Py {
    match service.get("network_mode").and_then(Py::as_str).filter(|mode| !mode.is_empty()) {
        Some(mode) => {
            let shared = mode.strip_prefix("service:").or_else(|| mode.strip_prefix("container:"));
            Py::str(shared.unwrap_or(mode))
        }
        None => Py::str(networks.first().map_or("none", |(name, _)| name)),
    }
}

fn links(service: &Dict) -> Py {
    let links = service.get("links").cloned().unwrap_or(Py::None).into_items();
    let pair = |link: Py| {
        let text = link.text();
        match text.split_once(':') {
            Some((name, alias)) => Py::List(vec![Py::str(name), Py::str(alias)]),
            None => Py::List(vec![Py::Str(text), Py::None]),
        }
    };
    Py::List(links.into_iter().map(pair).collect())
}

fn volumes_from(service: &Dict) -> Py {
    let sources = service.get("volumes_from").cloned().unwrap_or(Py::None).into_items();
    let pair = |source: Py| {
        let text = source.text();
        let text = text.strip_prefix("service:").unwrap_or(&text);
        let (name, mode) = text.split_once(':').unwrap_or((text, "rw"));
        (name != "container").then(|| Py::List(vec![Py::str(name), Py::str(mode)]))
    };
    Py::List(sources.into_iter().filter_map(pair).collect())
}

fn dict<'a>(fields: &'a Dict, key: &str) -> Option<&'a Dict> {
    fields.get(key)?.as_dict()
}

fn device_requests(deploy: &Dict) -> Py {
    let reservations = dict(deploy, "resources").and_then(|all| dict(all, "reservations"));
    let devices = reservations.and_then(|least| least.get("devices")).cloned();
    let devices = devices.unwrap_or(Py::None).into_items();
    if devices.is_empty() {
        return Py::None;
    }
    let request = |device: Py| {
        let mut device = device.into_dict();
        if device.get("count").and_then(Py::as_str) == Some("all") {
            device.insert("count".to_owned(), Py::Int(-1));
        }
        if let Some(capabilities) = device.remove("capabilities") {
            device.insert("capabilities".to_owned(), Py::List(vec![capabilities]));
        }
        Py::Dict(device)
    };
    Py::List(devices.into_iter().map(request).collect())
}

/// What v1 takes of `deploy`.
fn translate_deploy(deploy: &Dict, service: &mut Dict) {
    if let Some(policy) = dict(deploy, "restart_policy") {
        let name = match policy.get("condition").and_then(Py::as_str).unwrap_or("any") {
            "any" => "always",
            "none" => "no",
            other => other,
        };
        let tries = policy.get("max_attempts").cloned().unwrap_or(Py::Int(0));
        let restart = Dict::from([
            ("Name".to_owned(), Py::str(name)),
            ("MaximumRetryCount".to_owned(), tries),
        ]);
        service.insert("restart".to_owned(), Py::Dict(restart));
    }
    let Some(resources) = dict(deploy, "resources") else { return };
    let memory = |amounts: &Dict| amounts.get("memory").cloned().unwrap_or(Py::None);
    if let Some(limits) = dict(resources, "limits") {
        service.insert("mem_limit".to_owned(), memory(limits));
        if let Some(cpus) = limits.get("cpus") {
            let cpus = cpus.text().parse().map_or_else(|_| cpus.clone(), Py::Float);
            service.insert("cpus".to_owned(), cpus);
        }
    }
    if let Some(least) = dict(resources, "reservations") {
        service.insert("mem_reservation".to_owned(), memory(least));
    }
}
