//! `composeup config`: the project as its files resolve.

use std::collections::BTreeSet;

use super::args::{ConfigArgs, ConfigFormat};
use super::output;
use super::request::connect;
use super::run::on_engine;
use super::settings::{Progress, Settings};
use crate::compose::hash::{Generation, Shared, config_hash, label_hash, v1};
use crate::compose::load;
use crate::compose::model::{Project, Service};
use crate::compose::resolved::{images, profiles, resolved_json, resolved_yaml};
use crate::engine::api::Image;
use crate::engine::{Observed, Wanted, observe};
use crate::error::{Error, ExitStatus};
use crate::plan::order::unknown_service;
use crate::plan::{PlanError, peers, shared};
use crate::report::layout::wrap;
use crate::report::style::Tone;

/// Loads the project and prints what was asked for; `--quiet` only loads.
pub(super) fn run(args: &ConfigArgs, settings: &Settings) -> Result<ExitStatus, Error> {
    let project = load(&settings.load)?;
    warn(&project, settings);
    let text = text(args, settings, &project)?;
    if settings.progress != Progress::Quiet {
        output::stdout(&text);
    }
    Ok(ExitStatus::Ok)
}

fn warn(project: &Project, settings: &Settings) {
    if matches!(settings.progress, Progress::Quiet | Progress::Json) {
        return;
    }
    let label = settings.stderr.label(Tone::Warning, "warning");
    for warning in &project.warnings {
        let place =
            warning.location.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        let message = format!("{}{place}", warning.message);
        output::stderr(&(wrap(&label, &message, 2, settings.width) + "\n"));
    }
}

fn text(args: &ConfigArgs, settings: &Settings, project: &Project) -> Result<String, Error> {
    let part = &args.part;
    if part.services {
        return Ok(lines(project.services.keys()));
    }
    if part.images {
        return Ok(lines(images(project)));
    }
    if part.profile_names {
        return Ok(lines(profiles(project)));
    }
    if let Some(names) = &part.hash {
        return hashes(args, settings, project, &selected(project, names)?);
    }
    if args.format == ConfigFormat::Json || settings.is_json() {
        return Ok(resolved_json(project) + "\n");
    }
    resolved_yaml(project).map_err(|error| Error::Internal { message: error.to_string() })
}

fn lines<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.as_ref().to_owned() + "\n").collect()
}

/// The services whose hashes are asked for: names with commas between them, or `*`.
fn selected<'a>(project: &'a Project, names: &str) -> Result<Vec<&'a Service>, PlanError> {
    if names == "*" {
        return Ok(project.services.values().collect());
    }
    let names: BTreeSet<&str> = names.split(',').collect();
    let find = |name| project.services.get(name).ok_or_else(|| unknown_service(project, name));
    names.into_iter().map(find).collect()
}

fn hashes(
    args: &ConfigArgs,
    settings: &Settings,
    project: &Project,
    services: &[&Service],
) -> Result<String, Error> {
    let generation = args.generation.unwrap_or(Generation::NEWEST);
    if generation == Generation::V1 {
        return v1_hashes(settings, project, services);
    }
    let shared = if args.label && services.iter().any(|service| shares(service)) {
        shared(&peers(&look(settings, project, BTreeSet::new())?))
    } else {
        Shared::new()
    };
    let line = |service: &&Service| {
        let hash = if args.label {
            label_hash(project, service, generation, &shared)
        } else {
            config_hash(service, generation)
        };
        format!("{} {hash}", service.name)
    };
    Ok(lines(services.iter().map(line)))
}

/// v1 hashes the id of the image, which only the engine knows; both forms are one there.
fn v1_hashes(
    settings: &Settings,
    project: &Project,
    services: &[&Service],
) -> Result<String, Error> {
    let v1 = v1::load(&settings.load)?;
    let image = |service: &Service| {
        service.image.clone().unwrap_or_else(|| format!("{}_{}", project.name, service.name))
    };
    let images = services.iter().map(|service| image(service)).collect();
    let observed = look(settings, project, images)?;
    let containers = shared(&peers(&observed));
    let line = |service: &&Service| {
        let image_id = observed.images.get(&image(service)).map(Image::id);
        let facts = v1::Facts { image_id, containers: containers.clone() };
        let hash = v1.hash(&service.name, None, &facts);
        let hash = hash.ok_or_else(|| unknown_service(project, &service.name))?;
        Ok(format!("{} {hash}", service.name))
    };
    Ok(lines(services.iter().map(line).collect::<Result<Vec<_>, PlanError>>()?))
}

/// Whether only the engine knows whose namespaces or volumes the service shares.
fn shares(service: &Service) -> bool {
    let modes = [&service.network_mode, &service.ipc, &service.pid];
    let is_service = |mode: &String| mode.starts_with("service:");
    let is_container = |from: &String| from.starts_with("container:");
    modes.into_iter().flatten().any(is_service) || !service.volumes_from.iter().all(is_container)
}

fn look(
    settings: &Settings,
    project: &Project,
    images: BTreeSet<String>,
) -> Result<Observed, Error> {
    let wanted = Wanted { project: project.name.clone(), images, ..Wanted::default() };
    on_engine(async |cancel| {
        let observed = async { Ok(observe(&connect(settings).await?, &wanted).await?) };
        cancel.guard(observed).await
    })
}
