//! Plans one service: what is found about it, which of its replicas change, and into what.

use std::collections::BTreeMap;

use serde_json::Value;

use super::PlanError;
use super::build::{PlanOptions, Situation};
use super::dependents::{NETWORK, Share};
use super::diff;
use super::handover::handover;
use super::identity::Identity;
use super::obstacles::{Obstacle, obstacles};
use super::policy::{Policy, PolicyFlags};
use super::preflight::Preflight;
use super::provenance::Provenance;
use super::readiness::{effective_check, readiness};
use super::replicas::{Change, changes};
use super::resources;
use super::scale;
use super::stand_in::name_stand_ins;
use super::stay_down::stay_down;
use super::steps::{
    Cause, Finding, Level, OldContainer, Order, Pin, Plan, Replacement, ReplacementId, ServicePlan,
};
use super::strategy::{Strategy, downtime};
use super::switching;
use super::wishes::Wishes;
use crate::compose::model::Service;
use crate::engine::api::{ContainerSpec, Exec, Inspection};
use crate::engine::spec::{Peer, SpecError, SpecInput, container_spec, post_start, pre_stop};
use crate::labels;

/// Plans one service.
pub(super) struct Planner<'a> {
    pub(super) situation: &'a Situation<'a>,
    pub(super) options: &'a PlanOptions<'a>,
    pub(super) service: &'a Service,
    /// The containers there are.
    pub(super) present: &'a BTreeMap<String, Vec<Peer>>,
    /// The containers there will be, as far as they are planned.
    pub(super) future: &'a BTreeMap<String, Vec<Peer>>,
    /// What it will share with new containers.
    pub(super) late: &'a [(Share<'a>, ReplacementId)],
    pub(super) network_ids: &'a BTreeMap<String, String>,
}

impl Planner<'_> {
    /// Adds the service to the plan: as one that changes, which it says, or as up to date.
    pub(super) fn add_to(&self, plan: &mut Plan) -> Result<bool, PlanError> {
        if !self.is_asked_for() && !self.comes_along(plan) {
            return Ok(false);
        }
        let preflight = self.preflight();
        let forbidden = preflight.before_comparing(self.service);
        if !forbidden.is_empty() {
            plan.findings.extend(forbidden);
            return Ok(false);
        }
        let pull = self.pull();
        let identity = self.identity();
        let changes = self.changes(&identity, pull.is_some());
        if changes.is_empty() {
            plan.up_to_date.push(self.service.name.clone());
            return Ok(false);
        }
        let pull = pull.filter(|_| is_anything_new(&changes));
        let mut strategy = self.strategy(&changes);
        if is_anything_new(&changes) {
            plan.findings.extend(preflight.before_creating(self.service));
            plan.findings.extend(self.image_findings(pull.is_some()));
        }
        plan.findings.extend(match self.scale() {
            Some(wanted) => {
                scale::findings(self.service, wanted, self.is_mixed(&changes, &identity))
            }
            None => preflight.before_replacing(self.service),
        });
        plan.findings.append(&mut strategy.findings);
        let name = &self.service.name;
        plan.findings.extend(switching::findings(name, &self.wishes(), strategy.order));
        let service = self.service_plan(&changes, &identity, strategy, pull.is_some())?;
        let new = service.replacements.iter().find_map(|pair| pair.new.as_ref());
        plan.findings.extend(new.into_iter().flat_map(|new| self.provenance(&identity, new)));
        plan.services.push(service);
        plan.pulls.extend(pull);
        for resource in resources::missing(self.situation, self.service, &identity.style) {
            if !plan.resources.contains(&resource) {
                plan.resources.push(resource);
            }
        }
        Ok(true)
    }

    /// What the file wishes for it.
    fn wishes(&self) -> Wishes {
        self.options.wishes.get(&self.service.name).cloned().unwrap_or_default()
    }

    pub(super) fn is_asked_for(&self) -> bool {
        self.options.services.contains(&self.service.name)
    }

    /// Whether the service is replaced though nobody asked for it: it runs in what goes away.
    fn comes_along(&self, plan: &mut Plan) -> bool {
        let is_running = self.containers().iter().any(|one| one.state().running);
        if let Some((share, _)) = self.late.first()
            && !is_running
            && !self.containers().is_empty()
        {
            let name = &self.service.name;
            let what = format!(
                "`{name}` shares the {} of `{}` and does not run; it is left to the next `up`",
                share.what, share.with
            );
            plan.findings.push(Finding::new(Level::Note, Some(name), what));
        }
        is_running && !self.late.is_empty()
    }

    pub(super) fn identity(&self) -> Identity {
        Identity::of(self.situation, self.service, self.present, self.future)
    }

    pub(super) fn preflight(&self) -> Preflight<'_> {
        Preflight {
            project: self.situation.after,
            observed: self.situation.observed,
            project_is_named: self.options.project_is_named,
            is_asked: self.options.ready.question.is_some() || self.wishes().ready.is_some(),
        }
    }

    /// What is said of the Compose that made the containers.
    pub(super) fn provenance(&self, identity: &Identity, new: &ContainerSpec) -> Vec<Finding> {
        let Some(old) = identity.followed.and_then(|index| self.containers().get(index)) else {
            return Vec::new();
        };
        let old_image = self.situation.observed.images.get(&old.image_id());
        let wanted = diff::Wanted { body: &new.body, image: self.image() };
        let provenance = Provenance {
            service: &self.service.name,
            proof: identity.proof,
            others: &identity.others,
            version: old.label(labels::VERSION),
            is_edited: !diff::beside_the_image(old, old_image, wanted).is_empty(),
        };
        provenance.findings()
    }

    fn changes(&self, identity: &Identity, is_pulled: bool) -> Vec<Change<'_>> {
        let found = u32::try_from(self.containers().len()).unwrap_or(u32::MAX);
        if let Some(wanted) = self.scale() {
            return changes(self.containers(), wanted, |_| false);
        }
        let by_file = self.service.replicas().filter(|_| self.is_asked_for());
        changes(self.containers(), by_file.unwrap_or(found), |old| {
            is_pulled || !self.late.is_empty() || !self.is_up_to_date(old, identity)
        })
    }

    /// The number of replicas, if nothing else changes.
    fn scale(&self) -> Option<u32> {
        self.options.rolling.scale.get(&self.service.name).copied()
    }

    /// Whether new replicas come beside old ones of another configuration.
    fn is_mixed(&self, changes: &[Change], identity: &Identity) -> bool {
        let mut all = self.containers().iter();
        is_anything_new(changes) && all.any(|old| !self.is_up_to_date(old, identity))
    }

    /// The order; where a second container cannot run, none can be added either.
    pub(super) fn strategy(&self, changes: &[Change]) -> Strategy {
        let found = obstacles(self.service, self.containers(), self.at_once(changes), self.moves());
        let is_replaced = |change: &Change| change.old.is_some() && change.is_wanted;
        let flag = self.options.rolling.order;
        let mut strategy = if changes.iter().any(is_replaced) {
            Strategy::of(self.service, flag, &found)
        } else {
            Strategy { order: Order::StartFirst, cause: None, findings: Vec::new() }
        };
        if changes.iter().any(|change| change.old.is_none()) {
            let error = |obstacle: &Obstacle| obstacle.finding(Level::Error, self.service);
            strategy.findings = found.iter().map(error).collect();
        }
        strategy
    }

    /// Whether new containers live in another network than old ones, though it is another service's.
    fn moves(&self) -> bool {
        self.late.iter().any(|(share, _)| share.what == NETWORK)
    }

    /// How many containers of the service run at once while it is replaced start-first.
    fn at_once(&self, changes: &[Change]) -> u32 {
        let found =
            self.containers().len() + changes.iter().filter(|one| one.old.is_none()).count();
        let policy = self.policy(changes.len());
        let more = changes.iter().filter(|change| change.old.is_some() && change.is_wanted).count();
        u32::try_from(found + more.min(policy.parallelism)).unwrap_or(u32::MAX)
    }

    fn service_plan(
        &self,
        changes: &[Change],
        identity: &Identity,
        strategy: Strategy,
        is_pulled: bool,
    ) -> Result<ServicePlan, PlanError> {
        let pairs = changes.iter().map(|change| self.replacement(change, identity));
        let mut pairs = pairs.collect::<Result<Vec<Replacement>, SpecError>>()?;
        if strategy.order == Order::StopFirst {
            pairs.iter_mut().zip(changes).for_each(|(pair, change)| stay_down(pair, change.old));
        }
        let wishes = self.wishes();
        let handover = handover(&self.options.rolling, &wishes, strategy.order, self.containers());
        if handover.is_some() {
            name_stand_ins(&mut pairs, self.containers());
        }
        let new = pairs.iter().find_map(|pair| pair.new.as_ref());
        let check = new.and_then(|new| effective_check(&new.body, self.image()));
        let readiness = readiness(self.options, &wishes, check.as_ref());
        let is_down = new.filter(|_| strategy.order == Order::StopFirst);
        let deploy = self.service.deploy.as_ref();
        let way_back = deploy.and_then(|deploy| deploy.rollback_config.as_ref());
        let from_image = self.containers().first().map(Inspection::image).unwrap_or_default();
        let from_pin = self.containers().first().map(|old| self.pin_of(old));
        Ok(ServicePlan {
            service: self.service.name.clone(),
            to_image: new.map_or_else(|| from_image.clone(), |_| self.image_name()),
            from_image,
            to_pin: match new {
                Some(_) => self.image().map(|image| Pin::of(image, &self.image_name())),
                None => from_pin.clone(),
            },
            from_pin,
            causes: self.causes(changes, &pairs, is_pulled),
            order: strategy.order,
            order_cause: strategy.cause,
            downtime: is_down.map(|new| downtime(self.service, new, self.image(), &readiness)),
            policy: self.policy(changes.len()),
            way_back: Policy::of(way_back, &PolicyFlags::default(), changes.len()),
            depends_on: Vec::new(),
            replacements: pairs,
            post_start: post_start(self.service, identity.style.release()),
            pre_stop: pre_stop(self.service, identity.style.release()),
            readiness,
            handover,
            before_stop: (!wishes.pre_stop.is_empty()).then(|| Exec::of(wishes.pre_stop.clone())),
            switch: switching::switch(&wishes, &self.situation.after.working_dir),
            proxies: wishes.proxies,
            reload: wishes.reload,
        })
    }

    fn policy(&self, replicas: usize) -> Policy {
        let deploy = self.service.deploy.as_ref();
        let config = deploy.and_then(|deploy| deploy.update_config.as_ref());
        Policy::of(config, &self.options.rolling.policy, replicas)
    }

    /// Why the first replaced container is replaced, and how the number changes.
    fn causes(&self, changes: &[Change], pairs: &[Replacement], is_pulled: bool) -> Vec<Cause> {
        let replaced = changes
            .iter()
            .zip(pairs)
            .find_map(|(change, pair)| Some((change.old?, &pair.new.as_ref()?.body)));
        let mut causes =
            replaced.map(|(old, body)| self.difference(old, body, is_pulled)).unwrap_or_default();
        let found = self.containers().len();
        let removed = changes.iter().filter(|change| !change.is_wanted).count();
        let added = changes.iter().filter(|change| change.old.is_none()).count();
        if removed + added > 0 {
            causes.push(Cause(format!("replicas changed ({found} → {})", found + added - removed)));
        }
        causes
    }

    fn difference(&self, old: &Inspection, body: &Value, is_pulled: bool) -> Vec<Cause> {
        let old_image = self.situation.observed.images.get(&old.image_id());
        let wanted = diff::Wanted { body, image: self.image() };
        let mut causes = diff::causes(old, old_image, wanted);
        let shared = |(share, _): &(Share<'_>, _)| {
            Cause(format!("shares the {} of `{}`", share.what, share.with))
        };
        causes.extend(self.late.iter().map(shared));
        match (causes.is_empty(), is_pulled) {
            (false, _) => causes,
            (true, true) if self.options.pins.contains_key(&self.service.name) => {
                vec![Cause("image goes back to what it was".into())]
            }
            (true, true) => vec![Cause("image will be pulled".into())],
            (true, false) => vec![Cause("configuration changed".into())],
        }
    }

    /// Compose's own rule: the hash of the configuration and the id of the image.
    fn is_up_to_date(&self, old: &Inspection, identity: &Identity) -> bool {
        let same_image = self.image().is_some_and(|image| image.id() == old.image_id());
        same_image && old.label(labels::CONFIG_HASH) == Some(&identity.config_hash)
    }

    fn replacement(&self, change: &Change, identity: &Identity) -> Result<Replacement, SpecError> {
        let final_name = self.final_name(change.number, identity);
        let old = change.old.map(|old| OldContainer {
            id: old.id(),
            name: old.name(),
            running: old.state().running,
            restart: None,
        });
        let is_wanted = change.is_wanted;
        let new = is_wanted.then(|| self.spec(change, identity, &final_name)).transpose()?;
        let hash_text = new.as_ref().filter(|_| !self.late.is_empty());
        Ok(Replacement {
            replica: change.number,
            old,
            hash_text: hash_text.map(|_| identity.hash_text.clone()),
            new,
            final_name,
            shares: self.late.iter().map(|(_, of)| *of).collect(),
            stand_in: None,
        })
    }

    /// The name Compose gives the container of a replica.
    pub(super) fn final_name(&self, number: u32, identity: &Identity) -> String {
        let project = &self.situation.after.name;
        let by_style = || identity.style.container_name(project, &self.service.name, number);
        self.service.container_name.clone().unwrap_or_else(by_style)
    }

    /// The new container of a replica.
    pub(super) fn spec(
        &self,
        change: &Change,
        identity: &Identity,
        final_name: &str,
    ) -> Result<ContainerSpec, SpecError> {
        let temporary = change.old.map(|old| format!("{}_{final_name}", old.id().short()));
        let v1 = self.situation.v1.filter(|_| identity.style.release().is_v1());
        let v1 = v1.and_then(|(_, after)| after.service(&self.service.name, None));
        let mut new = container_spec(&SpecInput {
            project: self.situation.after,
            service: self.service,
            number: change.number,
            name: final_name,
            create_as: temporary.as_deref().unwrap_or(final_name),
            style: &identity.style,
            config_hash: &identity.config_hash,
            engine: &self.situation.observed.engine,
            image: self.image(),
            old: change.old,
            peers: self.future,
            network_ids: self.network_ids,
            v1: v1.as_ref(),
            read_file: self.options.read_file,
        })?;
        new.sign(self.marks(change.old));
        Ok(new)
    }

    pub(super) fn containers(&self) -> &[Inspection] {
        self.situation.observed.of(&self.service.name)
    }

    /// What a new container says of its run and of the one before it.
    fn marks(&self, old: Option<&Inspection>) -> Vec<(&'static str, String)> {
        let mut marks = vec![(labels::RUN, self.options.run.clone())];
        if let Some(old) = old {
            let pin = self.pin_of(old);
            marks.push((labels::REPLACES, old.id().0));
            marks.push((labels::PREVIOUS_IMAGE, old.image()));
            marks.push((labels::PREVIOUS_ID, pin.id));
            marks.extend(pin.digest.map(|digest| (labels::PREVIOUS_DIGEST, digest)));
        }
        marks
    }
}

fn is_anything_new(changes: &[Change]) -> bool {
    changes.iter().any(|change| change.is_wanted)
}
