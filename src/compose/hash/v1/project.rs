//! A project as v1 has it in the end.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::format::Format;
use super::mounts;
use super::service_parts::{Reference, Secret, Service, VolumesFrom};
use super::value::{Dict, Py};
use crate::compose::ComposeError;

/// A project as v1 understands it.
pub struct Project {
    /// Its name.
    pub(super) name: String,
    pub(super) format: Format,
    /// Its services, finished but for what the project adds.
    pub(super) services: IndexMap<String, Dict>,
    pub(super) networks: Dict,
    pub(super) volumes: Dict,
    pub(super) secrets: Dict,
    /// The active profiles.
    pub(super) profiles: Vec<String>,
}

/// Keys of a service that are no options of a container, or are kept apart.
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
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every service, also those whose profiles are not active.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(String::as_str)
    }

    /// Whether the service is started with the project.
    #[must_use]
    pub fn is_active(&self, service: &str) -> bool {
        let Some(service) = self.services.get(service) else { return false };
        let profiles = service.get("profiles").cloned();
        profiles.is_none_or(|profiles| {
            let mut profiles = profiles.into_items().into_iter();
            profiles.any(|profile| self.profiles.contains(&profile.text()))
        })
    }

    /// Names of all containers its services refer to.
    #[must_use]
    pub fn containers(&self) -> BTreeSet<String> {
        let services = self.services.keys().filter_map(|name| self.service(name, None));
        services
            .flat_map(|service| service.containers().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    /// The image a service is made from: its own, else the one it is built as.
    #[must_use]
    pub fn image(&self, service: &str) -> Option<String> {
        let image = self.services.get(service)?.get("image").map(Py::text);
        let project = self.name.trim_start_matches(['_', '-']);
        Some(image.unwrap_or_else(|| format!("{project}_{service}")))
    }

    /// The service with all that the project adds, with another image where one is given.
    #[must_use]
    pub fn service(&self, name: &str, image: Option<&str>) -> Option<Service> {
        let mut service = self.services.get(name)?.clone();
        if let Some(image) = image {
            service.insert("image".to_owned(), Py::str(image));
        }
        let networks = self.networks_of(&service);
        Some(Service {
            name: name.to_owned(),
            project: self.name.clone(),
            net: self.net(&service, &networks),
            ipc: Reference::of(service.get("ipc")),
            pid: Reference::of(service.get("pid")),
            networks,
            links: links(&service),
            secrets: self.secrets_of(&service),
            volumes_from: volumes_from(&service),
            options: self.options(service),
        })
    }

    /// What v1 refuses once it puts services and project together.
    ///
    /// # Errors
    /// The first thing refused.
    pub(super) fn check(&self, name: &str) -> Result<(), ComposeError> {
        let Some(service) = self.services.get(name) else { return Ok(()) };
        let undeclared = |kind: &str, key: &str| {
            let message = format!("service `{name}` uses {kind} `{key}`, which is not declared");
            Err(ComposeError::new(message))
        };
        let networks = service.get("networks").and_then(Py::as_dict);
        for key in networks.into_iter().flat_map(Dict::keys) {
            if key != "default" && !self.networks.contains_key(key) {
                return undeclared("network", key);
            }
        }
        for mount in service.get("volumes").cloned().unwrap_or(Py::None).into_items() {
            if let Some(volume) = mounts::volume_name(&mount)
                && self.format == Format::Sections
                && !self.volumes.contains_key(volume)
            {
                return undeclared("volume", volume);
            }
        }
        for secret in service.get("secrets").cloned().unwrap_or(Py::None).into_items() {
            let source = Secret::reference(&secret).source;
            let declared = self.secrets.get(&source).filter(|declared| !declared.is_empty());
            if declared.is_none() {
                return undeclared("secret", &source);
            }
        }
        for from in volumes_from(service) {
            if let VolumesFrom { source: Reference::Service(other), .. } = from
                && !self.services.contains_key(&other)
            {
                let message =
                    format!("`volumes_from` of service `{name}` names no service: `{other}`");
                return Err(ComposeError::new(message));
            }
        }
        check_deploy(name, service)
    }

    /// The service's networks by their name on the engine, the primary one first: by priority if
    /// one has any, then as the file has them; else by name.
    fn networks_of(&self, service: &Dict) -> Vec<(String, Dict)> {
        if self.format == Format::Legacy || service.contains_key("network_mode") {
            return Vec::new();
        }
        let named = match service.get("networks") {
            Some(Py::Dict(networks)) => networks.clone(),
            Some(_) => Dict::new(),
            None => Dict::from([("default".to_owned(), Py::None)]),
        };
        let full = |(key, body): (String, Py)| {
            let name = self.full_name(&self.name, &key, self.networks.get(&key));
            (name, body.into_dict())
        };
        let networks: IndexMap<String, Dict> = named.into_iter().map(full).collect();
        let mut networks: Vec<(String, Dict)> = networks.into_iter().collect();
        if networks.iter().any(|(_, body)| priority(body) != 0.0) {
            networks.sort_by(|a, b| priority(&b.1).total_cmp(&priority(&a.1)));
        } else {
            networks.sort_by(|a, b| a.0.cmp(&b.0));
        }
        networks
    }

    fn net(&self, service: &Dict, networks: &[(String, Dict)]) -> Option<Reference> {
        let mode = Reference::of(service.get("network_mode"));
        let own = || networks.first().map_or("none", |(name, _)| name).to_owned();
        match (mode, self.format) {
            (None, Format::Sections) => Some(Reference::Mode(own())),
            (mode, _) => mode,
        }
    }

    fn secrets_of(&self, service: &Dict) -> Vec<Secret> {
        let given = service.get("secrets").cloned().unwrap_or(Py::None).into_items();
        let secrets = given.iter().filter_map(|secret| {
            let mut secret = Secret::reference(secret);
            let declared = self.secrets.get(&secret.source)?.as_dict()?;
            if declared.get("external").is_some_and(|external| !external.is_empty()) {
                return None;
            }
            secret.file = declared.get("file").map(Py::text);
            Some(secret)
        });
        secrets.collect()
    }

    fn options(&self, mut service: Dict) -> Dict {
        let deploy = service.get("deploy").cloned().unwrap_or(Py::None).into_dict();
        let spec = service.get("credential_spec").and_then(Py::as_dict).map(credential_option);
        for key in APART {
            service.shift_remove(key);
        }
        service.extend(spec.map(|option| ("security_opt".to_owned(), Py::List(vec![option]))));
        if self.format == Format::Sections {
            let mounts = service.shift_remove("volumes").unwrap_or(Py::None).into_items();
            let mounts = mounts.into_iter().map(|mount| self.with_full_name(mount)).collect();
            service.insert("volumes".to_owned(), Py::List(mounts));
        }
        service.insert("device_requests".to_owned(), device_requests(&deploy));
        service.entry("platform".to_owned()).or_insert(Py::None);
        translate_deploy(&deploy, &mut service);
        service
    }

    /// A mount of a named volume with the volume's name on the engine.
    fn with_full_name(&self, mount: Py) -> Py {
        let project = self.name.trim_start_matches(['-', '_']);
        let name = mounts::volume_name(&mount)
            .map(|key| self.full_name(project, key, self.volumes.get(key)));
        match name {
            Some(name) => mounts::with_volume_name(mount, name),
            None => mount,
        }
    }

    /// The name of a network or volume on the engine.
    #[expect(clippy::unused_self, reason = "a network's and a volume's name belong to a project")]
    fn full_name(&self, project: &str, key: &str, declared: Option<&Py>) -> String {
        let own = declared.and_then(Py::as_dict).and_then(|fields| fields.get("name"));
        match own.filter(|name| **name != Py::None) {
            Some(name) => name.text(),
            None => format!("{project}_{key}"),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has that many networks")]
fn priority(body: &Dict) -> f64 {
    match body.get("priority") {
        Some(Py::Int(number)) => *number as f64,
        Some(Py::Float(number)) => *number,
        _ => 0.0,
    }
}

fn links(service: &Dict) -> Vec<(String, Option<String>)> {
    let links = service.get("links").cloned().unwrap_or(Py::None).into_items();
    let pair = |link: Py| {
        let text = link.text();
        match text.split_once(':') {
            Some((name, alias)) => (name.to_owned(), Some(alias.to_owned())),
            None => (text, None),
        }
    };
    links.into_iter().map(pair).collect()
}

fn volumes_from(service: &Dict) -> Vec<VolumesFrom> {
    let sources = service.get("volumes_from").cloned().unwrap_or(Py::None).into_items();
    let from = |source: Py| {
        let Py::List(parts) = source else { return None };
        let [source, mode, kind] = &parts[..] else { return None };
        let source = match kind.as_str() {
            Some("service") => Reference::Service(source.text()),
            _ => Reference::Container(source.text()),
        };
        Some(VolumesFrom { source, mode: mode.text() })
    };
    sources.into_iter().filter_map(from).collect()
}

fn credential_option(spec: &Dict) -> Py {
    let field = |key: &str| spec.get(key).map(Py::text);
    let place = match field("file") {
        Some(file) => format!("file://{file}"),
        None => format!("registry://{}", field("registry").unwrap_or_default()),
    };
    Py::Str(format!("credentialspec={place}"))
}

fn dict<'a>(fields: &'a Dict, key: &str) -> Option<&'a Dict> {
    fields.get(key)?.as_dict()
}

fn reserved_devices(deploy: &Dict) -> Vec<Py> {
    let reservations = dict(deploy, "resources").and_then(|all| dict(all, "reservations"));
    let devices = reservations.and_then(|least| least.get("devices")).cloned();
    devices.unwrap_or(Py::None).into_items()
}

fn device_requests(deploy: &Dict) -> Py {
    let devices = reserved_devices(deploy);
    if devices.is_empty() {
        return Py::None;
    }
    let request = |device: Py| {
        let mut device = device.into_dict();
        if device.get("count").and_then(Py::as_str) == Some("all") {
            device.insert("count".to_owned(), Py::Int(-1));
        }
        if let Some(capabilities) = device.get("capabilities").cloned() {
            device.insert("capabilities".to_owned(), Py::List(vec![capabilities]));
        }
        Py::Dict(device)
    };
    Py::List(devices.into_iter().map(request).collect())
}

/// What v1 asks of `deploy`.
fn check_deploy(name: &str, service: &Dict) -> Result<(), ComposeError> {
    let refuse = |message: String| Err(ComposeError::new(message));
    let Some(deploy) = service.get("deploy") else { return Ok(()) };
    let Some(deploy) = deploy.as_dict() else {
        return refuse(format!(
            "`deploy` of service `{name}` is empty, which Compose 1.29 cannot read"
        ));
    };
    let is_replicated = deploy.get("mode").is_none_or(|mode| mode.as_str() == Some("replicated"));
    let has_scale = service.get("scale").is_some_and(|scale| *scale != Py::None);
    if is_replicated && has_scale && deploy.contains_key("replicas") {
        return refuse(format!(
            "service `{name}` can have only one of `scale` and `deploy.replicas`"
        ));
    }
    let condition = dict(deploy, "restart_policy").and_then(|policy| policy.get("condition"));
    if let Some(condition) = condition.map(Py::text)
        && !["any", "none", "on-failure"].contains(&condition.as_str())
    {
        return refuse(format!(
            "`deploy.restart_policy.condition` of service `{name}` must be `any`, `none` or `on-failure`, not `{condition}`"
        ));
    }
    for device in reserved_devices(deploy) {
        let count = device.as_dict().and_then(|device| device.get("count")).and_then(Py::as_str);
        if count.is_some_and(|count| count != "all") {
            return refuse(format!(
                "a device of service `{name}` needs a number or `all` as `count`"
            ));
        }
    }
    Ok(())
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
