//! The order of steps: what must be behind a step before it may begin. The old container serves
//! until the new one does, and up to the commit point there is a way back.

use std::collections::BTreeMap;

use super::steps::{Order, Planned, ReplacementId, ServicePlan, Step};

/// All steps for these services, each after those it waits for.
///
/// ```text
/// first              provide the networks and volumes that are missing
/// each replica       start-first: create, start, await ready, stop the old one
///                    where requests are led: detour beside the create, start, await ready,
///                      cutover, drain; the old one runs on until the proxies list the new one
///                      and the monitor window has passed
///                    where a proxy is switched: that, as soon as the new one is ready; the old one
///                      runs on likewise
///                    stop-first:  create, stop the old one, start, await ready
///                    and while the next ones go on: monitor, and the stop of one that is drained
/// last               commit, then for each replica remove the old one, rename the new one and
///                    tell a proxy that was switched
/// ```
///
/// At most [`super::policy::Policy::parallelism`] replicas of a service are between their first
/// step and their last but monitor; services that need each other come one after the other.
#[must_use]
pub fn arrange(services: &[ServicePlan], resources: usize) -> Vec<Planned> {
    let mut arranged = Arranged::new(services, resources);
    for service in 0..services.len() {
        arranged.service(service);
    }
    arranged.sharers();
    arranged.commit_and_retire();
    arranged.sorted()
}

/// Steps under construction; their order does not matter yet.
struct Arranged<'a> {
    services: &'a [ServicePlan],
    resources: usize,
    steps: Vec<(Step, Vec<Step>)>,
    /// The step after which a replica makes room for the next one.
    ends: BTreeMap<ReplacementId, Step>,
    /// The engine hands out host ports one start at a time.
    last_publishing: Option<Step>,
}

impl<'a> Arranged<'a> {
    fn new(services: &'a [ServicePlan], resources: usize) -> Self {
        Self {
            services,
            resources,
            steps: (0..resources).map(|index| (Step::Provide(index), Vec::new())).collect(),
            ends: BTreeMap::new(),
            last_publishing: None,
        }
    }

    fn service(&mut self, service: usize) {
        let of = &self.services[service];
        for index in 0..of.replacements.len() {
            let this = ReplacementId { service, index };
            let mut chain = Chain { after: self.gate(this), steps: Vec::new() };
            if !self.has_stopping_host(this) {
                chain.after.extend(self.lane(this));
            }
            self.replica(this, &mut chain);
            let has_next = index + of.policy.parallelism < of.replacements.len();
            if has_next && !(of.policy.delay.is_zero() && of.way_back.delay.is_zero()) {
                chain.push(Step::Delay(this));
            }
            if let Some(end) = chain.steps.last().map(|(step, _)| step.clone()) {
                self.ends.insert(this, end);
            }
            self.steps.append(&mut chain.steps);
            self.watch(this);
        }
    }

    /// What goes on while the next replicas do: the monitor window, from when the new container
    /// gets requests; and the stop of an old one that is drained, which could be back at once.
    fn watch(&mut self, this: ReplacementId) {
        let of = &self.services[this.service];
        let has_window = of.replacements[this.index].new.is_some() && !of.policy.monitor.is_zero();
        if has_window {
            let begin = match (self.is_led(this), self.is_switched(this)) {
                (true, _) => Step::Cutover(this),
                (false, true) => Step::Switch(this),
                (false, false) => Step::AwaitReady(this),
            };
            self.steps.push((Step::Monitor(this), vec![begin]));
        }
        if self.is_handed_over(this) {
            self.steps.push((Step::Verify(this), vec![Step::Cutover(this)]));
        }
        if self.runs_on(this) {
            let window = has_window.then_some(Step::Monitor(this));
            let is_left = if self.is_handed_over(this) {
                vec![Step::Drain(this), Step::Verify(this)]
            } else {
                vec![Step::Switch(this)]
            };
            let after = is_left.into_iter().chain(window).collect();
            let mut end = Chain { after, steps: Vec::new() };
            end.extend(self.stop(this));
            self.steps.append(&mut end.steps);
        }
    }

    /// The end of the replica in whose place it comes.
    fn lane(&self, this: ReplacementId) -> Option<Step> {
        self.ends.get(&self.before(this)?).cloned()
    }

    /// The replica in whose place it comes.
    fn before(&self, this: ReplacementId) -> Option<ReplacementId> {
        let index = this.index.checked_sub(self.services[this.service].policy.parallelism)?;
        Some(ReplacementId { index, ..this })
    }

    /// What must be behind the first step of a replica, but for its own service.
    fn gate(&self, this: ReplacementId) -> Vec<Step> {
        let of = &self.services[this.service];
        // When it may begin beside one it lives with is a matter of `sharers`.
        let hosts = &of.replacements[this.index].shares;
        let needed = of
            .depends_on
            .iter()
            .filter(|service| hosts.iter().all(|host| host.service != **service));
        let needed = needed.flat_map(|service| self.through(*service));
        (0..self.resources).map(Step::Provide).chain(needed).collect()
    }

    /// When those who need a service may begin: once its replicas are through. One that others live
    /// with is through only after them, so that the new one must do.
    fn through(&self, service: usize) -> Vec<Step> {
        let pairs = self.services.iter().flat_map(|of| &of.replacements);
        let hosts = pairs.flat_map(|pair| &pair.shares).filter(|host| host.service == service);
        let hosts: Vec<Step> = hosts.map(|host| Step::AwaitReady(*host)).collect();
        if !hosts.is_empty() {
            return hosts;
        }
        let ends = self.ends.iter().filter(|(other, _)| other.service == service);
        ends.map(|(_, end)| end.clone()).collect()
    }

    fn replica(&mut self, this: ReplacementId, chain: &mut Chain) {
        let of = &self.services[this.service];
        let pair = &of.replacements[this.index];
        let stop = self.stop(this);
        if pair.new.is_none() {
            if self.is_led(this) {
                for step in [Step::Detour(this), Step::Cutover(this), Step::Drain(this)] {
                    chain.push(step);
                }
            }
            chain.extend(stop);
            return;
        }
        let in_stopping_host = self.has_stopping_host(this);
        if in_stopping_host {
            // All who live there stop together, whatever their parallelism.
            chain.extend(stop.clone());
            chain.after.extend(self.lane(this));
        }
        let detour = self.is_led(this).then(|| chain.beside(Step::Detour(this)));
        chain.push(Step::Create(this));
        if of.order == Order::StopFirst && !in_stopping_host {
            chain.extend(stop.clone());
        }
        chain.push(Step::Start(this));
        chain.wait_for(detour);
        if pair.publishes() {
            chain.wait_for(self.last_publishing.replace(Step::Start(this)));
        }
        if !of.post_start.is_empty() {
            chain.push(Step::PostStart(this));
        }
        chain.push(Step::AwaitReady(this));
        if self.is_switched(this) {
            chain.push(Step::Switch(this));
        }
        if self.is_led(this) {
            chain.push(Step::Cutover(this));
        }
        if self.is_handed_over(this) {
            chain.push(Step::Drain(this));
        } else if !self.runs_on(this) && of.order == Order::StartFirst && !in_stopping_host {
            chain.extend(stop);
        }
    }

    /// Whether requests are led to one container while another one is not to be reached.
    fn is_led(&self, this: ReplacementId) -> bool {
        let of = &self.services[this.service];
        let pair = &of.replacements[this.index];
        of.handover.is_some() && pair.can_be_led() && !self.stops_first(this)
    }

    /// Whether requests are led from an old container to its new one.
    fn is_handed_over(&self, this: ReplacementId) -> bool {
        let pair = &self.services[this.service].replacements[this.index];
        self.is_led(this) && pair.is_replaced()
    }

    /// The stop of the old container, and what comes before it.
    fn stop(&self, this: ReplacementId) -> Vec<Step> {
        let of = &self.services[this.service];
        let pair = &of.replacements[this.index];
        if pair.running_old().is_none() {
            return Vec::new();
        }
        let is_prepared = of.before_stop_of(pair).next().is_some();
        is_prepared.then_some(Step::PreStop(this)).into_iter().chain([Step::Stop(this)]).collect()
    }

    /// Whether a proxy is pointed from an old container to a new one while both run.
    fn is_switched(&self, this: ReplacementId) -> bool {
        let of = &self.services[this.service];
        let pair = &of.replacements[this.index];
        let is_replaced = pair.old.is_some() && pair.new.is_some();
        of.switch.is_some() && is_replaced && !self.stops_first(this)
    }

    /// Whether the old container gets no requests any more and is back at once if it is needed, so
    /// that it runs on through the monitor window.
    fn runs_on(&self, this: ReplacementId) -> bool {
        self.is_handed_over(this) || self.is_switched(this)
    }

    /// Whether the old container lives in another's namespaces, which end before the new ones begin.
    fn has_stopping_host(&self, this: ReplacementId) -> bool {
        let hosts = &self.services[this.service].replacements[this.index].shares;
        hosts.iter().any(|host| self.stops_first(*host))
    }

    fn stops_first(&self, this: ReplacementId) -> bool {
        self.services[this.service].order == Order::StopFirst || self.has_stopping_host(this)
    }

    /// Whoever lives in another container's namespaces comes after it, and its old container stops
    /// before that one's predecessor does, so that on the way back it finds it running.
    fn sharers(&mut self) {
        let mut more: Vec<(Step, Step)> = Vec::new();
        for (service, of) in self.services.iter().enumerate() {
            for (index, pair) in of.replacements.iter().enumerate() {
                let this = ReplacementId { service, index };
                for host in &pair.shares {
                    more.push((Step::Create(this), Step::AwaitReady(*host)));
                    let last = if self.stops_first(*host) || self.runs_on(this) {
                        pair.running_old().map(|_| Step::Stop(this))
                    } else {
                        self.ends.get(&this).cloned()
                    };
                    more.extend(last.map(|last| (Step::Stop(*host), last)));
                }
            }
        }
        for (step, needed) in more {
            if let Some((_, after)) = self.steps.iter_mut().find(|(other, _)| *other == step) {
                after.push(needed);
            }
        }
    }

    fn commit_and_retire(&mut self) {
        let all: Vec<Step> = self.steps.iter().map(|(step, _)| step.clone()).collect();
        if self.services.is_empty() {
            return;
        }
        self.steps.push((Step::Commit, all));
        for (service, of) in self.services.iter().enumerate() {
            let mut told_before = None;
            for (index, pair) in of.replacements.iter().enumerate() {
                let this = ReplacementId { service, index };
                let before = self.before(this).map(Step::Remove);
                if pair.old.is_some() {
                    let after = [Step::Commit].into_iter().chain(before).collect();
                    self.steps.push((Step::Remove(this), after));
                }
                if pair.old.is_some() && pair.new.is_some() {
                    let after =
                        [Step::Remove(this)].into_iter().chain(told_before.take()).collect();
                    self.steps.push((Step::Rename(this), after));
                }
                if self.is_switched(this) {
                    self.steps.push((Step::SwitchName(this), vec![Step::Rename(this)]));
                    // Its list may hold the others: one name at a time changes.
                    told_before = Some(Step::SwitchName(this));
                }
            }
        }
    }

    /// Indices in place of steps; a step comes behind all it waits for, else in the order made.
    fn sorted(self) -> Vec<Planned> {
        let mut waiting = self.steps;
        let mut sorted: Vec<Planned> = Vec::new();
        while !waiting.is_empty() {
            let place = |needed: &Step| sorted.iter().position(|planned| planned.step == *needed);
            let is_there = |needed: &Step| waiting.iter().any(|(step, _)| step == needed);
            let next = waiting.iter().position(|(_, after)| !after.iter().any(is_there));
            // Services in a circle were refused when the files were read.
            let (step, after) = waiting.remove(next.unwrap_or(0));
            let mut after: Vec<usize> = after.iter().filter_map(place).collect();
            after.sort_unstable();
            after.dedup();
            sorted.push(Planned { step, after });
        }
        sorted
    }
}

/// Steps one after the other.
struct Chain {
    /// What the next one comes after.
    after: Vec<Step>,
    steps: Vec<(Step, Vec<Step>)>,
}

impl Chain {
    fn push(&mut self, step: Step) {
        let after = std::mem::replace(&mut self.after, vec![step.clone()]);
        self.steps.push((step, after));
    }

    /// A step beside the next one, which does not wait for it.
    fn beside(&mut self, step: Step) -> Step {
        self.steps.push((step.clone(), self.after.clone()));
        step
    }

    fn extend(&mut self, steps: Vec<Step>) {
        for step in steps {
            self.push(step);
        }
    }

    /// The last one comes after this one, too.
    fn wait_for(&mut self, other: Option<Step>) {
        if let (Some((_, after)), Some(other)) = (self.steps.last_mut(), other) {
            after.push(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::engine::api::{ContainerId, Exec};
    use crate::plan::sample;
    use crate::plan::steps::{Handover, Plan, StandIn, Switch};

    fn name(step: &Step) -> String {
        let of = |word: &str, of: &ReplacementId| format!("{word} {}.{}", of.service, of.index);
        match step {
            Step::Provide(index) => format!("provide {index}"),
            Step::Commit => "commit".into(),
            Step::Create(id) => of("create", id),
            Step::Detour(id) => of("detour", id),
            Step::Cutover(id) => of("cutover", id),
            Step::Drain(id) => of("drain", id),
            Step::Verify(id) => of("verify", id),
            Step::Start(id) => of("start", id),
            Step::PreStop(id) => of("pre_stop", id),
            Step::PostStart(id) => of("post_start", id),
            Step::AwaitReady(id) => of("await", id),
            Step::Stop(id) => of("stop", id),
            Step::Delay(id) => of("delay", id),
            Step::Monitor(id) => of("monitor", id),
            Step::Remove(id) => of("remove", id),
            Step::Rename(id) => of("rename", id),
            Step::Switch(id) => of("switch", id),
            Step::SwitchName(id) => of("switch_name", id),
        }
    }

    /// `step < what it waits for, …`, a line each.
    fn shown(services: &[ServicePlan], resources: usize) -> String {
        let steps = arrange(services, resources);
        let line = |planned: &Planned| {
            let after: Vec<String> =
                planned.after.iter().map(|index| name(&steps[*index].step)).collect();
            format!("{} < {}", name(&planned.step), after.join(", ")).trim_end_matches(" < ").into()
        };
        steps.iter().map(line).collect::<Vec<String>>().join("\n")
    }

    fn plan(replicas: &[usize]) -> Plan {
        let mut plan = sample::plan(replicas);
        for service in &mut plan.services {
            service.policy.monitor = Duration::ZERO;
        }
        plan
    }

    #[test]
    fn start_first_the_old_one_stops_once_the_new_one_is_ready_and_goes_after_the_commit() {
        let plan = sample::plan(&[1]);
        insta::assert_snapshot!(shown(&plan.services, 1), @r"
        provide 0
        create 0.0 < provide 0
        start 0.0 < create 0.0
        await 0.0 < start 0.0
        stop 0.0 < await 0.0
        monitor 0.0 < await 0.0
        commit < provide 0, create 0.0, start 0.0, await 0.0, stop 0.0, monitor 0.0
        remove 0.0 < commit
        rename 0.0 < remove 0.0
        ");
    }

    #[test]
    fn requests_are_led_from_before_the_start_until_some_time_after_the_end() {
        let mut plan = plan(&[1]);
        plan.services[0].handover = Some(Handover { drain_timeout: Duration::from_secs(30) });
        insta::assert_snapshot!(shown(&plan.services, 0), @r"
        detour 0.0
        create 0.0
        start 0.0 < detour 0.0, create 0.0
        await 0.0 < start 0.0
        cutover 0.0 < await 0.0
        drain 0.0 < cutover 0.0
        verify 0.0 < cutover 0.0
        stop 0.0 < drain 0.0, verify 0.0
        commit < detour 0.0, create 0.0, start 0.0, await 0.0, cutover 0.0, drain 0.0, verify 0.0, stop 0.0
        remove 0.0 < commit
        rename 0.0 < remove 0.0
        ");
    }

    #[test]
    fn a_drained_container_runs_on_through_the_window_and_holds_up_nobody() {
        let mut plan = sample::plan(&[2]);
        plan.services[0].handover = Some(Handover { drain_timeout: Duration::from_secs(30) });
        let text = shown(&plan.services, 0);
        let lines = [
            "monitor 0.0 < cutover 0.0",
            "stop 0.0 < drain 0.0, monitor 0.0, verify 0.0",
            "create 0.1 < drain 0.0",
        ];
        for line in lines {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn stop_first_the_new_one_is_created_before_the_old_one_stops() {
        let mut plan = plan(&[1]);
        plan.services[0].order = Order::StopFirst;
        insta::assert_snapshot!(shown(&plan.services, 0), @r"
        create 0.0
        stop 0.0 < create 0.0
        start 0.0 < stop 0.0
        await 0.0 < start 0.0
        commit < create 0.0, stop 0.0, start 0.0, await 0.0
        remove 0.0 < commit
        rename 0.0 < remove 0.0
        ");
    }

    #[test]
    fn hooks_run_between_the_start_and_the_wait() {
        let mut plan = plan(&[1]);
        plan.services[0].post_start = vec![Exec::of(["warm"])];
        let text = shown(&plan.services, 0);
        assert!(text.contains("post_start 0.0 < start 0.0\nawait 0.0 < post_start 0.0"), "{text}");
    }

    #[test]
    fn a_replica_waits_for_the_one_in_its_place_and_for_the_delay_after_it() {
        let mut plan = plan(&[3]);
        plan.services[0].policy.parallelism = 2;
        plan.services[0].policy.delay = Duration::from_secs(1);
        let text = shown(&plan.services, 0);
        for line in ["create 0.0", "create 0.1", "delay 0.0 < stop 0.0", "create 0.2 < delay 0.0"] {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
        assert!(!text.contains("delay 0.1"), "nobody waits for it:\n{text}");
    }

    #[test]
    fn services_go_side_by_side_unless_one_needs_the_other() {
        let mut plan = plan(&[1, 1, 1]);
        plan.services[2].depends_on = vec![0];
        let text = shown(&plan.services, 0);
        for line in ["create 0.0", "create 1.0", "create 2.0 < stop 0.0"] {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn who_shares_a_namespace_is_ready_before_the_old_host_of_it_goes() {
        let mut plan = plan(&[1, 1]);
        plan.services[1].depends_on = vec![0];
        plan.services[1].replacements[0].shares = vec![ReplacementId { service: 0, index: 0 }];
        let text = shown(&plan.services, 0);
        for line in ["create 1.0 < await 0.0", "stop 0.0 < await 0.0, stop 1.0"] {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
        plan.services[0].order = Order::StopFirst;
        let text = shown(&plan.services, 0);
        let stop_first =
            ["stop 1.0", "stop 0.0 < create 0.0, stop 1.0", "create 1.0 < stop 1.0, await 0.0"];
        for line in stop_first {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn all_who_live_in_a_container_that_stops_stop_before_it_however_many_go_at_a_time() {
        let mut plan = plan(&[1, 2]);
        plan.services[0].order = Order::StopFirst;
        plan.services[1].depends_on = vec![0];
        for pair in &mut plan.services[1].replacements {
            pair.shares = vec![ReplacementId { service: 0, index: 0 }];
        }
        let text = shown(&plan.services, 0);
        let lines = [
            "stop 1.0",
            "stop 1.1",
            "stop 0.0 < create 0.0, stop 1.0, stop 1.1",
            "create 1.1 < stop 1.1, await 0.0, await 1.0",
        ];
        for line in lines {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn an_added_replica_stops_nothing_and_a_removed_one_starts_nothing() {
        let mut plan = plan(&[2]);
        plan.services[0].replacements[0].new = None;
        plan.services[0].replacements[1].old = None;
        insta::assert_snapshot!(shown(&plan.services, 0), @r"
        stop 0.0
        create 0.1 < stop 0.0
        start 0.1 < create 0.1
        await 0.1 < start 0.1
        commit < stop 0.0, create 0.1, start 0.1, await 0.1
        remove 0.0 < commit
        ");
    }

    #[test]
    fn others_answer_for_one_that_is_not_ready_yet_and_for_one_that_goes() {
        let mut plan = plan(&[2]);
        plan.services[0].handover = Some(Handover { drain_timeout: Duration::from_secs(30) });
        for pair in &mut plan.services[0].replacements {
            pair.stand_in = Some(StandIn::Container(ContainerId("stays".into())));
        }
        plan.services[0].replacements[0].new = None;
        plan.services[0].replacements[1].old = None;
        insta::assert_snapshot!(shown(&plan.services, 0), @r"
        detour 0.0
        cutover 0.0 < detour 0.0
        drain 0.0 < cutover 0.0
        stop 0.0 < drain 0.0
        detour 0.1 < stop 0.0
        create 0.1 < stop 0.0
        start 0.1 < detour 0.1, create 0.1
        await 0.1 < start 0.1
        cutover 0.1 < await 0.1
        commit < detour 0.0, cutover 0.0, drain 0.0, stop 0.0, detour 0.1, create 0.1, start 0.1, await 0.1, cutover 0.1
        remove 0.0 < commit
        ");
    }

    #[test]
    fn hooks_run_before_a_container_stops_for_good_and_not_before_one_that_is_replaced() {
        let mut plan = plan(&[2]);
        plan.services[0].pre_stop = vec![Exec::of(["leave"])];
        plan.services[0].replacements[0].new = None;
        let text = shown(&plan.services, 0);
        assert!(text.starts_with("pre_stop 0.0\nstop 0.0 < pre_stop 0.0"), "{text}");
        assert!(!text.contains("pre_stop 0.1"), "{text}");
    }

    #[test]
    fn a_proxy_is_switched_before_requests_are_led_and_told_the_final_name_in_the_end() {
        let mut plan = plan(&[1]);
        let (command, dir) = (vec!["./switch".into()], "/srv/shop".into());
        plan.services[0].switch = Some(Switch { command, dir });
        plan.services[0].before_stop = Some(Exec::of(["leave"]));
        insta::assert_snapshot!(shown(&plan.services, 0), @r"
        create 0.0
        start 0.0 < create 0.0
        await 0.0 < start 0.0
        switch 0.0 < await 0.0
        pre_stop 0.0 < switch 0.0
        stop 0.0 < pre_stop 0.0
        commit < create 0.0, start 0.0, await 0.0, switch 0.0, pre_stop 0.0, stop 0.0
        remove 0.0 < commit
        rename 0.0 < remove 0.0
        switch_name 0.0 < rename 0.0
        ");
        plan.services[0].handover = Some(Handover { drain_timeout: Duration::from_secs(30) });
        plan.services[0].policy.monitor = Duration::from_secs(5);
        insta::assert_snapshot!(shown(&plan.services, 0), @r"
        detour 0.0
        create 0.0
        start 0.0 < detour 0.0, create 0.0
        await 0.0 < start 0.0
        switch 0.0 < await 0.0
        cutover 0.0 < switch 0.0
        drain 0.0 < cutover 0.0
        monitor 0.0 < cutover 0.0
        verify 0.0 < cutover 0.0
        pre_stop 0.0 < drain 0.0, monitor 0.0, verify 0.0
        stop 0.0 < pre_stop 0.0
        commit < detour 0.0, create 0.0, start 0.0, await 0.0, switch 0.0, cutover 0.0, drain 0.0, monitor 0.0, verify 0.0, pre_stop 0.0, stop 0.0
        remove 0.0 < commit
        rename 0.0 < remove 0.0
        switch_name 0.0 < rename 0.0
        ");
    }

    #[test]
    fn nothing_is_switched_where_the_two_never_run_at_once_or_one_of_them_is_missing() {
        let mut plan = plan(&[2, 1]);
        plan.services[1].order = Order::StopFirst;
        let (command, dir) = (vec!["./switch".into()], "/srv/shop".into());
        for service in &mut plan.services {
            service.switch = Some(Switch { command: command.clone(), dir: PathBuf::clone(&dir) });
        }
        plan.services[0].replacements[0].new = None;
        plan.services[0].replacements[1].old = None;
        assert!(!shown(&plan.services, 0).contains("switch"));
    }

    #[test]
    fn an_old_container_that_does_not_run_is_not_stopped() {
        let mut plan = plan(&[2]);
        plan.services[0].replacements[0].old.as_mut().unwrap().running = false;
        let text = shown(&plan.services, 0);
        assert!(!text.contains("stop 0.0") && text.contains("create 0.1 < await 0.0"), "{text}");
    }

    #[test]
    fn containers_that_publish_ports_start_one_at_a_time() {
        let mut plan = plan(&[2]);
        plan.services[0].policy.parallelism = 2;
        for pair in &mut plan.services[0].replacements {
            let ports = serde_json::json!({ "80/tcp": [{ "HostPort": "8080-8090" }] });
            pair.new.as_mut().unwrap().body["HostConfig"]["PortBindings"] = ports;
        }
        let text = shown(&plan.services, 0);
        assert!(text.contains("start 0.1 < start 0.0, create 0.1"), "{text}");
    }

    #[test]
    fn nothing_to_replace_is_no_step() {
        assert_eq!(arrange(&[], 0), []);
    }
}
