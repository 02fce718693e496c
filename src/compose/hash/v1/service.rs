//! A service of the files to what v1 keeps of it.

use std::path::Path;

use super::files::Scope;
use super::value::{Dict, Py};
use super::{duration, env_file, merge, ports};
use crate::compose::ComposeError;
use crate::compose::disk::absolute;

/// What begins the address of a build context.
const ADDRESSES: [&str; 5] = ["http://", "https://", "git://", "github.com/", "git@"];

/// Paths from `dir`, and lists in the one form v1 works with.
pub(super) fn process(
    scope: &Scope<'_>,
    dir: &Path,
    mut service: Dict,
) -> Result<Dict, ComposeError> {
    let place = |path: &str| expand(scope, dir, path);
    update(&mut service, "env_file", |files| {
        Py::List(files.into_items().iter().map(|file| Py::Str(place(&file.text()))).collect())
    });
    update(&mut service, "build", |build| resolved_build(build, &place));
    if service.get("volume_driver").is_none_or(|driver| *driver == Py::None) {
        update(&mut service, "volumes", |volumes| {
            let mounts = volumes.into_items().into_iter();
            Py::List(mounts.map(|mount| resolved_mount(scope, mount, &place)).collect())
        });
    }
    update(&mut service, "sysctls", |sysctls| Py::Dict(string_dict(merge::texts(sysctls))));
    update(&mut service, "labels", |labels| Py::Dict(merge::texts(labels)));
    update(&mut service, "depends_on", |needed| Py::Dict(merge::dependencies(needed)));
    for key in ["dns", "dns_search", "tmpfs"] {
        update(&mut service, key, |value| Py::List(value.into_items()));
    }
    update(&mut service, "healthcheck", resolved_healthcheck);
    if let Some(Py::List(items)) = service.get("ports") {
        let ports: Option<Vec<Vec<Py>>> = items.iter().map(ports::parse).collect();
        let ports = ports.ok_or_else(|| ComposeError::new("v1 does not understand a port"))?;
        service.insert("ports".to_owned(), Py::List(ports.concat()));
    }
    if service.get("security_opt").is_some_and(|options| !options.is_empty()) {
        update(&mut service, "security_opt", |options| {
            Py::List(options.into_items().into_iter().map(security_option).collect())
        });
    }
    Ok(service)
}

fn update(service: &mut Dict, key: &str, change: impl FnOnce(Py) -> Py) {
    if let Some(value) = service.get_mut(key) {
        *value = change(std::mem::replace(value, Py::None));
    }
}

fn expand(scope: &Scope<'_>, dir: &Path, path: &str) -> String {
    absolute(dir, expand_home(scope, path)).display().to_string()
}

fn expand_home(scope: &Scope<'_>, path: &str) -> String {
    match (path.strip_prefix('~'), scope.environment.get("HOME")) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            format!("{home}{rest}")
        }
        _ => path.to_owned(),
    }
}

fn resolved_build(build: Py, place: &dyn Fn(&str) -> String) -> Py {
    let context = |text: &str| {
        let is_address = ADDRESSES.iter().any(|start| text.starts_with(start));
        Py::Str(if is_address { text.to_owned() } else { place(text) })
    };
    match build {
        Py::Str(path) => context(&path),
        Py::Dict(mut build) => {
            update(&mut build, "context", |path| context(&path.text()));
            update(&mut build, "labels", |labels| Py::Dict(merge::texts(labels)));
            Py::Dict(build)
        }
        other => other,
    }
}

fn resolved_mount(scope: &Scope<'_>, mount: Py, place: &dyn Fn(&str) -> String) -> Py {
    match mount {
        Py::Dict(mut long) => {
            let is_bind = long.get("type").and_then(Py::as_str) == Some("bind");
            if let Some(Py::Str(source)) = long.get_mut("source")
                && is_bind
                && source.starts_with(['.', '~'])
            {
                *source = place(source);
            }
            Py::Dict(long)
        }
        Py::Str(short) => match short.split_once(':') {
            Some((host, rest)) if host.starts_with('.') => {
                Py::Str(format!("{}:{rest}", place(host)))
            }
            Some((host, rest)) => Py::Str(format!("{}:{rest}", expand_home(scope, host))),
            None => Py::Str(short),
        },
        other => other,
    }
}

fn resolved_healthcheck(check: Py) -> Py {
    let mut check = check.into_dict();
    if check.remove("disable").is_some() {
        check.insert("test".to_owned(), Py::List(vec![Py::str("NONE")]));
    }
    for key in ["interval", "timeout", "start_period"] {
        update(&mut check, key, |value| match value {
            Py::Int(_) | Py::Bool(_) => value,
            other => duration::nanoseconds(&other.text()).map_or(Py::None, Py::Int),
        });
    }
    Py::Dict(check)
}

/// `[value, file]`; the file of a profile is read when the container is made.
fn security_option(option: Py) -> Py {
    match option {
        Py::Str(_) => Py::List(vec![option, Py::None]),
        other => other,
    }
}

/// Every value as text, nothing as an empty one.
fn string_dict(dict: Dict) -> Dict {
    let text = |value: Py| match value {
        Py::None => Py::str(""),
        other => Py::Str(other.text()),
    };
    dict.into_iter().map(|(key, value)| (key, text(value))).collect()
}

/// The last step of a service: its environment, its mounts, its restart policy.
pub(super) fn finish(scope: &Scope<'_>, mut service: Dict) -> Result<Dict, ComposeError> {
    if service.contains_key("environment") || service.contains_key("env_file") {
        let environment = environment(scope, &mut service)?;
        service.insert("environment".to_owned(), Py::Dict(environment));
    }
    update(&mut service, "volumes", |volumes| {
        Py::List(volumes.into_items().into_iter().map(finish_mount).collect())
    });
    update(&mut service, "restart", |restart| match restart.as_str() {
        Some(text) if !text.is_empty() => restart_policy(text),
        _ => Py::None,
    });
    update(&mut service, "build", |build| match build {
        Py::Dict(mut build) => {
            update(&mut build, "args", |args| {
                let known = merge::variables(args).into_iter();
                Py::Dict(string_dict(known.map(|pair| from_outside(scope, pair)).collect()))
            });
            Py::Dict(build)
        }
        context => Py::Dict(Dict::from([("context".to_owned(), context)])),
    });
    let (driver, options) = (service.remove("log_driver"), service.remove("log_opt"));
    if driver.is_some() || options.is_some() {
        let mut logging = service.remove("logging").unwrap_or(Py::None).into_dict();
        logging.extend(driver.map(|driver| ("driver".to_owned(), driver)));
        logging.extend(options.map(|options| ("options".to_owned(), options)));
        service.insert("logging".to_owned(), Py::Dict(logging));
    }
    Ok(service)
}

fn environment(scope: &Scope<'_>, service: &mut Dict) -> Result<Dict, ComposeError> {
    let mut environment = Dict::new();
    for file in service.remove("env_file").unwrap_or(Py::None).into_items() {
        let text = &scope.disk.read(Path::new(&file.text()))?.text;
        let read = env_file::parse(text, &scope.environment).into_iter();
        environment.extend(read.map(|(name, value)| (name, value.map_or(Py::None, Py::Str))));
    }
    environment.extend(merge::variables(service.remove("environment").unwrap_or(Py::None)));
    Ok(environment.into_iter().map(|pair| from_outside(scope, pair)).collect())
}

fn from_outside(scope: &Scope<'_>, (name, value): (String, Py)) -> (String, Py) {
    let value = match (&value, scope.environment.get(&name)) {
        (Py::None, Some(outside)) => Py::str(outside),
        _ => value,
    };
    (name, value)
}

/// A short mount as `[external, internal, mode]`; a long one as it is.
fn finish_mount(mount: Py) -> Py {
    let Py::Str(short) = mount else { return finish_long_mount(mount) };
    let parts: Vec<&str> = short.split(':').collect();
    let (external, internal, mode) = match parts[..] {
        [external, internal] => (Py::Str(normal(external)), internal, "rw"),
        [external, internal, mode] => (Py::Str(normal(external)), internal, mode),
        _ => (Py::None, short.as_str(), "rw"),
    };
    Py::List(vec![external, Py::Str(normal(internal)), Py::str(mode)])
}

fn finish_long_mount(mount: Py) -> Py {
    let long = mount.into_dict();
    let kind = long.get("type").map(Py::text).unwrap_or_default();
    let kept = ["type", "source", "target", "read_only", "consistency", kind.as_str()];
    let fields =
        long.into_iter().filter(|(key, value)| kept.contains(&key.as_str()) && !value.is_empty());
    let fields = fields.map(|(key, value)| match (key.as_str(), &value) {
        ("source", Py::Str(path)) => (key, Py::Str(normal(path))),
        _ => (key, value),
    });
    Py::Dict(fields.collect())
}

/// Python's `os.path.normpath`.
fn normal(path: &str) -> String {
    crate::compose::stages::clean_path(path)
}

fn restart_policy(text: &str) -> Py {
    let (name, tries) = text.split_once(':').unwrap_or((text, "0"));
    Py::Dict(Dict::from([
        ("Name".to_owned(), Py::str(name)),
        ("MaximumRetryCount".to_owned(), tries.parse().map_or(Py::None, Py::Int)),
    ]))
}

/// The secrets of the project with absolute paths.
pub(super) fn secrets(scope: &Scope<'_>, mut secrets: Dict) -> Dict {
    for secret in secrets.values_mut() {
        if let Py::Dict(fields) = secret {
            update(fields, "file", |file| Py::Str(expand(scope, &scope.dir, &file.text())));
        }
    }
    secrets
}
