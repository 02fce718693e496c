//! Parses, resolves the settings, runs one command, shows its error, and says how it ended.

use std::io;
use std::panic::{self, PanicHookInfo};
use std::process::ExitCode;

use clap::Parser as _;
use tokio::runtime::Builder;

use super::args::{Command, CommandLine};
use super::settings::{DEFAULT_WIDTH, Settings, Surroundings};
use super::{
    abort, check, completions, config, demo, diagnostic, history, output, plan, resume, rollback,
    scale, status, unlock, upgrade,
};
use crate::detour;
use crate::error::{Error, ExitStatus};
use crate::report::style::Style;
use crate::rollout::Cancel;

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    panic::set_hook(Box::new(report_panic));
    let status = match CommandLine::try_parse() {
        Ok(line) => panic::catch_unwind(|| start(&line)).unwrap_or(ExitStatus::Internal),
        Err(error) => {
            // Help and version come this way too; they are no errors.
            let status = if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Ok };
            let _ = error.print();
            status
        }
    };
    ExitCode::from(status.code())
}

fn start(line: &CommandLine) -> ExitStatus {
    let around = Surroundings::of_process();
    let settings = match around.and_then(|around| Settings::resolve(&line.global, &around)) {
        Ok(settings) => settings,
        Err(error) => {
            output::stderr(&diagnostic::render(&error, Style::PLAIN, DEFAULT_WIDTH));
            return error.exit_status();
        }
    };
    console::set_colors_enabled_stderr(settings.stderr.is_coloured());
    run(&line.command, &settings).unwrap_or_else(|error| {
        if settings.is_json() {
            output::stdout(&format!("{}\n", diagnostic::to_json(&error)));
        } else {
            output::stderr(&diagnostic::render(&error, settings.stderr, settings.width));
        }
        error.exit_status()
    })
}

fn run(command: &Command, settings: &Settings) -> Result<ExitStatus, Error> {
    match command {
        Command::Completions { shell } => Ok(completions::run(*shell)),
        Command::Config(args) => config::run(args, settings),
        Command::Plan(args) => on_engine(async |cancel| plan::run(args, settings, cancel).await),
        Command::Check(args) => on_engine(async |cancel| check::run(args, settings, cancel).await),
        Command::Upgrade(args) => {
            on_engine(async |cancel| Box::pin(upgrade::run(args, settings, cancel)).await)
        }
        Command::Scale(args) => {
            on_engine(async |cancel| Box::pin(scale::run(args, settings, cancel)).await)
        }
        Command::Status => on_engine(async |cancel| status::run(settings, cancel).await),
        Command::History(args) => {
            on_engine(async |cancel| history::run(args, settings, cancel).await)
        }
        Command::Rollback(args) => {
            on_engine(async |cancel| Box::pin(rollback::run(args, settings, cancel)).await)
        }
        Command::Resume(args) => {
            on_engine(async |cancel| Box::pin(resume::run(args, settings, cancel)).await)
        }
        Command::Unlock(args) => {
            on_engine(async |cancel| unlock::run(args, settings, cancel).await)
        }
        Command::Abort(args) => {
            on_engine(async |cancel| Box::pin(abort::run(args, settings, cancel)).await)
        }
        Command::Demo(args) => {
            on_engine(async |cancel| Box::pin(demo::run(args, settings, cancel)).await)
        }
        Command::DemoApp { answer } => {
            on_engine(async |cancel| demo::serve_app(answer, cancel).await)
        }
        Command::DemoCheck => on_engine(async |_| demo::check().await),
        Command::DemoProxy { upstream } => {
            on_engine(async |cancel| demo::serve_proxy(upstream, cancel).await)
        }
        Command::DetourHelper { table } => on_engine(async |cancel| {
            let served = detour::serve_process(table, cancel.requested(1)).await;
            let cannot = |error| Error::Internal { message: format!("cannot serve: {error}") };
            served.map(|()| ExitStatus::Ok).map_err(cannot)
        }),
    }
}

/// Runs a command that talks to an engine, on one thread; signals become requests to stop.
pub(super) fn on_engine<T>(
    command: impl AsyncFnOnce(&Cancel) -> Result<T, Error>,
) -> Result<T, Error> {
    let unforeseen = |error: io::Error| Error::Internal { message: error.to_string() };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(unforeseen)?;
    runtime.block_on(async {
        let cancel = Cancel::by_signals().map_err(unforeseen)?;
        command(&cancel).await
    })
}

/// A panic in the words of an error. Its message is left out: it could hold a value of the user.
fn report_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let error = Error::Internal { message: format!("composeup stopped unexpectedly at {place}") };
    output::stderr(&diagnostic::render(&error, Style::PLAIN, DEFAULT_WIDTH));
}
