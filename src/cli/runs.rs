//! The runs of one project: where their journals are, and which one is not over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::output;
use super::settings::Settings;
use crate::compose::hash::sha256;
use crate::compose::model::Project;
use crate::compose::{ComposeError, load};
use crate::engine::api::Inspection;
use crate::engine::{Engine, EngineError};
use crate::env;
use crate::error::Error;
use crate::journal::outcome::RolloutReport;
use crate::journal::{
    Change, FoundRun, Header, ImageRef, KeptPlan, Past, Start, Store, Story, found_run,
};
use crate::labels;
use crate::plan::steps::Pin;

/// Digits of a folder's fingerprint in the name of the store.
const DIGITS: usize = 8;

/// The project a command is about, and its journals.
#[derive(Debug)]
pub(super) struct Runs {
    /// Name of the project.
    pub(super) project: String,
    /// Its journals.
    pub(super) store: Store,
}

/// A run that is not over.
#[derive(Debug)]
pub(super) enum Unfinished {
    /// Its journal is here.
    Kept(Box<Story>, Box<KeptPlan>),
    /// Only the engine knows of it.
    Found(Box<FoundRun>),
}

impl Unfinished {
    /// Id of the run.
    pub(super) fn run(&self) -> &str {
        match self {
            Self::Kept(story, _) => &story.header.start.run,
            Self::Found(run) => &run.plan.run,
        }
    }

    /// Who started it, if that is known.
    pub(super) fn start(&self) -> Option<&Start> {
        match self {
            Self::Kept(story, _) => Some(&story.header.start),
            Self::Found(_) => None,
        }
    }
}

impl Runs {
    /// The runs of the project that the settings name. Files that cannot be loaded are no hindrance
    /// if the project is named.
    pub(super) fn of(settings: &Settings) -> Result<Self, Error> {
        match (load(&settings.load), &settings.load.project_name) {
            (Ok(project), _) => Self::of_project(settings, &project),
            (Err(_), Some(name)) => Self::named(settings, name, &settings.load.cwd),
            (Err(error), None) => Err(unnamed(&error).into()),
        }
    }

    /// The runs of a project that is loaded.
    pub(super) fn of_project(settings: &Settings, project: &Project) -> Result<Self, Error> {
        Self::named(settings, &project.name, &project.working_dir)
    }

    fn named(settings: &Settings, name: &str, folder: &Path) -> Result<Self, Error> {
        let top = settings.state_dir.as_ref().ok_or_else(|| Error::Usage {
            message: format!("there is no place for journals: set `{}` or `HOME`", env::STATE_DIR),
        })?;
        let mark = sha256(&folder.to_string_lossy());
        let home = top.join(format!("{name}-{}", &mark[..DIGITS]));
        let others = folders_of(top, name).into_iter().filter(|other| *other != home).collect();
        Ok(Self { project: name.to_owned(), store: Store::new(home, others) })
    }

    /// No run begins while another one is not over.
    pub(super) async fn refuse_unfinished(&self, engine: &impl Engine) -> Result<(), Error> {
        match self.unfinished(engine).await? {
            None => Ok(()),
            Some(unfinished) => Err(Error::Unfinished {
                project: self.project.clone(),
                run: unfinished.run().to_owned(),
                start: unfinished.start().cloned().map(Box::new),
            }),
        }
    }

    /// Once a run is over its plan goes, and with it what was secret. That it could not is a warning:
    /// what happened, happened.
    pub(super) fn close(&self, run: &str, report: &RolloutReport) {
        if report.outcome.is_final()
            && let Err(error) = self.store.close(run)
        {
            output::stderr(&format!("warning: {error}\n"));
        }
    }

    /// Every run on this engine that has a journal here.
    pub(super) async fn told(&self, engine: &impl Engine) -> Result<Vec<Story>, Error> {
        let endpoint = engine.info().await?.endpoint;
        let containers = self.containers(engine).await?;
        let mut told = Vec::new();
        for run in self.store.runs()? {
            match self.store.read(&run) {
                Ok(story) => {
                    told.extend(story.filter(|one| is_here(&one.header, &endpoint, &containers)));
                }
                Err(error) => output::stderr(&format!("warning: {error}\n")),
            }
        }
        Ok(told)
    }

    /// Every run that the containers on this engine know of.
    pub(super) async fn seen(&self, engine: &impl Engine) -> Result<Vec<Past>, Error> {
        let mut runs: BTreeMap<String, Vec<Change>> = BTreeMap::new();
        for one in &self.containers(engine).await? {
            if let (Some(run), Some(change)) = (one.label(labels::RUN), seen_change(one)) {
                let changes = runs.entry(run.to_owned()).or_default();
                match changes.iter_mut().find(|known| known.service == change.service) {
                    Some(known) => known.replicas += 1,
                    None => changes.push(change),
                }
            }
        }
        Ok(runs.into_iter().map(|(run, changes)| Past::Seen { run, changes }).collect())
    }

    async fn containers(&self, engine: &impl Engine) -> Result<Vec<Inspection>, EngineError> {
        engine.containers(&[format!("{}={}", labels::PROJECT, self.project)]).await
    }

    /// The latest run on this engine that is not over: by the journals, else by the labels on its
    /// containers.
    pub(super) async fn unfinished(
        &self,
        engine: &impl Engine,
    ) -> Result<Option<Unfinished>, Error> {
        let endpoint = engine.info().await?.endpoint;
        let containers = self.containers(engine).await?;
        for run in self.store.open_runs()? {
            if let (Some(story), Some(plan)) = (self.store.read(&run)?, self.store.plan(&run)?)
                && story.is_unfinished()
                && !story.is_untouched()
                && is_here(&story.header, &endpoint, &containers)
            {
                return Ok(Some(Unfinished::Kept(Box::new(story), Box::new(plan))));
            }
        }
        let found = found_run(&self.project, &endpoint, &containers);
        Ok(found.map(|run| Unfinished::Found(Box::new(run))))
    }
}

/// Whether a run is one of this engine, which may have more than one address.
fn is_here(header: &Header, endpoint: &str, containers: &[Inspection]) -> bool {
    let made = |one: &Inspection| one.label(labels::RUN) == Some(&header.start.run);
    header.endpoint == endpoint || containers.iter().any(made)
}

/// What the labels of a container say of its image and of the one before.
fn seen_change(one: &Inspection) -> Option<Change> {
    let label = |key: &str| one.label(key).map(str::to_owned);
    let pin = Pin { id: label(labels::PREVIOUS_ID)?, digest: label(labels::PREVIOUS_DIGEST) };
    let from = ImageRef { name: label(labels::PREVIOUS_IMAGE)?, pin: Some(pin) };
    let to = ImageRef { name: one.image(), pin: Some(Pin { id: one.image_id(), digest: None }) };
    Some(Change { service: one.label(labels::SERVICE)?.to_owned(), from, to, replicas: 1 })
}

/// Every folder with journals of a project of this name.
fn folders_of(top: &Path, name: &str) -> Vec<PathBuf> {
    let is_of = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')).is_some_and(|mark| {
            mark.len() == DIGITS && mark.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    let entries = std::fs::read_dir(top).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_of).collect()
}

fn unnamed(error: &ComposeError) -> ComposeError {
    error.clone().with_help("name the project with `-p` to do without its files")
}
