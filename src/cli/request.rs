//! What was asked for, resolved against the files; and the plans made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use super::args::{
    DetourChoice, PolicyArgs, PullChoice, ReadyArgs, RollingArgs, ScaleArgs, TargetArgs,
};
use super::reading::Reading;
use super::settings::Settings;
use super::targets::{Target, names, numbers, targets};
use crate::compose::edit::set_tags;
use crate::compose::hash::{Generation, v1};
use crate::compose::model::{Project, Warning};
use crate::compose::reference::Reference;
use crate::compose::write::check_replaceable;
use crate::compose::{ComposeError, LoadOptions, load};
use crate::engine::api::Inspection;
use crate::engine::docker::{Address, Deadlines, Docker};
use crate::engine::spec::Style;
use crate::engine::{Engine, Observed, observe};
use crate::error::Error;
use crate::journal::ImageRef;
use crate::labels;
use crate::plan::order::unknown_service;
use crate::plan::policy::PolicyFlags;
use crate::plan::steps::{FileEdit, Finding, Level, Pin, Plan};
use crate::plan::wishes::{Wishes, wishes};
use crate::plan::{
    Check, PlanError, PlanOptions, PullPolicy, ReadyFlags, Rolling, Situation, check, plan, wanted,
};

/// How long a container without a healthcheck must run, if nobody says otherwise.
const READY_AFTER: Duration = Duration::from_secs(10);

/// The project before and after, and what is wanted beyond the files.
pub(super) struct Request {
    run: String,
    before: Project,
    after: Project,
    edits: Vec<FileEdit>,
    /// The releases whose rules the files were read by, and why the newest refuse them if they do.
    generation: Generation,
    refused: Option<ComposeError>,
    /// What Compose v1 makes of the files before and after, or why it refuses them.
    v1: Result<(v1::Project, v1::Project), ComposeError>,
    warnings: Vec<Finding>,
    services: BTreeSet<String>,
    pull: Option<PullPolicy>,
    /// What images are to mean again.
    pins: BTreeMap<String, Pin>,
    ready: ReadyArgs,
    /// What the files wish beyond what Compose knows, by service.
    wishes: BTreeMap<String, Wishes>,
    rolling: Rolling,
    project_is_named: bool,
}

impl Request {
    /// Loads the project and resolves the words of the command line against it.
    pub(super) fn read(settings: &Settings, args: &TargetArgs) -> Result<Self, Error> {
        let options = LoadOptions { named: names(&args.words), ..settings.load.clone() };
        let reading = Reading::of(options)?;
        let known: Vec<String> = reading.project.services.keys().cloned().collect();
        let targets = targets(&reading.project.name, &known, &args.words)?;
        let request = Self::retag(reading, targets, &args.ready, &args.rolling)?;
        Ok(Self { pull: args.pull.map(pull_policy), ..request })
    }

    /// Wants services to run again what they ran before: image by image.
    pub(super) fn bring_back(
        settings: &Settings,
        earlier: Vec<(String, ImageRef)>,
        ready: &ReadyArgs,
        rolling: &RollingArgs,
    ) -> Result<Self, Error> {
        let named = earlier.iter().map(|(service, _)| service.clone()).collect();
        let reading = Reading::of(LoadOptions { named, ..settings.load.clone() })?;
        let before = &reading.project;
        let mut pins = BTreeMap::new();
        let mut targets: Vec<Target> = Vec::new();
        for (service, image) in earlier {
            let now = before.services.get(&service);
            let now = now.ok_or_else(|| unknown_service(before, &service))?.image.as_deref();
            targets.push((service.clone(), earlier_tag(&service, now, &image.name)?));
            pins.extend(image.pin.map(|pin| (service, pin)));
        }
        Ok(Self { pins, ..Self::retag(reading, targets, ready, rolling)? })
    }

    fn retag(
        reading: Reading,
        targets: Vec<Target>,
        ready: &ReadyArgs,
        rolling: &RollingArgs,
    ) -> Result<Self, Error> {
        let Reading { project: before, options, refused } = reading;
        let retagged = set_tags(&options, &before, &targets, &load)?;
        let wishes = wishes(&before)?;
        let warnings = before.warnings.iter().chain(&retagged.warnings).map(finding).collect();
        Ok(Self {
            run: run_id(),
            before,
            generation: options.generation,
            refused,
            after: retagged.project,
            v1: read_as_v1(&options, &retagged.edits),
            edits: retagged.edits,
            warnings,
            services: targets.into_iter().map(|(service, _)| service).collect(),
            pull: None,
            pins: BTreeMap::new(),
            ready: ready.clone(),
            wishes,
            rolling: self::rolling(rolling),
            project_is_named: options.project_name.is_some(),
        })
    }

    /// The same in a run that has its id already.
    pub(super) fn in_run(self, run: &str) -> Self {
        Self { run: run.to_owned(), ..self }
    }

    /// Id of the run.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// Resolves names of services, to look at them as they are.
    pub(super) fn look_at(settings: &Settings, services: &[String]) -> Result<Self, Error> {
        let options = LoadOptions { named: services.to_vec(), ..settings.load.clone() };
        let Reading { project, options, refused } = Reading::of(options)?;
        for name in services {
            if !project.services.contains_key(name) {
                return Err(unknown_service(&project, name).into());
            }
        }
        Ok(Self {
            run: run_id(),
            generation: options.generation,
            refused,
            wishes: wishes(&project)?,
            after: project.clone(),
            v1: read_as_v1(&settings.load, &[]),
            edits: Vec::new(),
            warnings: project.warnings.iter().map(finding).collect(),
            before: project,
            services: services.iter().cloned().collect(),
            pull: None,
            pins: BTreeMap::new(),
            ready: ReadyArgs::default(),
            rolling: Rolling::default(),
            project_is_named: settings.load.project_name.is_some(),
        })
    }

    /// Loads the project, of which only numbers of replicas change.
    pub(super) fn scale(settings: &Settings, args: &ScaleArgs) -> Result<Self, Error> {
        let request = Self::look_at(settings, &[])?;
        let known: Vec<String> = request.before.services.keys().cloned().collect();
        let rolling = Rolling {
            order: None,
            policy: policy_flags(&args.policy),
            keep_going: args.keep_going,
            detour: is_led(&args.policy),
            drain_timeout: args.policy.drain_timeout,
            scale: numbers(&request.before.name, &known, &args.words)?,
        };
        Ok(Self {
            services: rolling.scale.keys().cloned().collect(),
            pull: args.pull.map(pull_policy),
            ready: args.ready.clone(),
            rolling,
            ..request
        })
    }

    /// The project as its files are.
    pub(super) fn project(&self) -> &Project {
        &self.before
    }

    /// Looks at the engine, and says what is there and what stands in the way.
    pub(super) async fn check(&self, engine: &impl Engine) -> Result<Check, Error> {
        let all = self.after.services.keys().cloned().collect();
        let observed = self.observe(engine, &all).await?;
        let mut check = check(&self.situation(&observed), &self.options(self.pull))?;
        check.findings.extend_from_slice(&self.warnings);
        Ok(check)
    }

    /// Looks at the engine and plans.
    pub(super) async fn plan(&self, engine: &impl Engine) -> Result<Plan, Error> {
        self.plan_with(engine, self.pull).await
    }

    /// Plans once more, after everything was pulled.
    pub(super) async fn plan_again(&self, engine: &impl Engine) -> Result<Plan, Error> {
        self.plan_with(engine, Some(PullPolicy::Never)).await
    }

    /// Refuses edits that could not be written at the commit point.
    fn check_files(&self) -> Result<(), PlanError> {
        let findings: Vec<Finding> = self.edits.iter().filter_map(unwritable).collect();
        if findings.is_empty() { Ok(()) } else { Err(PlanError::Refused { findings }) }
    }

    async fn plan_with(
        &self,
        engine: &impl Engine,
        pull: Option<PullPolicy>,
    ) -> Result<Plan, Error> {
        let observed = self.observe(engine, &self.services).await?;
        let mut plan = plan(&self.situation(&observed), &self.options(pull))?;
        plan.findings.extend_from_slice(&self.warnings);
        self.check_files()?;
        Ok(plan)
    }

    /// Looks at the engine. What Compose v1 made, it must be able to read: its next `up` would fail,
    /// and nobody knows what it would hash.
    async fn observe(
        &self,
        engine: &impl Engine,
        services: &BTreeSet<String>,
    ) -> Result<Observed, Error> {
        let mut wanted = wanted(&self.after, services)?;
        wanted.images.extend(self.pins.values().map(|pin| pin.id.clone()));
        if let Ok((_, after)) = &self.v1 {
            wanted.containers = after.containers();
        }
        let observed = observe(engine, &wanted).await?;
        let containers: Vec<_> = services.iter().flat_map(|name| observed.of(name)).collect();
        self.check_makers(&containers)?;
        match &self.v1 {
            Err(error) if containers.iter().any(|one| Style::of(one).release().is_v1()) => {
                let help = "the containers were made by Compose 1.29, which refuses this file";
                Err(error.clone().with_help(help).into())
            }
            _ => Ok(observed),
        }
    }

    /// Files that newer releases refuse are no files of containers that those made.
    fn check_makers(&self, containers: &[&Inspection]) -> Result<(), ComposeError> {
        let Some(refused) = &self.refused else { return Ok(()) };
        let makers = containers.iter().map(|one| one.label(labels::VERSION).unwrap_or_default());
        let is_newer =
            |made: &&str| Generation::of_release(made).is_none_or(|made| made > self.generation);
        let help = match makers.clone().find(is_newer) {
            // That v1 takes such a file does not help who has v2.
            Some(_) if self.generation == Generation::V1 => return Err(refused.clone()),
            Some(maker) => {
                format!("the containers were made by Compose {maker}, which refuses this file")
            }
            None if containers.is_empty() => return Err(refused.clone()),
            None => return Ok(()),
        };
        Err(refused.clone().with_help(help))
    }

    fn situation<'a>(&'a self, observed: &'a Observed) -> Situation<'a> {
        Situation {
            before: &self.before,
            after: &self.after,
            edits: &self.edits,
            v1: self.v1.as_ref().ok().map(|(before, after)| (before, after)),
            observed,
        }
    }

    fn options(&self, pull: Option<PullPolicy>) -> PlanOptions<'static> {
        PlanOptions {
            run: self.run.clone(),
            services: self.services.clone(),
            pull,
            pins: self.pins.clone(),
            timeout: self.ready.timeout,
            ready_after: self.ready.ready_after.unwrap_or(READY_AFTER),
            ready: ready_flags(&self.ready),
            wishes: self.wishes.clone(),
            rolling: self.rolling.clone(),
            project_is_named: self.project_is_named,
            read_file: &|path| std::fs::read(path),
        }
    }
}

/// The files before and after as Compose v1 reads them.
fn read_as_v1(
    load: &LoadOptions,
    edits: &[FileEdit],
) -> Result<(v1::Project, v1::Project), ComposeError> {
    let mut edited = load.clone();
    edited.overlay.extend(edits.iter().map(|edit| (edit.path.clone(), edit.after.clone())));
    Ok((v1::load(load)?, v1::load(&edited)?))
}

/// Why a file cannot be written, known before anything is touched.
fn unwritable(edit: &FileEdit) -> Option<Finding> {
    let error = check_replaceable(&edit.path, &edit.before).err()?;
    let what = format!("`{}` {error}", edit.shown);
    Some(Finding::new(Level::Error, None, what).with_hint(error.hint()))
}

/// The tag that makes an image of the files the earlier one again; nothing if it is the same.
fn earlier_tag(service: &str, now: Option<&str>, then: &str) -> Result<Option<String>, Error> {
    if now == Some(then) {
        return Ok(None);
    }
    let (now_parts, then_parts) = (now.map(Reference::split), Reference::split(then));
    let is_same_name = now_parts.is_some_and(|now| now.name == then_parts.name);
    let tag = then_parts.tag.filter(|_| is_same_name && then_parts.digest.is_none());
    let tag = tag.ok_or_else(|| Error::Usage {
        message: format!(
            "`{service}` ran `{then}`, and no tag makes `{}` that: write it into the file by hand, \
             then `composeup upgrade {service}`",
            now.unwrap_or_default()
        ),
    })?;
    Ok(Some(tag.to_owned()))
}

/// The engine that the settings name.
pub(super) async fn connect(settings: &Settings) -> Result<Docker, Error> {
    let address = Address::resolve(settings.host.as_deref(), &settings.load.env)?;
    Ok(Docker::connect(address, Deadlines::default()).await?)
}

fn rolling(args: &RollingArgs) -> Rolling {
    Rolling {
        order: args.order,
        policy: policy_flags(&args.policy),
        keep_going: args.keep_going,
        detour: is_led(&args.policy),
        drain_timeout: args.policy.drain_timeout,
        scale: BTreeMap::new(),
    }
}

fn is_led(args: &PolicyArgs) -> bool {
    args.detour == DetourChoice::Auto
}

fn ready_flags(args: &ReadyArgs) -> ReadyFlags {
    ReadyFlags { question: args.ready.clone(), successes: args.successes, settle: args.settle }
}

fn policy_flags(args: &PolicyArgs) -> PolicyFlags {
    PolicyFlags {
        parallelism: args.parallelism,
        delay: args.delay,
        monitor: args.monitor,
        failure_action: args.failure_action,
        max_failure_ratio: args.max_failure_ratio,
    }
}

fn pull_policy(choice: PullChoice) -> PullPolicy {
    match choice {
        PullChoice::Missing => PullPolicy::Missing,
        PullChoice::Always => PullPolicy::Always,
        PullChoice::Never => PullPolicy::Never,
    }
}

fn finding(warning: &Warning) -> Finding {
    Finding::new(Level::Warning, None, &warning.message).with_place(warning.location.as_ref())
}

/// Time and chance: `20261120-145430-4f2a`, in UTC.
fn run_id() -> String {
    let time = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S");
    let chance = RandomState::new().hash_one(()) & 0xffff;
    format!("{time}-{chance:04x}")
}
