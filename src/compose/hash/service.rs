//! The config hash of a service for Compose v2.

use std::collections::BTreeMap;

use super::digest::sha256;
use super::generation::{Generation, Rules};
use super::text::HashText;
use crate::compose::model::encode::Writer;
use crate::compose::model::{Project, Service};

/// What only an engine knows: the full id of the first container of each service whose
/// namespaces or volumes others share. Of several containers the first one by name counts.
pub type Shared = BTreeMap<String, String>;

/// The hash `docker compose config --hash` prints: `env_file` is hashed by its path, and shared
/// namespaces by the name of their service.
#[must_use]
pub fn config_hash(service: &Service, generation: Generation) -> String {
    sha256(&config_text(service, generation.rules()))
}

/// The hash `docker compose up` writes on containers.
#[must_use]
pub fn label_hash(
    project: &Project,
    service: &Service,
    generation: Generation,
    shared: &Shared,
) -> String {
    hash_text(project, service, generation, shared).hash()
}

/// What that hash is computed from.
#[must_use]
pub fn hash_text(
    project: &Project,
    service: &Service,
    generation: Generation,
    shared: &Shared,
) -> HashText {
    HashText(label_text(project, service, generation.rules(), shared))
}

/// The value of the `depends_on` label: `service:condition:restart`, joined by commas. Compose
/// writes them in random order.
#[must_use]
pub fn depends_on_label(project: &Project, service: &Service) -> String {
    let active = service.depends_on.iter().filter(|(name, _)| project.services.contains_key(*name));
    let parts: Vec<String> = active
        .map(|(name, needed)| format!("{name}:{}:{}", needed.condition, needed.restart))
        .collect();
    parts.join(",")
}

pub(super) fn config_text(service: &Service, rules: Rules) -> String {
    let mut service = hashed(service, rules);
    service.environment = service.own_environment.clone();
    service.label_file.clear();
    Writer::text_of(&service, rules.style)
}

pub(super) fn label_text(
    project: &Project,
    service: &Service,
    rules: Rules,
    shared: &Shared,
) -> String {
    let mut service = hashed(service, rules);
    service.env_file.clear();
    if !rules.outside_first {
        service.environment = service.earlier_environment.clone();
    }
    service.depends_on.retain(|name, _| project.services.contains_key(name));
    if !rules.label_file {
        service.label_file.clear();
    }
    for mode in [&mut service.network_mode, &mut service.ipc, &mut service.pid] {
        let name = mode.as_ref().and_then(|mode| mode.strip_prefix("service:"));
        if let Some(id) = name.and_then(|name| shared.get(name)) {
            *mode = Some(format!("container:{id}"));
        }
    }
    for from in &mut service.volumes_from {
        *from = volumes_source(from, shared);
    }
    Writer::text_of(&service, rules.style)
}

/// The container a `volumes_from` means; what follows its name is lost.
fn volumes_source(from: &str, shared: &Shared) -> String {
    let mut parts = from.split(':');
    match (parts.next(), parts.next()) {
        (Some("container"), Some(container)) => container.to_owned(),
        (Some(name), _) => shared.get(name).map_or(from, String::as_str).to_owned(),
        _ => from.to_owned(),
    }
}

/// The service without what this generation does not hash.
fn hashed(service: &Service, rules: Rules) -> Service {
    let mut service = service.clone();
    service.build = None;
    service.pull_policy = None;
    service.scale = None;
    if let Some(deploy) = &mut service.deploy {
        deploy.replicas = None;
    }
    if !rules.depends_on {
        service.depends_on.clear();
    }
    if !rules.profiles {
        service.profiles.clear();
    }
    if !rules.gw_priority {
        service.networks.values_mut().flatten().for_each(|network| network.gw_priority = 0);
    }
    if !rules.device_options {
        let reservations =
            service.deploy.iter_mut().filter_map(|deploy| deploy.resources.reservations.as_mut());
        for request in reservations.flat_map(|least| &mut least.devices) {
            request.options.clear();
        }
    }
    service
}
