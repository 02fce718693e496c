//! Who answers in the place of a replica that is added or removed.

use super::steps::{Replacement, StandIn};
use crate::engine::api::{ContainerId, Inspection};

/// Names a stand-in for every replica that is added or removed: a container of the service that runs
/// on, else a replica that is replaced and so serves all the time.
pub(super) fn name_stand_ins(pairs: &mut [Replacement], containers: &[Inspection]) {
    let changes = |id: &ContainerId| {
        pairs.iter().any(|pair| pair.old.as_ref().is_some_and(|old| old.id == *id))
    };
    let mut stays = containers.iter().filter(|one| one.state().running && !changes(&one.id()));
    let container = stays.next().map(|one| StandIn::Container(one.id()));
    let replaced = pairs.iter().position(Replacement::is_replaced);
    let stand_in = container.or(replaced.map(StandIn::Replica));
    for pair in pairs.iter_mut().filter(|pair| !pair.is_replaced()) {
        pair.stand_in.clone_from(&stand_in);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::sample;

    /// One that is replaced, one that is removed and one that is added.
    fn pairs() -> Vec<Replacement> {
        let mut pairs = sample::plan(&[3]).services.remove(0).replacements;
        pairs[1].new = None;
        pairs[2].old = None;
        pairs
    }

    fn container(id: &str, is_running: bool) -> Inspection {
        Inspection(json!({ "Id": id, "State": { "Running": is_running } }))
    }

    #[test]
    fn one_that_runs_on_answers_for_those_that_come_and_go() {
        let mut all = pairs();
        name_stand_ins(&mut all, &[container("down", false), container("stays", true)]);
        let stays = Some(StandIn::Container(ContainerId("stays".into())));
        let named: Vec<_> = all.iter().map(|pair| pair.stand_in.clone()).collect();
        assert_eq!(named, [None, stays.clone(), stays]);
    }

    #[test]
    fn else_one_that_is_replaced_does() {
        let mut all = pairs();
        name_stand_ins(&mut all, &[]);
        assert_eq!(all[2].stand_in, Some(StandIn::Replica(0)));
        let mut none = pairs().split_off(1);
        name_stand_ins(&mut none, &[]);
        assert_eq!(none[0].stand_in, None, "nobody is left");
    }
}
