//! `composeup unlock`: shows who has the project locked, asks, and unlocks it.

use serde_json::{Value, json};

use super::args::UnlockArgs;
use super::lock::give_back;
use super::output;
use super::prompt::{confirm, prompter};
use super::request::connect;
use super::runs::Runs;
use super::settings::Settings;
use crate::error::{Error, ExitStatus};
use crate::journal::lock::{Fate, Holder, holder, take_over};
use crate::report::event::EVENT_VERSION;
use crate::rollout::Cancel;

/// Unlocks, if somebody says yes.
pub(super) async fn run(
    args: &UnlockArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let project = Runs::of(settings)?.project;
    let looked = async {
        let engine = connect(settings).await?;
        let holder = holder(&engine, &project).await?;
        Ok((engine, holder))
    };
    let (engine, present) = cancel.guard(looked).await?;
    let Some(present) = present else {
        tell(settings, &json(&project, None), &format!("project `{project}` is not locked\n"));
        return Ok(ExitStatus::Ok);
    };
    if !settings.is_json() {
        output::stderr(&describe(&project, &present));
    }
    if !args.yes {
        let question = format!("Unlock {project}?");
        confirm(prompter(settings, "--yes"), question, cancel).await?;
    }
    // Taken over first: somebody who gets it at the same moment keeps it.
    let me = Holder::this_process(&present.run, &settings.user, "unlock");
    take_over(&engine, &project, &present, &me).await?;
    give_back(&engine, &project, &me).await;
    tell(settings, &json(&project, Some(&present)), &format!("project `{project}` is unlocked\n"));
    Ok(ExitStatus::Ok)
}

fn tell(settings: &Settings, json: &Value, text: &str) {
    if settings.is_json() {
        output::stdout(&format!("{json}\n"));
    } else {
        output::stderr(text);
    }
}

/// Everything that helps to decide.
fn describe(project: &str, holder: &Holder) -> String {
    let Holder { run, user, command, since, process, .. } = holder;
    let fate = match holder.fate() {
        Fate::Alive => "still runs",
        Fate::Dead => "is gone",
        Fate::Unknown => "may still run; that cannot be told from here",
    };
    format!(
        "project `{project}` is locked\n  by       {user} on {}\n  since    {since}\n  command  \
         composeup {command}\n  run      {run}\n  process  {}, which {fate}\n",
        process.host, process.pid
    )
}

/// `unlocked` is who had the lock.
fn json(project: &str, holder: Option<&Holder>) -> Value {
    let unlocked = holder.map(|holder| {
        let process = match holder.fate() {
            Fate::Alive => "alive",
            Fate::Dead => "dead",
            Fate::Unknown => "unknown",
        };
        json!({
            "user": holder.user,
            "host": holder.process.host,
            "pid": holder.process.pid,
            "process": process,
            "command": holder.command,
            "since": holder.since,
            "run": holder.run,
        })
    });
    json!({ "v": EVENT_VERSION, "kind": "unlock", "project": project, "unlocked": unlocked })
}
