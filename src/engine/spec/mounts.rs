//! `volumes`, and the anonymous volumes a replaced container leaves to the new one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::object::Object;
use super::release::Change;
use super::{SpecError, SpecInput, file_refs};
use crate::compose::model::{BindOptions, Mount, VolumeOptions};
use crate::engine::api::Image;

/// What is mounted into a container, in the two forms the engine takes.
#[derive(Default)]
pub(super) struct Mounts {
    /// `HostConfig.Binds`: `source:target:options`.
    pub(super) binds: Vec<String>,
    /// `HostConfig.Mounts`.
    pub(super) mounts: Vec<Value>,
}

/// One thing to mount in one of the two forms.
pub(super) enum Form {
    Bind(String),
    Mount(Value),
}

/// The first API version with mounts of images.
const IMAGE_MOUNTS: (u32, u32) = (1, 48);

/// Everything that is mounted: by target, what the service says wins over what is inherited, and
/// over secrets and configs.
pub(super) fn mounts(input: &SpecInput) -> Result<Mounts, SpecError> {
    let mut by_target: BTreeMap<String, Form> = file_refs::mounts(input)?;
    by_target.extend(inherited(input));
    for volume in &input.service.volumes {
        let left_over = is_anonymous(volume) && old_mount(input, &volume.target).is_some();
        if !left_over {
            by_target.insert(volume.target.clone(), form(input, volume)?);
        }
    }
    let mut mounts = Mounts::default();
    for form in by_target.into_values() {
        match form {
            Form::Bind(bind) => mounts.binds.push(bind),
            Form::Mount(mount) => mounts.mounts.push(mount),
        }
    }
    Ok(mounts)
}

/// Anonymous volumes of the replaced container, mounted again: those at the image's volumes and at
/// volumes of the service that have no source. The new container shares them with the old one as
/// long as both exist.
fn inherited(input: &SpecInput) -> BTreeMap<String, Form> {
    let of_image = input.image.map(Image::volumes).unwrap_or_default();
    let of_service = input.service.volumes.iter().filter(|volume| is_anonymous(volume));
    let targets = of_image.into_iter().chain(of_service.map(|volume| volume.target.clone()));
    let found = targets.filter_map(|target| {
        let old = old_mount(input, &target)?;
        Some((target.clone(), inherit(&target, old)))
    });
    found.collect()
}

fn is_anonymous(volume: &Mount) -> bool {
    volume.source.is_none()
}

/// What the replaced container has at `target`. A tmpfs holds nothing to carry over.
fn old_mount<'a>(input: &SpecInput<'a>, target: &str) -> Option<&'a Value> {
    let is_there =
        |mount: &&Value| text(mount, "Destination") == target && text(mount, "Type") != "tmpfs";
    input.old?.mounts().iter().find(is_there)
}

fn inherit(target: &str, old: &Value) -> Form {
    let kind = text(old, "Type");
    let source = if kind == "volume" { text(old, "Name") } else { text(old, "Source") };
    let mut mount = Object::default();
    mount.set("Type", kind);
    mount.set("Source", source);
    mount.set("Target", target);
    mount.set("ReadOnly", old.get("RW") == Some(&Value::Bool(false)));
    Form::Mount(mount.into())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The form Compose gives a volume of the service.
fn form(input: &SpecInput, volume: &Mount) -> Result<Form, SpecError> {
    let source = source(input, volume);
    if let Some(source) = source.as_ref().filter(|_| is_bind_string(input, volume)) {
        return Ok(Form::Bind(bind_string(source, volume)));
    }
    if volume.kind == "image" {
        input.needs_api(IMAGE_MOUNTS, "volumes")?;
    }
    let mut mount = Object::default();
    mount.set("Type", volume.kind.clone());
    mount.set("Source", source);
    mount.set("Target", volume.target.clone());
    mount.set("ReadOnly", volume.read_only);
    mount.set("Consistency", volume.consistency.clone());
    mount.put("BindOptions", volume.bind.as_ref().map(|bind| bind_options(input, bind)));
    mount.put("VolumeOptions", volume.volume.as_ref().map(volume_options));
    mount.set("TmpfsOptions", tmpfs_options(volume));
    mount.set("ImageOptions", image_options(volume));
    Ok(Form::Mount(mount.into()))
}

/// The engine's name of what is mounted: a path, or the name of a volume.
fn source(input: &SpecInput, volume: &Mount) -> Option<String> {
    let source = volume.source.as_ref()?;
    let named = input.project.volumes.get(source).filter(|_| volume.kind == "volume");
    Some(named.map_or(source, |volume| &volume.name).clone())
}

fn is_bind_string(input: &SpecInput, volume: &Mount) -> bool {
    match volume.kind.as_str() {
        "bind" => is_plain_bind(input, volume.bind.as_ref()),
        "volume" => {
            let options = volume.volume.as_ref();
            let plain = options.is_none_or(|options| {
                options.labels.is_empty() && options.subpath.is_none() && !options.nocopy
            });
            plain && input.release().has(Change::NamedVolumesAsBinds)
        }
        _ => false,
    }
}

/// The engine makes a missing host path only for a bind string, and knows a recursion only of a
/// mount; releases differ in what else decides.
fn is_plain_bind(input: &SpecInput, bind: Option<&BindOptions>) -> bool {
    if input.release().has(Change::PlainBinds) {
        bind.is_none_or(|bind| {
            let plain = bind.propagation.is_none() && bind.recursive.is_none();
            plain && creates_host_path(input, bind)
        })
    } else {
        bind.is_some_and(|bind| creates_host_path(input, bind))
    }
}

fn creates_host_path(input: &SpecInput, bind: &BindOptions) -> bool {
    bind.create_host_path.unwrap_or(input.release().has(Change::HostPathByDefault))
}

/// `source:target:access[,option…]`.
fn bind_string(source: &str, volume: &Mount) -> String {
    let access = if volume.read_only { "ro" } else { "rw" };
    let bind = volume.bind.as_ref();
    let selinux = bind.and_then(|bind| bind.selinux.as_deref());
    let propagation = bind.and_then(|bind| bind.propagation.as_deref());
    let nocopy = volume.volume.as_ref().filter(|options| options.nocopy).map(|_| "nocopy");
    let options = [Some(access), selinux, propagation, nocopy];
    let options: Vec<&str> = options.into_iter().flatten().collect();
    format!("{source}:{}:{}", volume.target, options.join(","))
}

fn bind_options(input: &SpecInput, bind: &BindOptions) -> Value {
    let mut options = Object::default();
    options.set("Propagation", bind.propagation.clone());
    if input.release().has(Change::PlainBinds) {
        options.set("CreateMountpoint", creates_host_path(input, bind));
        let recursive = bind.recursive.as_deref();
        options.set("NonRecursive", recursive == Some("disabled"));
        options.set("ReadOnlyNonRecursive", recursive == Some("writable"));
        options.set("ReadOnlyForceRecursive", recursive == Some("readonly"));
    }
    options.into()
}

fn volume_options(options: &VolumeOptions) -> Value {
    let mut body = Object::default();
    body.set("NoCopy", options.nocopy);
    body.set("Subpath", options.subpath.clone());
    body.set("Labels", json!(options.labels));
    body.into()
}

fn tmpfs_options(volume: &Mount) -> Value {
    let mut body = Object::default();
    if let Some(options) = &volume.tmpfs {
        body.set("SizeBytes", options.size.0);
        body.set("Mode", options.mode);
    }
    body.into()
}

fn image_options(volume: &Mount) -> Value {
    let mut body = Object::default();
    body.set("Subpath", volume.image.as_ref().and_then(|options| options.subpath.clone()));
    body.into()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Given;
    use super::*;
    use crate::compose::model::{Bytes, Service, TmpfsOptions, Volume};

    fn mount(kind: &str, source: Option<&str>, target: &str) -> Mount {
        let source = source.map(str::to_owned);
        Mount { kind: kind.to_owned(), source, target: target.to_owned(), ..Mount::default() }
    }

    fn given(volumes: Vec<Mount>) -> Given {
        let mut given = Given::new(Service { volumes, ..Service::default() });
        let volume = Volume { name: "shop_data".to_owned(), ..Volume::default() };
        given.project.volumes.insert("data".to_owned(), volume);
        given
    }

    fn old_volume() -> Value {
        json!([{
            "Type": "volume", "Name": "abc", "Source": "/var/lib/docker/volumes/abc/_data",
            "Destination": "/cache", "RW": true,
        }])
    }

    #[test]
    fn a_named_volume_is_a_bind_string_since_2_35_1_and_a_mount_before() {
        let mut given = given(vec![mount("volume", Some("data"), "/data")]);
        assert_eq!(given.sends("/HostConfig/Binds"), json!(["shop_data:/data:rw"]));
        given.version = "2.35.0";
        let mount = json!([{"Type": "volume", "Source": "shop_data", "Target": "/data"}]);
        assert_eq!(given.sends("/HostConfig/Mounts"), mount);
    }

    #[test]
    fn an_anonymous_volume_of_the_old_container_is_mounted_again_by_name() {
        let given = given(vec![mount("volume", None, "/cache")]).replaces(&old_volume());
        let expected = json!([{"Type": "volume", "Source": "abc", "Target": "/cache"}]);
        assert_eq!(given.sends("/HostConfig/Mounts"), expected);
    }

    #[test]
    fn a_volume_the_image_declares_is_mounted_again_by_name() {
        let mut given = given(Vec::new()).replaces(&old_volume());
        assert_eq!(given.sends("/HostConfig/Mounts"), Value::Null);
        given.image = Some(Image(json!({"Config": {"Volumes": {"/cache": {}}}})));
        let expected = json!([{"Type": "volume", "Source": "abc", "Target": "/cache"}]);
        assert_eq!(given.sends("/HostConfig/Mounts"), expected);
    }

    #[test]
    fn what_the_service_mounts_wins_over_what_the_old_container_had() {
        let mut given =
            given(vec![mount("volume", Some("data"), "/cache")]).replaces(&old_volume());
        given.image = Some(Image(json!({"Config": {"Volumes": {"/cache": {}}}})));
        assert_eq!(given.sends("/HostConfig/Binds"), json!(["shop_data:/cache:rw"]));
        assert_eq!(given.sends("/HostConfig/Mounts"), Value::Null);
    }

    #[test]
    fn a_tmpfs_of_the_old_container_leaves_nothing() {
        let old = json!([{"Type": "tmpfs", "Destination": "/cache", "RW": true}]);
        let given = given(vec![mount("volume", None, "/cache")]).replaces(&old);
        let expected = json!([{"Type": "volume", "Target": "/cache"}]);
        assert_eq!(given.sends("/HostConfig/Mounts"), expected);
    }

    #[test]
    fn a_long_bind_is_a_mount_where_the_host_path_must_be_there() {
        let options = BindOptions { create_host_path: Some(false), ..BindOptions::default() };
        let bind = Mount { bind: Some(options), ..mount("bind", Some("/a"), "/b") };
        let expected = json!([{"Type": "bind", "Source": "/a", "Target": "/b", "BindOptions": {}}]);
        assert_eq!(given(vec![bind]).sends("/HostConfig/Mounts"), expected);
    }

    #[test]
    fn a_recursive_bind_is_a_mount() {
        let options = BindOptions {
            create_host_path: Some(true),
            recursive: Some("disabled".to_owned()),
            ..BindOptions::default()
        };
        let bind = Mount { bind: Some(options), ..mount("bind", Some("/a"), "/b") };
        let expected = json!({"CreateMountpoint": true, "NonRecursive": true});
        assert_eq!(given(vec![bind]).sends("/HostConfig/Mounts/0/BindOptions"), expected);
    }

    #[test]
    fn options_of_volumes_and_tmpfs_are_sent() {
        let subpath = VolumeOptions { subpath: Some("x".to_owned()), ..VolumeOptions::default() };
        let volume = Mount { volume: Some(subpath), ..mount("volume", Some("data"), "/a") };
        let size = TmpfsOptions { size: Bytes(64), mode: 0o1777, ..TmpfsOptions::default() };
        let tmpfs = Mount { tmpfs: Some(size), ..mount("tmpfs", None, "/b") };
        let expected = json!([
            {"Type": "volume", "Source": "shop_data", "Target": "/a",
                "VolumeOptions": {"Subpath": "x"}},
            {"Type": "tmpfs", "Target": "/b", "TmpfsOptions": {"SizeBytes": 64, "Mode": 0o1777}},
        ]);
        assert_eq!(given(vec![volume, tmpfs]).sends("/HostConfig/Mounts"), expected);
    }

    #[test]
    fn an_image_is_mounted_by_engines_that_can() {
        let mut given = given(vec![mount("image", Some("tools:1"), "/tools")]);
        let expected = "`services.web.volumes` needs engine API 1.48; this engine speaks 1.41";
        assert_eq!(given.error(), expected);
        given.api = "1.48";
        assert_eq!(given.sends("/HostConfig/Mounts/0/Source"), json!("tools:1"));
    }
}
