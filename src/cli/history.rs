//! `composeup history`: what happened to the project so far.

use super::args::HistoryArgs;
use super::output;
use super::request::connect;
use super::runs::Runs;
use super::settings::Settings;
use crate::engine::Engine;
use crate::error::{Error, ExitStatus};
use crate::journal::Past;
use crate::report::history::{HistoryText, history_json, run_json};
use crate::rollout::Cancel;

/// Prints the runs of the project, those of one service, or one run. Nothing is ever changed.
pub(super) async fn run(
    args: &HistoryArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let runs = Runs::of(settings)?;
    let text = HistoryText { style: settings.stdout, width: settings.width };
    if let Some(run) = &args.of
        && let Some(story) = runs.store.read(run)?
    {
        let past = Past::Told(Box::new(story.clone()));
        show(settings, &run_json(&past), &text.story(&story, args.logs));
        return Ok(ExitStatus::Ok);
    }
    if args.logs {
        return Err(unknown_run(args.of.as_deref()));
    }
    let looked = async {
        let engine = connect(settings).await?;
        past(&runs, &engine).await
    };
    let mut all = cancel.guard(looked).await?;
    if let Some(of) = &args.of {
        all.retain(|past| {
            past.run() == of || past.changes().iter().any(|change| change.service == *of)
        });
        if all.is_empty() {
            return Err(unknown_run(Some(of)));
        }
    }
    show(settings, &history_json(&runs.project, &all), &text.list(&all));
    if all.is_empty() {
        output::stderr(&format!("project `{}` has no history yet\n", runs.project));
    }
    Ok(ExitStatus::Ok)
}

/// Every run on this engine, the newest first.
pub(super) async fn past(runs: &Runs, engine: &impl Engine) -> Result<Vec<Past>, Error> {
    let look = runs.look(engine).await?;
    let mut all = look.seen();
    all.extend(runs.told(&look)?.into_iter().map(|story| Past::Told(Box::new(story))));
    // A journal tells more than labels do.
    all.sort_by(|a, b| b.run().cmp(a.run()).then_with(|| is_seen(a).cmp(&is_seen(b))));
    all.dedup_by(|later, earlier| later.run() == earlier.run());
    Ok(all)
}

fn is_seen(past: &Past) -> bool {
    matches!(past, Past::Seen { .. })
}

fn show(settings: &Settings, json: &serde_json::Value, text: &str) {
    if settings.is_json() {
        output::stdout(&format!("{json}\n"));
    } else {
        output::stdout(text);
    }
}

fn unknown_run(name: Option<&str>) -> Error {
    Error::Usage {
        message: match name {
            Some(name) => format!("there is no journal of a run `{name}`, nor of a service"),
            None => "`--logs` needs the run that is meant: `composeup history RUN --logs`".into(),
        },
    }
}
