//! Why a step failed, with what a person needs to mend it.

use std::time::Duration;

use crate::engine::Engine;
use crate::engine::api::ContainerId;
use crate::journal::outcome::Failure;
use crate::plan::Plan;
use crate::plan::step_ref::{StepRef, step_ref};
use crate::plan::steps::Step;
use crate::text::duration;

/// How many lines of the failed container's log are shown.
const LOG_LINES: usize = 20;
/// How many outputs of the HEALTHCHECK are shown.
const HEALTH_LINES: usize = 3;

/// How many bytes of a command's output are shown at most.
const OUTPUT_SHOWN: usize = 4096;

/// Collects the health log and the last log lines of the container that failed, while it is there.
pub(super) async fn explain(
    engine: &impl Engine,
    plan: &Plan,
    new: Option<&ContainerId>,
    index: usize,
    reason: String,
) -> Failure {
    let mut failure = plain(&step_ref(plan, index), reason);
    let step = &plan.steps[index].step;
    if let Step::AwaitReady(of) | Step::Start(of) | Step::PostStart(of) | Step::Monitor(of) = *step
        && let Some(new) = new
    {
        failure.container = Some(plan.replacement(of).name().to_owned());
        failure.health_log = health_log(engine, new).await;
        failure.log = engine.logs(new, LOG_LINES).await.unwrap_or_default();
    }
    failure
}

/// What is known without looking.
pub(super) fn plain(step: &StepRef, reason: String) -> Failure {
    Failure {
        causes: vec![headline(step), reason],
        service: step.service.clone(),
        health_log: Vec::new(),
        container: None,
        log: Vec::new(),
        hints: Vec::new(),
    }
}

async fn health_log(engine: &impl Engine, new: &ContainerId) -> Vec<String> {
    let Ok(Some(seen)) = engine.container(&new.0).await else { return Vec::new() };
    let checks = seen.state().health.map(|health| health.log).unwrap_or_default();
    let failed = checks.iter().rev().filter(|(exit, _)| *exit != 0).take(HEALTH_LINES);
    let mut lines: Vec<String> = failed
        .map(|(exit, output)| format!("healthcheck {}", end_of_check(*exit, output)))
        .collect();
    lines.reverse();
    lines.dedup();
    lines
}

/// The way out if a step took all the time that its container has to become ready.
pub(super) fn deadline_hint(plan: &Plan, index: usize, took: Duration) -> Option<String> {
    let Step::AwaitReady(of) = plan.steps[index].step else { return None };
    let timeout = plan.services[of.service].readiness.timeout;
    let needs =
        format!("if the new version needs longer than {} to become ready", duration(timeout));
    (took >= timeout).then(|| format!("raise `--timeout` {needs}"))
}

/// How a health command ended, with what it wrote if it wrote anything.
pub(super) fn end_of_check(exit_code: i64, output: &str) -> String {
    let output = output.trim_end();
    match &output[..output.floor_char_boundary(OUTPUT_SHOWN)] {
        "" => format!("exited with {exit_code}"),
        output => format!("exited with {exit_code}: {output}"),
    }
}

/// A failure after the commit point: nothing changes for those served.
pub(super) fn after_commit(step: &StepRef, reason: &str) -> String {
    format!("{}: {reason}", headline(step))
}

/// A failure of the way back.
pub(super) fn of_undo(step: &StepRef, reason: &str) -> String {
    format!("could not take back `{}` of {}: {reason}", step.step, subject(step))
}

fn headline(step: &StepRef) -> String {
    let subject = subject(step);
    match step.step.as_str() {
        "create" | "provide" => format!("{subject} could not be created"),
        "start" => format!("{subject} could not be started"),
        hook @ ("post_start" | "pre_stop") => format!("a `{hook}` hook of {subject} failed"),
        "await_ready" => format!("{subject} did not become ready"),
        "switch" => format!("the proxy could not be switched to {subject}"),
        "switch_name" => format!("the proxy could not be told the name of {subject}"),
        "cutover" => format!("new connections could not be led to {subject}"),
        "detour" => format!("{subject} could not be handed over"),
        "verify" => format!("requests do not come to {subject}"),
        "monitor" => format!("{subject} was ready and failed soon after"),
        "commit" => "the files could not be written".into(),
        "stop" => format!("{subject} could not be stopped"),
        "remove" => format!("{subject} could not be removed"),
        _ => format!("the new container could not be renamed to {subject}"),
    }
}

fn subject(step: &StepRef) -> String {
    match &step.target {
        // What is provided names its kind itself.
        Some(name) if step.step == "provide" => name.clone(),
        Some(name) => format!("container `{name}`"),
        None => "the files".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_wrote_nothing_is_told_by_its_exit_code_alone() {
        assert_eq!(end_of_check(1, "\n"), "exited with 1");
        assert_eq!(end_of_check(7, "no answer\n"), "exited with 7: no answer");
    }
}
