//! What Compose refuses in a whole project.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use super::dependencies::{dependencies, no_circle};
use crate::compose::ComposeError;
use crate::compose::hash::Generation;
use crate::compose::model::{Project, Resource, Service};
use crate::text::did_you_mean;

type Rule = fn(&Project, &Service) -> Result<(), ComposeError>;

const RULES: [Rule; 10] = [
    image,
    contexts,
    platforms,
    networks,
    health_test,
    dependencies,
    resources,
    limits,
    scale,
    watches,
];

/// What came with 2.36.
const NEWER: [Rule; 2] = [replicas, targets];

/// Checks every active service against the project and itself, as releases of `generation` do; v1
/// has checked its own.
///
/// # Errors
/// The first contradiction.
pub(crate) fn validate(project: &Project, generation: Generation) -> Result<(), ComposeError> {
    let newer = NEWER.iter().filter(|_| generation >= Generation::V2_36);
    if generation == Generation::V1 {
        return no_circle(project);
    }
    for service in project.services.values() {
        RULES.iter().chain(newer.clone()).try_for_each(|check| check(project, service))?;
    }
    no_circle(project)
}

/// Checks that no two active services claim one container name.
///
/// # Errors
/// The second service that does.
pub(crate) fn container_names(project: &Project) -> Result<(), ComposeError> {
    let mut claimed = HashMap::new();
    for service in project.services.values() {
        let Some(name) = &service.container_name else { continue };
        if let Some(other) = claimed.insert(name, &service.name) {
            let message = format!(
                "services `{other}` and `{}` both have the container name `{name}`",
                service.name
            );
            return Err(refuse(service, "container_name", message));
        }
    }
    Ok(())
}

pub(super) fn refuse(service: &Service, key: &str, message: String) -> ComposeError {
    let place = service.location_of(key).or_else(|| service.location.clone());
    ComposeError { location: place, ..ComposeError::new(message) }
}

/// Refuses one item of a key, by its name or its index.
pub(super) fn refuse_item(
    service: &Service,
    key: &str,
    item: impl fmt::Display,
    message: String,
) -> ComposeError {
    let place = service.location_in(key, item).or_else(|| service.location.clone());
    ComposeError { location: place, ..ComposeError::new(message) }
}

fn image(_: &Project, service: &Service) -> Result<(), ComposeError> {
    if service.image.is_none() && service.build.is_none() && service.provider.is_none() {
        let message = format!("service `{}` has neither `image` nor `build`", service.name);
        return Err(refuse(service, "image", message));
    }
    let build = service.build.as_ref();
    if build.is_some_and(|build| build.dockerfile.is_some() && build.dockerfile_inline.is_some()) {
        let message = format!(
            "`build` of service `{}` can have only one of `dockerfile` and `dockerfile_inline`",
            service.name
        );
        return Err(refuse(service, "build", message));
    }
    Ok(())
}

fn networks(project: &Project, service: &Service) -> Result<(), ComposeError> {
    if service.network_mode.is_some() && !service.networks.is_empty() {
        let message = format!(
            "service `{}` can have only one of `network_mode` and `networks`",
            service.name
        );
        return Err(refuse(service, "network_mode", message));
    }
    // Compose takes such a name for a key of its own there.
    if let Some(name) = service.networks.keys().find(|name| name.starts_with("x-")) {
        let message = format!("service `{}` cannot join a network named `{name}`", service.name);
        return Err(refuse(service, "networks", message)
            .with_help("give the network a key that does not begin with `x-`"));
    }
    let named = service.networks.keys().map(|name| (name, name));
    known(service, ("networks", "network"), named, &project.networks)
}

/// The platform it runs on must be one of those it is built for.
fn platforms(_: &Project, service: &Service) -> Result<(), ComposeError> {
    let (Some(build), Some(platform)) = (&service.build, &service.platform) else { return Ok(()) };
    if build.platforms.is_empty() || build.platforms.contains(platform) {
        return Ok(());
    }
    let message = format!("service `{}` is not built for its platform `{platform}`", service.name);
    Err(refuse(service, "platform", message).with_help("add it to `build.platforms`"))
}

/// A service whose image another one is built from must be built itself.
fn contexts(project: &Project, service: &Service) -> Result<(), ComposeError> {
    let contexts = service.build.iter().flat_map(|build| build.additional_contexts.values());
    for name in contexts.filter_map(|context| context.strip_prefix("service:")) {
        if project.services.get(name).is_none_or(|other| other.build.is_none()) {
            let message = format!(
                "service `{}` is built from service `{name}`, which is not built",
                service.name
            );
            return Err(refuse(service, "build", message));
        }
    }
    Ok(())
}

fn resources(project: &Project, service: &Service) -> Result<(), ComposeError> {
    let volumes = service.volumes.iter().enumerate().filter(|(_, mount)| mount.kind == "volume");
    let volumes = volumes.filter_map(|(at, mount)| Some((at, mount.source.as_ref()?)));
    known(service, ("volumes", "volume"), volumes, &project.volumes)?;
    let configs = service.configs.iter().map(|config| &config.source).enumerate();
    known(service, ("configs", "config"), configs, &project.configs)?;
    let secrets = service.secrets.iter().map(|secret| &secret.source).enumerate();
    known(service, ("secrets", "secret"), secrets, &project.secrets)?;
    let built_with = service.build.iter().flat_map(|build| &build.secrets);
    let built_with = built_with.map(|secret| &secret.source).enumerate();
    known(service, ("build", "secret"), built_with, &project.secrets)?;
    let models = service.models.keys().map(|name| (name, name));
    known(service, ("models", "model"), models, &project.models)
}

/// Every name that `used` has beside its item of a key must be a key of `declared`.
fn known<'a, I: fmt::Display, T>(
    service: &Service,
    (key, noun): (&str, &str),
    used: impl IntoIterator<Item = (I, &'a String)>,
    declared: &BTreeMap<String, T>,
) -> Result<(), ComposeError> {
    let mut used = used.into_iter();
    let Some((item, unknown)) = used.find(|(_, name)| !declared.contains_key(*name)) else {
        return Ok(());
    };
    let message =
        format!("service `{}` uses {noun} `{unknown}`, which is not declared", service.name);
    let error = refuse_item(service, key, item, message);
    Err(match did_you_mean(unknown, declared.keys().map(String::as_str)) {
        Some(similar) => error.with_help(format!("did you mean `{similar}`?")),
        None => error.with_help(format!("declare it under `{noun}s:` at the top level")),
    })
}

fn health_test(_: &Project, service: &Service) -> Result<(), ComposeError> {
    let first = service.healthcheck.as_ref().and_then(|check| check.test.first());
    if first.is_none_or(|first| matches!(first.as_str(), "CMD" | "CMD-SHELL" | "NONE")) {
        return Ok(());
    }
    let message = format!(
        "`healthcheck.test` of service `{}` must begin with `CMD`, `CMD-SHELL` or `NONE`",
        service.name
    );
    Err(refuse(service, "healthcheck", message))
}

fn limits(_: &Project, service: &Service) -> Result<(), ComposeError> {
    let Some(deploy) = &service.deploy else { return Ok(()) };
    let differ = |key: &str, other: &str| {
        let message = format!(
            "service `{}` has different values for `{key}` and `deploy.resources.{other}`",
            service.name
        );
        Err(refuse(service, key, message))
    };
    if let Some(limits) = &deploy.resources.limits {
        let Resource { cpus, memory, pids, .. } = limits;
        if service.cpus != 0.0 && service.cpus.to_bits() != cpus.to_bits() {
            return differ("cpus", "limits.cpus");
        }
        if service.mem_limit.0 != 0 && service.mem_limit != *memory {
            return differ("mem_limit", "limits.memory");
        }
        if service.pids_limit != 0 && service.pids_limit != *pids {
            return differ("pids_limit", "limits.pids");
        }
    }
    match &deploy.resources.reservations {
        Some(least)
            if service.mem_reservation.0 != 0 && service.mem_reservation != least.memory =>
        {
            differ("mem_reservation", "reservations.memory")
        }
        _ => Ok(()),
    }
}

fn scale(_: &Project, service: &Service) -> Result<(), ComposeError> {
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.replicas);
    let key = if service.scale.is_some() { "scale" } else { "deploy" };
    let message = match (service.scale, deployed) {
        (Some(scale), Some(replicas)) if scale != replicas => {
            "has different values for `scale` and `deploy.replicas`"
        }
        (Some(count), _) | (_, Some(count)) if count > 1 && service.container_name.is_some() => {
            "has several replicas and one `container_name`"
        }
        _ => return Ok(()),
    };
    Err(refuse(service, key, format!("service `{}` {message}", service.name)))
}

fn replicas(_: &Project, service: &Service) -> Result<(), ComposeError> {
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.replicas);
    if service.scale.or(deployed).is_none_or(|count| count >= 0) {
        return Ok(());
    }
    let key = if service.scale.is_some() { "scale" } else { "deploy" };
    let message = format!("service `{}` has a negative number of replicas", service.name);
    Err(refuse(service, key, message))
}

fn watches(_: &Project, service: &Service) -> Result<(), ComposeError> {
    let mut watched = service.develop.iter().flat_map(|develop| &develop.watch);
    let needs_target = |action: &str| !matches!(action, "rebuild" | "restart");
    if let Some(watch) = watched.find(|watch| needs_target(&watch.action) && watch.target.is_none())
    {
        let message = format!(
            "service `{}` watches `{}` for `{}` without a `target`",
            service.name, watch.path, watch.action
        );
        return Err(refuse(service, "develop", message));
    }
    Ok(())
}

fn targets(_: &Project, service: &Service) -> Result<(), ComposeError> {
    let in_memory = service.tmpfs.iter().map(|tmpfs| tmpfs.split(':').next().unwrap_or(tmpfs));
    let mounted = service.volumes.iter().map(|mount| mount.target.as_str());
    let mut seen = HashSet::new();
    for target in in_memory.chain(mounted) {
        if !seen.insert(target) {
            let message = format!("service `{}` mounts two things at `{target}`", service.name);
            return Err(refuse(service, "volumes", message));
        }
    }
    Ok(())
}
