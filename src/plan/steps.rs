//! The plan as a value: what changes, why, and every step in order. Data only.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::policy::Policy;
pub use super::readiness::{Asked, Readiness};
pub use crate::compose::edit::{EditRecipe, FileEdit, LineChange};
use crate::compose::hash::HashText;
use crate::engine::api::{ContainerId, ContainerSpec, Exec, Image, RestartPolicy};

/// Everything a rollout will do, complete before the first change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Id of the run: on every new container as a label, and in every event.
    pub run: String,
    /// Name of the project.
    pub project: String,
    /// The compose files, as messages show them.
    pub files: Vec<String>,
    /// The engine's address, as messages show it.
    pub endpoint: String,
    /// Services that change, in the order of their rollout.
    pub services: Vec<ServicePlan>,
    /// Services that were asked for or looked at and need nothing.
    pub up_to_date: Vec<String>,
    /// Changes of files, written at the commit point. They are not part of the plan that is kept:
    /// [`EditRecipe`].
    #[serde(skip)]
    pub edits: Vec<FileEdit>,
    /// What stands out, warnings and notes (errors refuse the plan).
    pub findings: Vec<Finding>,
    /// Images to pull before the first step. A plan that has some is made again after the pull,
    /// since the new containers' labels and volumes depend on what was pulled.
    pub pulls: Vec<Pull>,
    /// Networks and volumes the new containers need and the engine does not have.
    pub resources: Vec<Resource>,
    /// Every step, each after those it waits for.
    pub steps: Vec<Planned>,
    /// Whether a service that fails is taken back alone, while the others go on.
    pub keep_going: bool,
}

/// A network or volume of the project that is not there yet. It is Compose's own once it is made,
/// so a rollout that is taken back leaves it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Which of the two.
    pub kind: ResourceKind,
    /// Name on the engine.
    pub name: String,
    /// Body of the create call.
    pub body: Value,
}

// Options of drivers may hold passwords.
impl std::fmt::Debug for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resource({} {})", self.kind.word(), self.name)
    }
}

/// A network or a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// A network.
    Network,
    /// A volume.
    Volume,
}

impl ResourceKind {
    /// `network` or `volume`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Volume => "volume",
        }
    }
}

/// One image to pull.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// The service that needs it.
    pub service: String,
    /// Its reference.
    pub image: String,
    /// The service's `platform`, if it has one.
    pub platform: Option<String>,
    /// What the reference is to mean again, whatever it means by now: then that image gets the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether everything that this plan does was part of `agreed`: the same files and, for every
    /// service, the same image and the same old containers. Services may have dropped out, since a
    /// pull can show that they are up to date.
    #[must_use]
    pub fn is_part_of(&self, agreed: &Self) -> bool {
        let has = |service: &ServicePlan| {
            agreed.services.iter().any(|other| {
                let had = |pair: &Replacement| {
                    other.replacements.iter().any(|agreed| {
                        agreed.replica == pair.replica
                            && agreed.old == pair.old
                            && agreed.new.is_some() == pair.new.is_some()
                    })
                };
                other.service == service.service
                    && other.to_image == service.to_image
                    && other.order == service.order
                    && service.replacements.iter().all(had)
            })
        };
        self.edits == agreed.edits && self.services.iter().all(has)
    }

    /// Number of replicas that change.
    #[must_use]
    pub fn replicas(&self) -> usize {
        self.services.iter().map(|service| service.replacements.len()).sum()
    }

    /// The replacement a step is about.
    #[must_use]
    pub fn replacement(&self, of: ReplacementId) -> &Replacement {
        &self.services[of.service].replacements[of.index]
    }

    /// The service a replacement belongs to.
    #[must_use]
    pub fn service(&self, of: ReplacementId) -> &ServicePlan {
        &self.services[of.service]
    }

    /// Every replacement, in the order of the services and of their numbers.
    pub fn replacements(&self) -> impl Iterator<Item = ReplacementId> {
        let services = self.services.iter().enumerate();
        services.flat_map(|(service, of)| {
            (0..of.replacements.len()).map(move |index| ReplacementId { service, index })
        })
    }

    /// Index of a step, if the plan has it.
    #[must_use]
    pub fn position(&self, step: &Step) -> Option<usize> {
        self.steps.iter().position(|planned| planned.step == *step)
    }
}

/// One service that changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServicePlan {
    /// Name of the service.
    pub service: String,
    /// Image reference that runs now.
    pub from_image: String,
    /// Image reference that will run.
    pub to_image: String,
    /// What `from_image` meant when the container that runs was made.
    pub from_pin: Option<Pin>,
    /// What `to_image` means on the engine, unless it is still to be pulled.
    pub to_pin: Option<Pin>,
    /// Why it changes, most important first.
    pub causes: Vec<Cause>,
    /// Which of the two runs first.
    pub order: Order,
    /// Why it is that order, if something forces it.
    pub order_cause: Option<String>,
    /// With stop-first: how long a replica is expected to be down.
    pub downtime: Option<Duration>,
    /// How many at a time, and what a failure means.
    pub policy: Policy,
    /// The same for the way back.
    pub way_back: Policy,
    /// Services of this plan that must be through before it, by their index.
    pub depends_on: Vec<usize>,
    /// One per replica that changes, in the order of their numbers.
    pub replacements: Vec<Replacement>,
    /// What is run in each new container once it is started.
    pub post_start: Vec<Exec>,
    /// What is run in each old container that gets no new one, before it stops.
    pub pre_stop: Vec<Exec>,
    /// What the user wants run in every old container before it stops, once it is drained.
    #[serde(default)]
    pub before_stop: Option<Exec>,
    /// How the new containers are judged ready.
    pub readiness: Readiness,
    /// How requests are led from an old container to its new one, if they are.
    #[serde(default)]
    pub handover: Option<Handover>,
    /// Containers or services that route requests to it, as far as the user names them.
    #[serde(default)]
    pub proxies: Vec<String>,
    /// What makes these read their configuration again, run in each of their containers; words.
    #[serde(default)]
    pub reload: Vec<String>,
    /// What points a proxy at a new container, if the user has something for it.
    #[serde(default)]
    pub switch: Option<Switch>,
}

/// A command on this host that points a proxy at a new container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// Program and arguments; no shell reads them.
    pub command: Vec<String>,
    /// Absolute path of the folder that it runs in: the project's.
    pub dir: PathBuf,
}

/// How requests are led from an old container to its new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// How long requests that are under way at the old container are waited for.
    pub drain_timeout: Duration,
}

impl ServicePlan {
    /// Number of replicas that get a new container.
    #[must_use]
    pub fn new_replicas(&self) -> usize {
        self.replacements.iter().filter(|pair| pair.new.is_some()).count()
    }

    /// What is run in the old container of a pair before it stops, in order.
    pub fn before_stop_of(&self, pair: &Replacement) -> impl Iterator<Item = &Exec> {
        let hooks = if pair.new.is_none() { self.pre_stop.as_slice() } else { &[] };
        self.before_stop.iter().chain(hooks)
    }
}

/// What an image reference means, whatever becomes of its tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Id on the engine: `sha256:` and 64 hex digits.
    pub id: String,
    /// `repository@sha256:…` in a registry, if it came from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

impl Pin {
    /// The pin of an image that the engine has.
    #[must_use]
    pub fn of(image: &Image, reference: &str) -> Self {
        Self { id: image.id(), digest: image.digest(reference) }
    }
}

/// The reason of a change, in words a person reads: "image changed (…)", "environment changed: A, B".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cause(pub String);

/// Which container runs first while one is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The new one is ready before the old one stops.
    StartFirst,
    /// The old one stops before the new one starts, since the two cannot run at the same time.
    StopFirst,
}

impl Order {
    /// The word of `deploy.update_config.order`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::StartFirst => "start-first",
            Self::StopFirst => "stop-first",
        }
    }
}

/// One replica that changes: mostly an old container and the new one that takes its number. A
/// replica without an old container is added, one without a new container is removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replacement {
    /// Replica number, as in Compose's label.
    pub replica: u32,
    /// The container that serves now.
    pub old: Option<OldContainer>,
    /// The container that will serve; under a temporary name if there is an old one.
    pub new: Option<ContainerSpec>,
    /// Name of the replica's container.
    pub final_name: String,
    /// The replacements whose namespaces or volumes the new container shares. Their ids are not
    /// known yet: [`super::late`].
    pub shares: Vec<ReplacementId>,
    /// With some: what the config hash is computed from.
    pub hash_text: Option<HashText>,
    /// Who answers in its place while it is added or after it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<StandIn>,
}

/// Who answers in the place of a replica that is not ready yet, or not there any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandIn {
    /// A container of the service that runs on.
    Container(ContainerId),
    /// Another replica of the service that is replaced, by its index.
    Replica(usize),
}

impl Replacement {
    /// Whether a container that runs gets a successor.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        self.running_old().is_some() && self.new.is_some()
    }

    /// Whether requests can be led away from it: another container serves in its place.
    #[must_use]
    pub fn can_be_led(&self) -> bool {
        let has_end = self.running_old().is_some() || (self.old.is_none() && self.new.is_some());
        self.is_replaced() || (has_end && self.stand_in.is_some())
    }

    /// The old container, if it runs.
    #[must_use]
    pub fn running_old(&self) -> Option<&OldContainer> {
        self.old.as_ref().filter(|old| old.running)
    }

    /// Name of the container that comes, else of the one that goes.
    #[must_use]
    pub fn name(&self) -> &str {
        let old = || self.old.as_ref().map(|old| old.name.as_str());
        self.new.as_ref().map(|new| new.name.as_str()).or_else(old).unwrap_or(&self.final_name)
    }

    /// Whether the host's ports are published, which the engine hands out one start at a time.
    #[must_use]
    pub fn publishes(&self) -> bool {
        let bindings =
            self.new.as_ref().and_then(|new| new.body.pointer("/HostConfig/PortBindings"));
        bindings.and_then(Value::as_object).is_some_and(|ports| !ports.is_empty())
    }
}

/// The container that is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldContainer {
    /// Full id.
    pub id: ContainerId,
    /// Name.
    pub name: String,
    /// Whether it runs; one that does not is neither stopped nor, on the way back, started.
    pub running: bool,
    /// The restart policy that is taken from it before it is stopped, and given back with its start;
    /// none if it may keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<RestartPolicy>,
}

/// Index of a replacement in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReplacementId {
    /// Index in [`Plan::services`].
    pub service: usize,
    /// Index in [`ServicePlan::replacements`].
    pub index: usize,
}

/// A step, and what must be behind it before it may begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The step.
    pub step: Step,
    /// Indices of earlier steps in [`Plan::steps`].
    pub after: Vec<usize>,
}

/// One small, idempotent action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Create a network or volume: an index in [`Plan::resources`]. No undo: it stays.
    Provide(usize),
    /// Create the new container, connect its networks, write its files. Undo: remove it.
    Create(ReplacementId),
    /// Put a helper beside everybody who may talk to the old container. Nothing to undo: helpers end
    /// by themselves, some seconds after the last stop, for those who remember an address.
    Detour(ReplacementId),
    /// Start the new container. Undo: wait until no request is under way at it, and stop it.
    Start(ReplacementId),
    /// Run the `post_start` hooks in the new container. No undo: the container goes.
    PostStart(ReplacementId),
    /// Wait until the new container is ready. Nothing to undo.
    AwaitReady(ReplacementId),
    /// Run the user's command that points a proxy at the new container. One that fails is run at once
    /// with the two exchanged. Undo: the same.
    Switch(ReplacementId),
    /// Lead new connections from the old container to the new one. Undo: lead them back.
    Cutover(ReplacementId),
    /// Wait until no request is under way at the old container. Nothing to undo.
    Drain(ReplacementId),
    /// Wait until the proxies that list the old container list the new one. Nothing to undo.
    Verify(ReplacementId),
    /// Run what is to be run in the old container before it stops. Nothing to undo.
    PreStop(ReplacementId),
    /// Stop the old container with its own signal and grace period; it is kept. Undo: start it and
    /// wait until it is ready.
    Stop(ReplacementId),
    /// Let [`Policy::delay`] pass before the next replica. Undo: the way back's own delay.
    Delay(ReplacementId),
    /// Watch the new container for [`Policy::monitor`]; a failure still counts. Nothing to undo.
    Monitor(ReplacementId),
    /// The commit point: write the edited files. Before it everything can be undone, after it
    /// nothing is.
    Commit,
    /// Remove the old container, never its volumes.
    Remove(ReplacementId),
    /// Give the new container its final name.
    Rename(ReplacementId),
    /// Run the user's command once more: the new container is known by its final name from now on.
    SwitchName(ReplacementId),
}

impl Step {
    /// The replacement it is about, if it is about one.
    #[must_use]
    pub fn replacement(&self) -> Option<ReplacementId> {
        match *self {
            Self::Provide(_) | Self::Commit => None,
            Self::Create(of)
            | Self::Detour(of)
            | Self::Switch(of)
            | Self::Cutover(of)
            | Self::Drain(of)
            | Self::Verify(of)
            | Self::Start(of)
            | Self::PostStart(of)
            | Self::PreStop(of)
            | Self::AwaitReady(of)
            | Self::Stop(of)
            | Self::Delay(of)
            | Self::Monitor(of)
            | Self::Remove(of)
            | Self::Rename(of)
            | Self::SwitchName(of) => Some(of),
        }
    }

    /// Whether it only waits, so that it can be left at any time.
    #[must_use]
    pub fn is_wait(&self) -> bool {
        matches!(
            self,
            Self::AwaitReady(_)
                | Self::Drain(_)
                | Self::Verify(_)
                | Self::Delay(_)
                | Self::Monitor(_)
        )
    }

    /// Whether it comes after the commit point.
    #[must_use]
    pub fn is_retirement(&self) -> bool {
        matches!(self, Self::Remove(_) | Self::Rename(_) | Self::SwitchName(_))
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    Note,
    /// Likely to hurt.
    Warning,
    /// Refuses the plan.
    Error,
}

/// One preflight remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it weighs.
    pub level: Level,
    /// The service it is about, if it is about one.
    pub service: Option<String>,
    /// What was found: a lower-case fragment.
    pub message: String,
    /// `file:line:column` it comes from, if it comes from one.
    pub place: Option<String>,
    /// The way out.
    pub hint: Option<String>,
}

impl Finding {
    /// A remark about a service, without place and hint.
    #[must_use]
    pub fn new(level: Level, service: Option<&str>, message: impl Into<String>) -> Self {
        Self {
            level,
            service: service.map(str::to_owned),
            message: message.into(),
            place: None,
            hint: None,
        }
    }

    /// The same remark with a way out.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same remark with the place it comes from.
    #[must_use]
    pub fn with_place(mut self, place: Option<impl ToString>) -> Self {
        self.place = place.map(|place| place.to_string());
        self
    }

    /// Whether it refuses the plan.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }
}
