//! Which way a rollout goes, and for whom: what failed, against what the policies allow.

use std::collections::BTreeSet;

use super::state::State;
use crate::plan::policy::FailureAction;
use crate::plan::steps::ReplacementId;

/// Which way a rollout goes before its commit point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Forward.
    Go,
    /// No further replica begins.
    Pause,
    /// Everything is taken back.
    Unwind,
}

impl State<'_> {
    /// Which way it goes, while the commit point lies ahead.
    #[must_use]
    pub fn course(&self) -> Course {
        if self.cancelled().is_some() || self.has_failed {
            return Course::Unwind;
        }
        let over_budget = |action: FailureAction| {
            let services = 0..self.plan().services.len();
            services.into_iter().any(|service| self.is_over_budget(service, action))
        };
        if over_budget(FailureAction::Rollback) && !self.plan().keep_going {
            Course::Unwind
        } else if over_budget(FailureAction::Pause) {
            Course::Pause
        } else {
            Course::Go
        }
    }

    fn is_over_budget(&self, service: usize, action: FailureAction) -> bool {
        let of = &self.plan().services[service];
        let failed = self.failed.iter().filter(|failed| failed.service == service).count();
        of.policy.failure_action == action && of.policy.is_exceeded(failed, of.replacements.len())
    }

    /// The replicas that get their old containers back while others go on: those that failed, and
    /// with `keep_going` all of a service that failed and of those that depend on it. Replicas that
    /// live together share their fate: no old one can live in a new one, and no new one in an old
    /// one.
    #[must_use]
    pub fn given_up(&self) -> BTreeSet<ReplacementId> {
        let mut given_up = self.failed.clone();
        let services = self.services_given_up();
        let is_given_up = |of: &ReplacementId| services.contains(&of.service);
        given_up.extend(self.plan().replacements().filter(is_given_up));
        spread(&mut given_up, &self.bonds());
        given_up
    }

    /// `(if this one is given up, so is that one)`.
    fn bonds(&self) -> Vec<(ReplacementId, ReplacementId)> {
        let mut bonds = Vec::new();
        for of in self.plan().replacements() {
            let pair = self.plan().replacement(of);
            for host in &pair.shares {
                bonds.push((*host, of));
                bonds.extend(pair.old.as_ref().map(|_| (of, *host)));
            }
        }
        bonds
    }

    /// Names of the services that run nothing new, so that the files go on saying what they say.
    #[must_use]
    pub fn services_left_old(&self) -> Vec<String> {
        let given_up = self.given_up();
        let all = self.plan().services.iter().enumerate();
        let is_given_up = |service: usize| {
            let mut of = self.plan().replacements().filter(|of| of.service == service);
            of.all(|of| given_up.contains(&of))
        };
        all.filter(|(index, _)| is_given_up(*index)).map(|(_, one)| one.service.clone()).collect()
    }

    fn services_given_up(&self) -> BTreeSet<usize> {
        if !self.plan().keep_going {
            return BTreeSet::new();
        }
        let services = 0..self.plan().services.len();
        let failed = services.filter(|one| self.is_over_budget(*one, FailureAction::Rollback));
        let mut given_up = failed.collect();
        let bonds = self.bonds();
        let mut rules: Vec<(usize, usize)> =
            bonds.iter().map(|(one, other)| (one.service, other.service)).collect();
        for (index, service) in self.plan().services.iter().enumerate() {
            rules.extend(service.depends_on.iter().map(|needed| (*needed, index)));
        }
        spread(&mut given_up, &rules);
        given_up
    }

    /// Whether the whole of a service failed and was taken back while others went on.
    #[must_use]
    pub fn is_any_service_given_up(&self) -> bool {
        !self.services_given_up().is_empty()
    }
}

/// Adds all that follows by these rules from what is there.
fn spread<T: Ord + Copy>(set: &mut BTreeSet<T>, rules: &[(T, T)]) {
    let mut is_growing = !set.is_empty();
    while is_growing {
        is_growing = false;
        for (cause, effect) in rules {
            is_growing |= set.contains(cause) && set.insert(*effect);
        }
    }
}
