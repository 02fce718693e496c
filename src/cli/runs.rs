//! The runs of one project: where their journals are, and which one is not over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::output;
use super::settings::Settings;
use crate::compose::hash::sha256;
use crate::compose::model::Project;
use crate::compose::{ComposeError, load};
use crate::engine::Engine;
use crate::engine::api::Inspection;
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

    /// Looks at the engine once.
    pub(super) async fn look(&self, engine: &impl Engine) -> Result<Look, Error> {
        let endpoint = engine.info().await?.endpoint;
        let containers = engine.containers(&[labels::in_project(&self.project)]).await?;
        Ok(Look { endpoint, containers })
    }

    /// Every run on this engine that has a journal here.
    pub(super) fn told(&self, look: &Look) -> Result<Vec<Story>, Error> {
        let mut told = Vec::new();
        for run in self.store.runs()? {
            match self.store.read(&run) {
                Ok(story) => told.extend(story.filter(|one| look.has(&one.header))),
                Err(error) => output::stderr(&format!("warning: {error}\n")),
            }
        }
        Ok(told)
    }

    /// The latest run on this engine that is not over.
    pub(super) async fn unfinished(
        &self,
        engine: &impl Engine,
    ) -> Result<Option<Unfinished>, Error> {
        self.unfinished_in(&self.look(engine).await?)
    }

    /// The latest run that is not over: by the journals, else by the labels on the containers.
    pub(super) fn unfinished_in(&self, look: &Look) -> Result<Option<Unfinished>, Error> {
        for run in self.store.open_runs()? {
            if let (Some(story), Some(plan)) = (self.store.read(&run)?, self.store.plan(&run)?)
                && story.is_unfinished()
                && !story.is_untouched()
                && look.has(&story.header)
            {
                return Ok(Some(Unfinished::Kept(Box::new(story), Box::new(plan))));
            }
        }
        let found = found_run(&self.project, &look.endpoint, &look.containers);
        Ok(found.map(|run| Unfinished::Found(Box::new(run))))
    }
}

/// What the engine has of a project at one moment.
pub(super) struct Look {
    /// The engine's address, as messages show it.
    pub(super) endpoint: String,
    /// Every container of the project.
    pub(super) containers: Vec<Inspection>,
}

impl Look {
    /// Whether a run is one of this engine, which may have more than one address.
    fn has(&self, header: &Header) -> bool {
        let made = |one: &Inspection| one.label(labels::RUN) == Some(&header.start.run);
        header.endpoint == self.endpoint || self.containers.iter().any(made)
    }

    /// Every run that the containers know of.
    pub(super) fn seen(&self) -> Vec<Past> {
        let mut runs: BTreeMap<String, Vec<Change>> = BTreeMap::new();
        for one in &self.containers {
            if let (Some(run), Some(change)) = (one.label(labels::RUN), seen_change(one)) {
                let changes = runs.entry(run.to_owned()).or_default();
                match changes.iter_mut().find(|known| known.service == change.service) {
                    Some(known) => known.replicas += 1,
                    None => changes.push(change),
                }
            }
        }
        runs.into_iter().map(|(run, changes)| Past::Seen { run, changes }).collect()
    }
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
