//! `volumes`, secrets, and what a replaced container leaves to the new one.

use serde_json::{Map, Value, json};

use super::value::{items, json as to_json, option, texts};
use crate::compose::hash::v1::{Dict, Py, Secret, Service};
use crate::engine::api::Image;
use crate::engine::spec::SpecInput;
use crate::engine::spec::object::Object;

/// What is mounted into a container, in the forms the engine takes.
#[derive(Default)]
pub(super) struct Mounted {
    /// `HostConfig.Binds`: `source:target:mode`.
    pub(super) binds: Vec<String>,
    /// `HostConfig.Mounts`.
    pub(super) mounts: Vec<Value>,
    /// `Volumes`: targets of the short form.
    pub(super) declared: Value,
    /// Whether volumes of the replaced container are among them.
    pub(super) has_old: bool,
}

/// A short mount: `[external, internal, mode]`.
struct Short {
    external: Option<String>,
    internal: String,
    mode: String,
}

/// Where secrets lie in a container.
const SECRETS: &str = "/run/secrets";

/// Everything that is mounted.
pub(super) fn mounts(input: &SpecInput, service: &Service) -> Mounted {
    let all = items(&service.options, "volumes");
    let short: Vec<Short> = all.iter().filter_map(Short::of).collect();
    let long: Vec<&Dict> = all.iter().filter_map(Py::as_dict).collect();
    let bound = short.iter().filter_map(|mount| Some((mount, mount.external.as_ref()?)));
    let mut binds: Map<String, Value> = bound
        .map(|(mount, external)| (mount.internal.clone(), mount.bind(external).into()))
        .collect();
    let left = left_over(input, service, &short, &long);
    let mut has_old = !left.is_empty();
    binds.extend(left);
    let mut mounts = Vec::new();
    for mount in &long {
        let old = old_volume(input, &option_text(mount, "target"));
        has_old |= is_volume(mount) && old.is_some();
        mounts.push(long_mount(mount, old));
    }
    mounts.extend(service.secrets.iter().map(secret));
    Mounted {
        binds: binds.values().filter_map(Value::as_str).map(str::to_owned).collect(),
        mounts,
        declared: short.iter().map(|mount| (mount.internal.clone(), json!({}))).collect(),
        has_old,
    }
}

impl Short {
    fn of(mount: &Py) -> Option<Self> {
        let Py::List(parts) = mount else { return None };
        let [external, internal, mode] = &parts[..] else { return None };
        let external = external.as_str().map(str::to_owned);
        Some(Self { external, internal: internal.text(), mode: mode.text() })
    }

    fn bind(&self, external: &str) -> String {
        format!("{external}:{}:{}", self.internal, self.mode)
    }
}

/// Volumes of the replaced container, by target: those without a source of their own, and those
/// the image declares, which win over what the service mounts there.
fn left_over(
    input: &SpecInput,
    service: &Service,
    short: &[Short],
    long: &[&Dict],
) -> Vec<(String, Value)> {
    let own = short.iter().filter(|mount| mount.external.is_none());
    let own = own.map(|mount| (mount.internal.clone(), mount.mode.clone()));
    let of_image = input.image.map(Image::volumes).unwrap_or_default();
    let of_image = of_image.into_iter().map(|target| (target, "rw".to_owned()));
    let in_memory: Vec<String> = texts(&service.options, "tmpfs")
        .iter()
        .map(|text| text.split(':').next().unwrap_or(text).to_owned())
        .collect();
    let is_free = |target: &String| {
        !in_memory.contains(target)
            && !long.iter().any(|mount| option_text(mount, "target") == *target)
    };
    let kept = own.chain(of_image).filter(|(target, _)| is_free(target));
    let binds = kept.filter_map(|(target, mode)| {
        let name = old_volume(input, &target)?;
        Some((target.clone(), Value::from(format!("{name}:{target}:{mode}"))))
    });
    binds.collect()
}

/// The name of the volume the replaced container has at `target`.
fn old_volume<'a>(input: &SpecInput<'a>, target: &str) -> Option<&'a str> {
    let mounts = input.old?.mounts();
    let there = mounts.iter().find(|mount| mount["Destination"] == target)?;
    there["Name"].as_str().filter(|name| !name.is_empty())
}

fn option_text(mount: &Dict, key: &str) -> String {
    mount.get(key).map(Py::text).unwrap_or_default()
}

fn is_volume(mount: &Dict) -> bool {
    mount.get("type").and_then(Py::as_str) == Some("volume")
}

/// A long mount. v1 keeps the replaced container's volume even where the file names another one,
/// and never comes to rest; we keep only one that has no name.
fn long_mount(mount: &Dict, old: Option<&str>) -> Value {
    let mut body = Object::default();
    let source = mount.get("source").map(to_json);
    let inherited = old.filter(|_| is_volume(mount)).map(Value::from);
    body.set("Source", source.or(inherited).unwrap_or_default());
    for (key, field) in [
        ("type", "Type"),
        ("target", "Target"),
        ("read_only", "ReadOnly"),
        ("consistency", "Consistency"),
    ] {
        body.set(field, option(mount, key));
    }
    let options = |kind: &str, key: &str| {
        mount.get(kind).and_then(Py::as_dict).map_or(Value::Null, |own| option(own, key))
    };
    for (kind, key, group, field) in [
        ("bind", "propagation", "BindOptions", "Propagation"),
        ("volume", "nocopy", "VolumeOptions", "NoCopy"),
        ("tmpfs", "size", "TmpfsOptions", "SizeBytes"),
    ] {
        let mut own = Object::default();
        own.set(field, options(kind, key));
        body.set(group, own);
    }
    body.into()
}

fn secret(secret: &Secret) -> Value {
    let target = secret.target.as_deref().unwrap_or(&secret.source);
    let target =
        if target.starts_with('/') { target.to_owned() } else { format!("{SECRETS}/{target}") };
    json!({"Type": "bind", "Source": secret.file, "Target": target, "ReadOnly": true})
}
