//! What services take from files and variables: `env_file`, `label_file`, secrets and configs.

use std::path::PathBuf;
use std::sync::Arc;

use super::assemble::Scope;
use crate::compose::ComposeError;
use crate::compose::dotenv::{self, Format};
use crate::compose::hash::Generation;
use crate::compose::model::{Content, EnvFile, Environment, Project, Service};
use crate::compose::source::{Location, SourceFile};

/// Reads the files of every active service, those of variables only if wanted, and the variables secrets and configs are made of.
///
/// # Errors
/// A file that must be there is not, or cannot be read.
pub(crate) fn resolve(
    scope: &Scope<'_>,
    project: &mut Project,
    without_env_files: bool,
) -> Result<(), ComposeError> {
    for service in project.services.values_mut() {
        service.own_environment = service.environment.clone();
        if !without_env_files {
            let own = std::mem::take(&mut service.environment);
            service.environment = read_env_files(scope, service, &own, Precedence::Outside)?;
            service.earlier_environment = read_env_files(scope, service, &own, Precedence::Files)?;
        }
        if let Some(platform) = scope.environment.get("DOCKER_DEFAULT_PLATFORM")
            && service.build.is_some()
        {
            service.platform.get_or_insert_with(|| platform.clone());
        }
        read_label_files(scope, service)?;
    }
    for object in project.secrets.values_mut().chain(project.configs.values_mut()) {
        let value = object.environment.as_ref().and_then(|name| scope.environment.get(name));
        if let Some(value) = value {
            object.content = Some(Content(value.clone()));
        }
    }
    Ok(())
}

/// Which variables win in the values of an `env_file`.
#[derive(Clone, Copy)]
enum Precedence {
    /// Those outside, then those of the service, then those of the files before: since 2.35.
    Outside,
    /// Those of the files before, then those outside.
    Files,
}

/// The variables of the service's files, and its `own` on top.
fn read_env_files(
    scope: &Scope<'_>,
    service: &Service,
    own: &Environment,
    precedence: Precedence,
) -> Result<Environment, ComposeError> {
    let mut read = Environment::default();
    for (at, env_file) in service.env_file.iter().enumerate() {
        let place = service.location_in("env_file", at);
        let Some(file) = find(scope, env_file).map_err(|error| located(error, place.as_ref()))?
        else {
            continue;
        };
        let lookup = |name: &str| {
            let outside = || scope.environment.get(name).cloned();
            let inside = |variables: &Environment| variables.get(name).cloned().flatten();
            match precedence {
                Precedence::Outside => outside().or_else(|| inside(own)),
                Precedence::Files => inside(&read).or_else(outside),
            }
        };
        let format = match env_file.format.as_deref() {
            None => Format::Compose,
            Some("raw") if scope.generation >= Generation::V2_30 => Format::Raw,
            Some(other) => return Err(located(unknown_format(other), place.as_ref())),
        };
        let parsed = dotenv::parse_after(&read, &file, format, &lookup)?;
        for assignment in parsed.assignments {
            if let Some(value) = assignment.value {
                read.insert(assignment.name, Some(value));
            }
        }
    }
    read.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(read)
}

fn find(scope: &Scope<'_>, env_file: &EnvFile) -> Result<Option<Arc<SourceFile>>, ComposeError> {
    let path = PathBuf::from(&env_file.path);
    if !env_file.required && !scope.disk.has(&path) {
        return Ok(None);
    }
    scope.disk.read(&path).map(Some)
}

fn located(mut error: ComposeError, place: Option<&Location>) -> ComposeError {
    error.location = error.location.or_else(|| place.cloned());
    error
}

fn unknown_format(format: &str) -> ComposeError {
    let message = format!("`{format}` is no format of an `env_file`");
    let help = if format == "raw" {
        "Compose 2.30 is the first that knows it"
    } else {
        "`raw` is the only one"
    };
    ComposeError::new(message).with_help(help)
}

/// Labels of the service win over those of its files; values of files may name labels of the
/// same file.
fn read_label_files(scope: &Scope<'_>, service: &mut Service) -> Result<(), ComposeError> {
    let mut labels = std::collections::BTreeMap::new();
    for (at, path) in service.label_file.iter().enumerate() {
        let place = service.location_in("label_file", at);
        let file = scope.disk.read(&PathBuf::from(path));
        let file = file.map_err(|error| located(error, place.as_ref()))?;
        let known = labels.clone();
        let lookup = |name: &str| known.get(name).cloned();
        for assignment in dotenv::parse(&file, Format::Compose, &lookup)?.assignments {
            labels.insert(assignment.name, assignment.value.unwrap_or_default());
        }
    }
    labels.append(&mut service.labels);
    service.labels = labels;
    Ok(())
}
