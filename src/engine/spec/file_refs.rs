//! `secrets` and `configs`: files of the host are mounted, other content is written before the
//! start.

use std::collections::BTreeMap;

use super::mounts::Form;
use super::object::Object;
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
