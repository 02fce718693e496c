//! `composeup config`: the project as its files resolve.

use std::collections::{BTreeMap, BTreeSet};

use super::args::{ConfigArgs, ConfigFormat};
use super::output;
use super::request::connect;
use super::run::on_engine;
use super::settings::{Progress, Settings};
use crate::compose::hash::{Generation, Shared, config_hash, label_hash, v1};
use crate::compose::model::{Project, Service};
use crate::compose::resolved::{images, profiles, resolved_json, resolved_yaml};
use crate::compose::{ComposeError, LoadOptions, load};
use crate::engine::api::Image;
use crate::engine::{Observed, Wanted, observe};
use crate::error::{Error, ExitStatus};
use crate::plan::dependents::shares;
use crate::plan::order::unknown_service;
use crate::plan::{PlanError, peers, shared};
use crate::report::layout::wrap;
use crate::report::style::Tone;

/// Loads the project and prints what was asked for; `--quiet` only loads.
pub(super) fn run(args: &ConfigArgs, settings: &Settings) -> Result<ExitStatus, Error> {
    let text = match &args.part.hash {
        Some(names) if args.generation == Some(Generation::V1) => v1_hashes(settings, names)?,
        _ => {
            let project = load(&load_options(args, settings))?;
            warn(&project, settings);
            text(args, settings, &project)?
        }
    };
    if settings.progress != Progress::Quiet {
        output::stdout(&text);
    }
    Ok(ExitStatus::Ok)
}

/// The files are read as releases of the generation read them, and only what is needed of them.
fn load_options(args: &ConfigArgs, settings: &Settings) -> LoadOptions {
    let part = &args.part;
    let lists = part.services || part.images || part.profile_names || part.hash.is_some();
    LoadOptions {
        generation: args.generation.unwrap_or_default(),
        without_env_files: lists && !args.label,
        ..settings.load.clone()
    }
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
    // Only the engine knows whose namespaces and volumes a service shares.
    let shared = if args.label && services.iter().any(|service| !shares(service).is_empty()) {
        let wanted = Wanted { project: project.name.clone(), ..Wanted::default() };
        shared(&peers(&look(settings, &wanted)?))
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

/// v1 reads the files by rules of its own, and hashes the id of the image, which only the engine
/// knows; both forms of the hash are one there.
fn v1_hashes(settings: &Settings, names: &str) -> Result<String, Error> {
    let v1 = v1::load(&settings.load)?;
    let services: Vec<&str> = match names {
        "*" => v1.services().filter(|name| v1.is_active(name)).collect(),
        names => names.split(',').collect::<BTreeSet<&str>>().into_iter().collect(),
    };
    let unknown = |name: &str| PlanError::UnknownService {
        project: v1.name().to_owned(),
        service: name.to_owned(),
        known: v1.services().map(str::to_owned).collect(),
    };
    let images = services.iter().map(|name| v1.image(name).ok_or_else(|| unknown(name)));
    let images: Vec<String> = images.collect::<Result<_, _>>()?;
    let observed = look(settings, &v1_wanted(&v1, &images))?;
    let others = v1_others(&v1, &observed)?;
    let containers = shared(&peers(&observed));
    let lines_of = services.iter().zip(&images).map(|(name, image)| {
        let image_id = observed.images.get(image).map(Image::id);
        let facts = v1::Facts { image_id, containers: containers.clone(), named: others.clone() };
        let hash = v1.hash(name, None, &facts).ok_or_else(|| unknown(name))?;
        Ok(format!("{name} {hash}"))
    });
    Ok(lines(lines_of.collect::<Result<Vec<_>, PlanError>>()?))
}

fn v1_wanted(v1: &v1::Project, images: &[String]) -> Wanted {
    Wanted {
        project: v1.name().to_owned(),
        images: images.iter().cloned().collect(),
        containers: v1.containers(),
        ..Wanted::default()
    }
}

/// Ids of the containers the project refers to; without one of them v1 does nothing at all.
fn v1_others(
    v1: &v1::Project,
    observed: &Observed,
) -> Result<BTreeMap<String, String>, ComposeError> {
    let mut others = BTreeMap::new();
    for service in v1.services().filter_map(|name| v1.service(name, None)) {
        for container in service.containers() {
            let found = observed.named.get(container).ok_or_else(|| {
                let name = &service.name;
                ComposeError::new(format!(
                    "service `{name}` refers to container `{container}`, which is not on this engine"
                ))
            })?;
            others.insert(container.to_owned(), found.id().0);
        }
    }
    Ok(others)
}

fn look(settings: &Settings, wanted: &Wanted) -> Result<Observed, Error> {
    on_engine(async |cancel| {
        let observed = async { Ok(observe(&connect(settings).await?, wanted).await?) };
        cancel.guard(observed).await
    })
}
