//! When a new container counts as ready: the verdict (pure) and the wait around it.
//!
//! The engine asks a HEALTHCHECK only every `interval`, often 30 s. composeup listens to the
//! engine's verdict *and* runs the same command itself every half second, so that a container that
//! boots in 2 s is ready after 2 s. The engine's own `unhealthy` still fails the rollout.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use super::failure::end_of_check;
use crate::engine::api::{
    ContainerId, ContainerState, EventStream, Exec, ExecResult, Healthcheck, Inspection,
};
use crate::engine::persist::persist;
use crate::engine::{Engine, EngineError};
use crate::plan::steps::Readiness;
use crate::text;

/// How often composeup asks the HEALTHCHECK itself.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// The engine itself asks often enough up to this `interval`.
const PROMPT_INTERVAL: Duration = Duration::from_secs(1);
/// What one look at a container says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It serves.
    Ready,
    /// Not yet; the text says what it waits for.
    Waiting(String),
    /// It never will; the text says why.
    Failed(String),
}

/// Judges a container by its state alone. `has_check` says whether it runs under a HEALTHCHECK;
/// without one it is never `Ready` here, since time decides that.
#[must_use]
pub fn verdict(state: &ContainerState, has_check: bool) -> Verdict {
    if state.oom_killed {
        return Verdict::Failed("it was killed because it ran out of memory".into());
    }
    if state.restarting || state.restart_count > 0 {
        let code = state.exit_code;
        return Verdict::Failed(format!("it ended with exit code {code} and keeps restarting"));
    }
    match state.status.as_str() {
        "exited" | "dead" | "removing" => {
            return Verdict::Failed(format!("it ended with exit code {}", state.exit_code));
        }
        "paused" => return Verdict::Waiting("it is paused".into()),
        _ if !state.running => return Verdict::Waiting("it is starting".into()),
        _ => {}
    }
    let health = state.health.as_ref().map(|health| health.status.as_str());
    match health {
        Some("healthy") => Verdict::Ready,
        Some("unhealthy") => Verdict::Failed("its healthcheck says unhealthy".into()),
        _ if has_check => Verdict::Waiting("its healthcheck has not passed yet".into()),
        _ => Verdict::Waiting("it runs; it has no healthcheck".into()),
    }
}

/// Why a wait ended without a ready container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotReady {
    /// The container failed, or its deadline passed.
    Container(String),
    /// The engine could not be asked.
    Engine(String),
}

/// Waits until the container is ready and `answers` has ended well, at most `rule.timeout`; then it
/// must run on for `rule.settle`. `said` always holds what it waits for at the moment.
///
/// # Errors
///
/// [`NotReady`] as soon as it is certain that the container will not be ready in time.
pub async fn await_ready(
    engine: &impl Engine,
    id: &ContainerId,
    rule: &Readiness,
    said: &RefCell<String>,
    answers: impl Future<Output = Result<(), NotReady>>,
) -> Result<(), NotReady> {
    let deadline = sleep(rule.timeout);
    let is_ready = watch_and_ask(engine, id, rule, said, answers);
    tokio::select! {
        biased;
        end = is_ready => end?,
        () = deadline => {
            let after = text::duration(rule.timeout);
            let what = said.borrow();
            return Err(NotReady::Container(format!("it was not ready within {after}: {what}")));
        }
    }
    if rule.settle.is_zero() {
        return Ok(());
    }
    *said.borrow_mut() = "it is ready and has to stay so for a while".into();
    monitor(engine, id, rule.settle).await
}

/// Both at once. A container that is ready is watched until it has answered, too.
async fn watch_and_ask(
    engine: &impl Engine,
    id: &ContainerId,
    rule: &Readiness,
    said: &RefCell<String>,
    answers: impl Future<Output = Result<(), NotReady>>,
) -> Result<(), NotReady> {
    let answered = Notify::new();
    let stays = async {
        watch(engine, id, rule, said).await?;
        tokio::select! {
            biased;
            () = answered.notified() => Ok(()),
            failed = failure(engine, id) => Err(failed),
        }
    };
    let answers = async {
        answers.await?;
        answered.notify_one();
        Ok(())
    };
    tokio::try_join!(stays, answers)?;
    Ok(())
}

/// Watches a ready container for `window`; a failure in it still counts.
///
/// # Errors
///
/// [`NotReady`] as soon as it has failed.
pub async fn monitor(
    engine: &impl Engine,
    id: &ContainerId,
    window: Duration,
) -> Result<(), NotReady> {
    let end = Instant::now() + window;
    tokio::select! {
        biased;
        failed = failure(engine, id) => Err(failed),
        () = sleep_until(end) => Ok(()),
    }
}

/// Ends when the container has failed, or the engine cannot be asked.
async fn failure(engine: &impl Engine, id: &ContainerId) -> NotReady {
    match persist(async || fails(engine, id).await).await {
        Ok(why) => NotReady::Container(why),
        Err(error) => NotReady::Engine(error.to_string()),
    }
}

/// Ends when the container has failed, with the reason.
async fn fails(engine: &impl Engine, id: &ContainerId) -> Result<String, EngineError> {
    let mut events = engine.events(id).await?;
    loop {
        match engine.container(&id.0).await? {
            None => return Ok("it was removed by somebody else".into()),
            Some(seen) => {
                if let Verdict::Failed(why) = verdict(&seen.state(), false) {
                    return Ok(why);
                }
            }
        }
        next_change(&mut events).await?;
    }
}

/// Looks at the container whenever the engine says that something happened to it.
async fn watch(
    engine: &impl Engine,
    id: &ContainerId,
    rule: &Readiness,
    said: &RefCell<String>,
) -> Result<(), NotReady> {
    let mut first_seen_running = None;
    let watched = persist(async || {
        let once = watch_once(engine, id, rule, said, &mut first_seen_running).await;
        once.inspect_err(|error| *said.borrow_mut() = error.to_string())
    });
    match watched.await {
        Ok(end) => end.map_err(NotReady::Container),
        Err(error) => Err(NotReady::Engine(error.to_string())),
    }
}

/// One subscription: subscribe first, then look, so that nothing falls between the two.
async fn watch_once(
    engine: &impl Engine,
    id: &ContainerId,
    rule: &Readiness,
    said: &RefCell<String>,
    running_since: &mut Option<Instant>,
) -> Result<Result<(), String>, EngineError> {
    // Whoever answers has to run, and for no time.
    let ready_after = if rule.asked.is_some() { Duration::ZERO } else { rule.ready_after };
    let mut events = engine.events(id).await?;
    loop {
        let Some(seen) = engine.container(&id.0).await? else {
            return Ok(Err("it was removed by somebody else".into()));
        };
        let check = seen.healthcheck();
        match verdict(&seen.state(), check.is_some()) {
            Verdict::Ready => return Ok(Ok(())),
            Verdict::Failed(why) => return Ok(Err(why)),
            Verdict::Waiting(what) => *said.borrow_mut() = what,
        }
        if seen.state().running {
            running_since.get_or_insert_with(Instant::now);
        }
        tokio::select! {
            biased;
            event = next_change(&mut events) => event?,
            () = passes(engine, &seen, check.as_ref(), said) => return Ok(Ok(())),
            () = has_run(*running_since, ready_after, check.is_some()) => {
                return confirm_running(engine, id).await;
            }
        }
    }
}

/// The next event that changes the verdict; the end of the stream is an error, as after it nothing
/// would be heard. (Every run of a health command is an event too, and changes nothing.)
async fn next_change(events: &mut EventStream) -> Result<(), EngineError> {
    loop {
        match events.next().await {
            Some(Ok(event)) if event.action.starts_with("exec_") => {}
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) => return Err(error),
            None => return Err(EngineError::Dropped { call: "the event stream".into() }),
        }
    }
}

/// Ends when the container's own health command succeeds; never without one. Until then `said`
/// tells how it failed, as the engine's own log may have nothing for a whole `interval`.
async fn passes(
    engine: &impl Engine,
    seen: &Inspection,
    check: Option<&Healthcheck>,
    said: &RefCell<String>,
) {
    let is_needed = |check: &&Healthcheck| check.interval > PROMPT_INTERVAL && seen.state().running;
    let Some(check) = check.filter(is_needed) else {
        return std::future::pending().await;
    };
    let command = Exec::of(health_command(seen, check));
    let mut tick = interval(PROBE_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        // A probe that cannot be run is no verdict: the engine's own one and the deadline remain.
        match engine.exec(&seen.id(), &command, check.timeout).await {
            Ok(end) if end.exit_code == 0 => return,
            Ok(end) => *said.borrow_mut() = failed_check(&end),
            Err(_) => {}
        }
    }
}

/// One line: how the health command failed, and the last thing it wrote.
fn failed_check(end: &ExecResult) -> String {
    let last = end.output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    format!("its healthcheck {}", end_of_check(end.exit_code, last.trim()))
}

/// Ends when a container without HEALTHCHECK has run for long enough; never with one.
async fn has_run(since: Option<Instant>, ready_after: Duration, has_check: bool) {
    match since {
        Some(since) if !has_check => sleep_until(since + ready_after).await,
        _ => std::future::pending().await,
    }
}

async fn confirm_running(
    engine: &impl Engine,
    id: &ContainerId,
) -> Result<Result<(), String>, EngineError> {
    let Some(seen) = engine.container(&id.0).await? else {
        return Ok(Err("it was removed by somebody else".into()));
    };
    match verdict(&seen.state(), false) {
        Verdict::Failed(why) => Ok(Err(why)),
        _ => Ok(Ok(())),
    }
}

/// The words to execute for a HEALTHCHECK: `CMD-SHELL` goes through the image's own shell.
fn health_command(seen: &Inspection, check: &Healthcheck) -> Vec<String> {
    let (kind, words) =
        check.test.split_first().map_or(("CMD", &[][..]), |(kind, words)| (kind.as_str(), words));
    if kind != "CMD-SHELL" {
        return words.to_vec();
    }
    let shell = seen.0.pointer("/Config/Shell").and_then(serde_json::Value::as_array);
    let mut command: Vec<String> = shell.map_or_else(
        || vec!["/bin/sh".into(), "-c".into()],
        |words| words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect(),
    );
    command.extend(words.iter().cloned());
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::api::Health;

    fn running() -> ContainerState {
        ContainerState {
            status: "running".into(),
            running: true,
            restarting: false,
            oom_killed: false,
            exit_code: 0,
            error: String::new(),
            restart_count: 0,
            health: None,
        }
    }

    fn with_health(status: &str) -> ContainerState {
        ContainerState {
            health: Some(Health { status: status.into(), log: Vec::new() }),
            ..running()
        }
    }

    #[test]
    fn a_healthy_container_is_ready_and_an_unhealthy_one_never_will_be() {
        assert_eq!(verdict(&with_health("healthy"), true), Verdict::Ready);
        assert!(matches!(verdict(&with_health("starting"), true), Verdict::Waiting(_)));
        assert!(matches!(verdict(&with_health("unhealthy"), true), Verdict::Failed(_)));
    }

    #[test]
    fn without_a_healthcheck_running_is_not_yet_ready() {
        assert!(matches!(verdict(&running(), false), Verdict::Waiting(_)));
    }

    #[test]
    fn an_end_a_restart_or_a_kill_for_memory_is_a_failure_at_once() {
        let ended =
            ContainerState { status: "exited".into(), running: false, exit_code: 3, ..running() };
        assert_eq!(verdict(&ended, true), Verdict::Failed("it ended with exit code 3".into()));
        let again = ContainerState { restart_count: 1, exit_code: 1, ..running() };
        assert!(matches!(verdict(&again, true), Verdict::Failed(_)));
        let killed = ContainerState { oom_killed: true, ..running() };
        assert!(matches!(verdict(&killed, true), Verdict::Failed(_)));
    }
}
