//! A service of the files with its paths absolute and its lists in the one form v1 works with.

use std::path::Path;

use super::files::Scope;
use super::value::{Dict, Py};
use super::{duration, merge, mounts, ports, security, size};
use crate::compose::ComposeError;

/// What begins the address of a build context.
const ADDRESSES: [&str; 5] = ["http://", "https://", "git://", "github.com/", "git@"];

/// Paths from `dir`, and values in their one form.
///
/// # Errors
/// A value that cannot be taken apart.
pub(super) fn normalized(
    scope: &Scope<'_>,
    dir: &Path,
    mut service: Dict,
) -> Result<Dict, ComposeError> {
    let place = |path: &str| scope.expanded(dir, path);
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
        let ports: Vec<Vec<Py>> = items.iter().map(ports::parse).collect::<Result<_, _>>()?;
        service.insert("ports".to_owned(), Py::List(ports.concat()));
    }
    if let Some(Py::Dict(blkio)) = service.get_mut("blkio_config") {
        resolve_rates(blkio)?;
    }
    if let Some(Py::List(options)) = service.get("security_opt").filter(|all| !all.is_empty()) {
        let options = options.iter().map(|option| security::option(scope, option));
        let options = options.collect::<Result<_, _>>()?;
        service.insert("security_opt".to_owned(), Py::List(options));
    }
    Ok(service)
}

/// Changes the value of a key that is there.
pub(super) fn update(service: &mut Dict, key: &str, change: impl FnOnce(Py) -> Py) {
    if let Some(value) = service.get_mut(key) {
        *value = change(std::mem::replace(value, Py::None));
    }
}

/// Whether a build context lies elsewhere than on this machine.
pub(super) fn is_address(context: &str) -> bool {
    ADDRESSES.iter().any(|start| context.starts_with(start))
}

fn resolved_build(build: Py, place: &dyn Fn(&str) -> String) -> Py {
    let context =
        |text: &str| Py::Str(if is_address(text) { text.to_owned() } else { place(text) });
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
        Py::Str(short) => {
            let Some(parts) = mounts::split(&short) else { return Py::Str(short) };
            let source = if parts.source.starts_with('.') {
                place(parts.source)
            } else {
                scope.at_home(parts.source)
            };
            let mode = parts.mode.map(|mode| format!(":{mode}")).unwrap_or_default();
            Py::Str(format!("{source}:{}{mode}", parts.target))
        }
        other => other,
    }
}

fn resolved_healthcheck(check: Py) -> Py {
    let mut check = check.into_dict();
    // Also `disable: false` disables it.
    if check.shift_remove("disable").is_some() {
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

/// Reads a number.
type Reader = fn(&str) -> Option<i128>;

/// Rates in bytes or operations.
fn resolve_rates(blkio: &mut Dict) -> Result<(), ComposeError> {
    let operations = |text: &str| text.trim().parse().ok();
    let readers: [(&str, Reader); 4] = [
        ("device_read_bps", size::bytes),
        ("device_write_bps", size::bytes),
        ("device_read_iops", operations),
        ("device_write_iops", operations),
    ];
    for (key, reader) in readers {
        let Some(Py::List(limits)) = blkio.get_mut(key) else { continue };
        for limit in limits {
            let Py::Dict(limit) = limit else { continue };
            let rate = match limit.get("rate") {
                Some(Py::Str(text)) => reader(text).map(Py::Int).ok_or_else(|| {
                    ComposeError::new(format!("`blkio_config.{key}` has no such rate: `{text}`"))
                })?,
                Some(rate) => rate.clone(),
                None => Py::Int(0),
            };
            limit.insert("rate".to_owned(), rate);
        }
    }
    Ok(())
}

/// Every value as text, nothing as an empty one.
pub(super) fn string_dict(dict: Dict) -> Dict {
    let text = |value: Py| match value {
        Py::None => Py::str(""),
        other => Py::Str(other.text()),
    };
    dict.into_iter().map(|(key, value)| (key, text(value))).collect()
}
