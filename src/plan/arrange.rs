//! The order of steps: every new container is ready before its old one stops, and the files are
//! written before the last old one stops, so that up to the commit point there is a way back.

use super::steps::{ReplacementId, ServicePlan, Step};

/// All steps for these services, in order.
///
/// ```text
/// at the beginning   provide the networks and volumes that are missing
/// for each replica   create, start, await ready, then stop the old one
/// before the last    commit
/// old one stops
/// at the end         remove each old one, rename each new one
/// ```
#[must_use]
pub fn arrange(services: &[ServicePlan], resources: usize) -> Vec<Step> {
    let replacements: Vec<ReplacementId> = services
        .iter()
        .enumerate()
        .flat_map(|(service, of)| {
            (0..of.replacements.len()).map(move |index| ReplacementId { service, index })
        })
        .collect();
    let Some(last) = replacements.last().copied() else { return Vec::new() };
    let mut steps: Vec<Step> = (0..resources).map(Step::Provide).collect();
    for of in replacements.iter().copied() {
        steps.extend([Step::Create(of), Step::Start(of), Step::AwaitReady(of)]);
        if of == last {
            steps.push(Step::Commit);
        }
        if services[of.service].replacements[of.index].old.running {
            steps.push(Step::Stop(of));
        }
    }
    for of in replacements {
        steps.extend([Step::Remove(of), Step::Rename(of)]);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample;

    fn names(steps: &[Step]) -> Vec<String> {
        let name = |step: &Step| match step {
            Step::Provide(index) => format!("provide {index}"),
            Step::Create(of) => format!("create {}.{}", of.service, of.index),
            Step::Start(of) => format!("start {}.{}", of.service, of.index),
            Step::AwaitReady(of) => format!("await {}.{}", of.service, of.index),
            Step::Commit => "commit".into(),
            Step::Stop(of) => format!("stop {}.{}", of.service, of.index),
            Step::Remove(of) => format!("remove {}.{}", of.service, of.index),
            Step::Rename(of) => format!("rename {}.{}", of.service, of.index),
        };
        steps.iter().map(name).collect()
    }

    #[test]
    fn one_replica_is_ready_and_committed_before_the_old_one_stops() {
        let plan = sample::plan(&[1]);
        let order = [
            "create 0.0",
            "start 0.0",
            "await 0.0",
            "commit",
            "stop 0.0",
            "remove 0.0",
            "rename 0.0",
        ];
        assert_eq!(names(&arrange(&plan.services, 0)), order);
    }

    #[test]
    fn replicas_and_services_follow_each_other_and_only_the_last_comes_after_the_commit() {
        let plan = sample::plan(&[2, 1]);
        let order = [
            "create 0.0",
            "start 0.0",
            "await 0.0",
            "stop 0.0",
            "create 0.1",
            "start 0.1",
            "await 0.1",
            "stop 0.1",
            "create 1.0",
            "start 1.0",
            "await 1.0",
            "commit",
            "stop 1.0",
            "remove 0.0",
            "rename 0.0",
            "remove 0.1",
            "rename 0.1",
            "remove 1.0",
            "rename 1.0",
        ];
        assert_eq!(names(&arrange(&plan.services, 0)), order);
    }

    #[test]
    fn what_the_new_containers_need_comes_first() {
        let plan = sample::plan(&[1]);
        let steps = arrange(&plan.services, 2);
        assert_eq!(names(&steps)[..3], ["provide 0", "provide 1", "create 0.0"]);
    }

    #[test]
    fn an_old_container_that_does_not_run_is_not_stopped() {
        let mut plan = sample::plan(&[2]);
        plan.services[0].replacements[0].old.running = false;
        let steps = names(&arrange(&plan.services, 0));
        assert_eq!(steps.iter().filter(|step| step.starts_with("stop")).count(), 1);
        assert_eq!(steps[3], "create 0.1");
    }

    #[test]
    fn nothing_to_replace_is_no_step() {
        assert_eq!(arrange(&[], 0), []);
    }
}
