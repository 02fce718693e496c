//! `secrets` and `configs`: files of the host are mounted, other content is written before the
//! start.

use std::collections::BTreeMap;

use serde_json::json;

use super::mounts::Form;
use super::object::Object;
use super::release::Change;
use super::{SpecError, SpecInput};
use crate::compose::model::{FileObject, FileReference};
use crate::engine::api::ContainerFile;

/// The two kinds, which differ in where their files go.
#[derive(Clone, Copy)]
enum Kind {
    Secret,
    Config,
}

impl Kind {
    fn key(self) -> &'static str {
        match self {
            Self::Secret => "secrets",
            Self::Config => "configs",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Secret => "/run/secrets/",
            Self::Config => "/",
        }
    }
}

/// Permission bits of a written file that asks for none.
const DEFAULT_MODE: u32 = 0o444;

/// Read-only mounts of the files on the host, by target. Their owner and mode stay the host's.
pub(super) fn mounts(input: &SpecInput) -> Result<BTreeMap<String, Form>, SpecError> {
    let mut mounts = BTreeMap::new();
    for (kind, reference, object) in references(input)? {
        let Some(file) = &object.file else { continue };
        let mut mount = Object::default();
        mount.set("Type", "bind");
        mount.set("Source", file.clone());
        mount.set("Target", target(kind, reference));
        mount.set("ReadOnly", true);
        if matches!(kind, Kind::Secret) && input.release().has(Change::PlainBinds) {
            mount.put("BindOptions", Some(json!({})));
        }
        mounts.entry(target(kind, reference)).or_insert(Form::Mount(mount.into()));
    }
    Ok(mounts)
}

/// Files to write: content that stands in the project or comes from the environment. Empty content
/// writes nothing, as in Compose.
pub(super) fn files(input: &SpecInput) -> Result<Vec<ContainerFile>, SpecError> {
    let mut files = Vec::new();
    for (kind, reference, object) in references(input)? {
        let content = object.content.as_ref().map(|content| content.0.as_str()).unwrap_or_default();
        if content.is_empty() {
            continue;
        }
        if input.service.read_only {
            let reason = "only a `file` can be given to a service that is `read_only`";
            return Err(input.invalid(kind.key(), reason));
        }
        files.push(ContainerFile {
            path: target(kind, reference),
            content: content.as_bytes().to_vec(),
            mode: reference.mode.map_or(DEFAULT_MODE, |mode| mode.0),
            uid: owner(input, kind, reference.uid.as_deref())?,
            gid: owner(input, kind, reference.gid.as_deref())?,
        });
    }
    Ok(files)
}

/// What the service refers to, secrets first.
fn references<'a>(
    input: &SpecInput<'a>,
) -> Result<Vec<(Kind, &'a FileReference, &'a FileObject)>, SpecError> {
    let (service, project) = (input.service, input.project);
    let secrets = service.secrets.iter().map(|one| (Kind::Secret, one, &project.secrets));
    let configs = service.configs.iter().map(|one| (Kind::Config, one, &project.configs));
    let all = secrets.chain(configs).map(|(kind, reference, objects)| {
        let Some(object) = objects.get(&reference.source) else {
            let reason = format!("the project has no `{}`", reference.source);
            return Err(input.invalid(kind.key(), reason));
        };
        if object.external {
            let reason = format!("`{}` is external, which is for Swarm", reference.source);
            return Err(input.invalid(kind.key(), reason));
        }
        if object.driver.is_some() || object.template_driver.is_some() {
            let reason = format!("`{}` has a driver, which is for Swarm", reference.source);
            return Err(input.invalid(kind.key(), reason));
        }
        Ok((kind, reference, object))
    });
    all.collect()
}

/// The path in the container; a relative one lies in the folder of its kind.
fn target(kind: Kind, reference: &FileReference) -> String {
    match &reference.target {
        Some(target) if target.starts_with('/') => target.clone(),
        target => format!("{}{}", kind.folder(), target.as_ref().unwrap_or(&reference.source)),
    }
}

fn owner(input: &SpecInput, kind: Kind, id: Option<&str>) -> Result<u64, SpecError> {
    let Some(id) = id else { return Ok(0) };
    id.parse().map_err(|_| input.invalid(kind.key(), "`uid` and `gid` must be numbers"))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Given;
    use super::*;
    use crate::compose::model::{Content, FileMode, Service};

    fn reference(target: Option<&str>) -> FileReference {
        let target = target.map(str::to_owned);
        FileReference { source: "key".to_owned(), target, ..FileReference::default() }
    }

    fn given(service: Service, object: FileObject) -> Given {
        let mut given = Given::new(service);
        given.project.secrets.insert("key".to_owned(), object.clone());
        given.project.configs.insert("key".to_owned(), object);
        given
    }

    fn on_host() -> FileObject {
        FileObject { file: Some("/srv/shop/key.txt".to_owned()), ..FileObject::default() }
    }

    fn in_project() -> FileObject {
        FileObject { content: Some(Content("abc".to_owned())), ..FileObject::default() }
    }

    #[test]
    fn files_of_the_host_are_mounted_read_only_where_their_kind_belongs() {
        let service = Service {
            secrets: vec![reference(Some("name"))],
            configs: vec![reference(None)],
            ..Service::default()
        };
        let mounted = given(service, on_host()).sends("/HostConfig/Mounts");
        let expected = json!([
            {"Type": "bind", "Source": "/srv/shop/key.txt", "Target": "/key", "ReadOnly": true},
            {"Type": "bind", "Source": "/srv/shop/key.txt", "Target": "/run/secrets/name",
                "ReadOnly": true, "BindOptions": {}},
        ]);
        assert_eq!(mounted, expected);
    }

    #[test]
    fn content_is_written_with_its_owner_and_mode() {
        let config = FileReference {
            uid: Some("33".to_owned()),
            mode: Some(FileMode::new(0o400)),
            ..reference(Some("/etc/key"))
        };
        let service =
            Service { configs: vec![config], secrets: vec![reference(None)], ..Service::default() };
        let file = |path: &str, mode, uid| ContainerFile {
            path: path.to_owned(),
            content: b"abc".to_vec(),
            mode,
            uid,
            gid: 0,
        };
        let expected = [file("/run/secrets/key", 0o444, 0), file("/etc/key", 0o400, 33)];
        let spec = given(service, in_project()).spec().unwrap();
        assert_eq!(spec.files, expected);
        assert_eq!(spec.body.pointer("/HostConfig/Mounts"), None);
    }

    #[test]
    fn what_compose_refuses_is_refused() {
        let secret = |read_only, reference| Service {
            read_only,
            secrets: vec![reference],
            ..Service::default()
        };
        let external = FileObject { external: true, ..FileObject::default() };
        let named = FileReference { uid: Some("root".to_owned()), ..reference(None) };
        let cases = vec![
            (
                given(secret(true, reference(None)), in_project()),
                "only a `file` can be given to a service that is `read_only`",
            ),
            (
                given(secret(false, reference(None)), external),
                "`key` is external, which is for Swarm",
            ),
            (given(secret(false, named), in_project()), "`uid` and `gid` must be numbers"),
            (Given::new(secret(false, reference(None))), "the project has no `key`"),
        ];
        for (given, reason) in cases {
            assert_eq!(given.error(), format!("`services.web.secrets` is invalid: {reason}"));
        }
    }
}
