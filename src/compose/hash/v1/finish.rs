//! The last step of a service: its environment, its mounts, its restart policy.

use std::path::Path;

use super::files::Scope;
use super::format::Format;
use super::service::{string_dict, update};
use super::value::{Dict, Py};
use super::{env_file, merge, mounts};
use crate::compose::ComposeError;

/// The service in the form v1 makes containers of.
///
/// # Errors
/// A file of variables that cannot be read, a value that cannot be taken apart.
pub(super) fn finished(
    scope: &Scope<'_>,
    format: Format,
    names: &[String],
    mut service: Dict,
) -> Result<Dict, ComposeError> {
    if service.contains_key("environment") || service.contains_key("env_file") {
        let environment = environment(scope, &mut service)?;
        service.insert("environment".to_owned(), Py::Dict(environment));
    }
    if let Some(Py::List(sources)) = service.get("volumes_from") {
        let sources = sources.iter().map(|source| volumes_source(format, names, &source.text()));
        let sources = sources.collect::<Result<_, _>>()?;
        service.insert("volumes_from".to_owned(), Py::List(sources));
    }
    if let Some(Py::List(all)) = service.get("volumes").cloned() {
        service.insert("volumes".to_owned(), Py::List(finished_mounts(all)?));
    }
    if let Some(net) = service.shift_remove("net") {
        service.insert("network_mode".to_owned(), network_mode(names, net));
    }
    update(&mut service, "networks", named_networks);
    if let Some(restart) = service.get("restart") {
        let policy = restart_policy(&restart.text())?;
        service.insert("restart".to_owned(), policy);
    }
    finish_build(scope, &mut service)?;
    finish_logging(&mut service);
    if let Some(dockerfile) = service.shift_remove("dockerfile") {
        let mut build = service.shift_remove("build").unwrap_or(Py::None).into_dict();
        build.insert("dockerfile".to_owned(), dockerfile);
        service.insert("build".to_owned(), Py::Dict(build));
    }
    Ok(service)
}

fn environment(scope: &Scope<'_>, service: &mut Dict) -> Result<Dict, ComposeError> {
    let mut environment = Dict::new();
    for file in service.shift_remove("env_file").unwrap_or(Py::None).into_items() {
        let text = &scope.disk.read(Path::new(&file.text()))?.text;
        let read = env_file::parse(text, scope.outside).into_iter();
        environment.extend(read.map(|(name, value)| (name, value.map_or(Py::None, Py::Str))));
    }
    environment.extend(merge::variables(service.shift_remove("environment").unwrap_or(Py::None))?);
    Ok(environment.into_iter().map(|pair| from_outside(scope, pair)).collect())
}

fn from_outside(scope: &Scope<'_>, (name, value): (String, Py)) -> (String, Py) {
    let value = match (&value, scope.environment.get(&name)) {
        (Py::None, Some(outside)) => Py::str(outside),
        _ => value,
    };
    (name, value)
}

/// `[source, mode, kind]`.
fn volumes_source(format: Format, names: &[String], text: &str) -> Result<Py, ComposeError> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, mode, kind) = match (format, &parts[..]) {
        (Format::Sections, ["container", source]) => (*source, "rw", "container"),
        (Format::Sections, [source]) => (*source, "rw", "service"),
        (Format::Sections, [source, mode]) => (*source, *mode, "service"),
        (Format::Sections, [kind @ ("service" | "container"), source, mode]) => {
            (*source, *mode, *kind)
        }
        (Format::Legacy, [source, rest @ ..]) if rest.len() < 2 => {
            let is_service = names.iter().any(|name| name == source);
            let kind = if is_service { "service" } else { "container" };
            (*source, rest.first().copied().unwrap_or("rw"), kind)
        }
        _ => {
            let message = format!("`volumes_from` does not take `{text}`");
            return Err(ComposeError::new(message)
                .with_help("write `service[:mode]` or `container:name[:mode]`"));
        }
    };
    Ok(Py::List([source, mode, kind].map(Py::str).into()))
}

fn finished_mounts(all: Vec<Py>) -> Result<Vec<Py>, ComposeError> {
    let done: Vec<Py> = all.into_iter().map(mounts::finished).collect::<Result<_, _>>()?;
    let twice = done.iter().enumerate().find_map(|(at, mount)| {
        let target = mounts::internal(mount);
        done[..at].iter().any(|other| mounts::internal(other) == target).then_some(target)
    });
    match twice {
        Some(target) => {
            Err(ComposeError::new(format!("two volumes are mounted at `{}`", target.text())))
        }
        None => Ok(done),
    }
}

/// What the oldest format calls `net`: a container that is a service is meant as one.
fn network_mode(names: &[String], net: Py) -> Py {
    let text = net.text();
    match text.strip_prefix("container:").filter(|name| names.iter().any(|one| one == name)) {
        Some(name) => Py::Str(format!("service:{name}")),
        None => net,
    }
}

fn named_networks(networks: Py) -> Py {
    match networks {
        Py::List(names) => Py::Dict(names.iter().map(|name| (name.text(), Py::None)).collect()),
        other => other,
    }
}

fn restart_policy(text: &str) -> Result<Py, ComposeError> {
    if text.is_empty() {
        return Ok(Py::None);
    }
    let (name, tries) = text.split_once(':').unwrap_or((text, "0"));
    let tries = tries.trim().parse().map_err(|_| {
        ComposeError::new(format!("`restart` does not take `{text}`"))
            .with_help("write `policy[:number]`, as in `on-failure:3`")
    })?;
    Ok(Py::Dict(Dict::from([
        ("Name".to_owned(), Py::str(name)),
        ("MaximumRetryCount".to_owned(), Py::Int(tries)),
    ])))
}

fn finish_build(scope: &Scope<'_>, service: &mut Dict) -> Result<(), ComposeError> {
    let Some(build) = service.get("build") else { return Ok(()) };
    let build = match build.clone() {
        Py::Dict(mut build) => {
            if let Some(args) = build.get("args") {
                let args = merge::variables(args.clone())?.into_iter();
                let args = string_dict(args.map(|pair| from_outside(scope, pair)).collect());
                build.insert("args".to_owned(), Py::Dict(args));
            }
            build
        }
        context => Dict::from([("context".to_owned(), context)]),
    };
    service.insert("build".to_owned(), Py::Dict(build));
    Ok(())
}

/// The oldest format has the driver and its options side by side.
fn finish_logging(service: &mut Dict) {
    let parts = [("driver", "log_driver"), ("options", "log_opt")];
    for (key, old_key) in parts {
        if let Some(value) = service.shift_remove(old_key) {
            let mut logging = service.shift_remove("logging").unwrap_or(Py::None).into_dict();
            logging.insert(key.to_owned(), value);
            service.insert("logging".to_owned(), Py::Dict(logging));
        }
    }
}
