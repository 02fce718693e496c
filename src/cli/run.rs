//! Parses, resolves the settings, runs one command, shows its error, and says how it ended.

use std::panic::{self, PanicHookInfo};
use std::process::ExitCode;

use clap::Parser as _;

use super::args::{Command, CommandLine};
use super::settings::{DEFAULT_WIDTH, Settings, Surroundings};
use super::{completions, diagnostic, output};
use crate::error::{Error, ExitStatus};
use crate::report::style::Style;

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

fn run(command: &Command, _settings: &Settings) -> Result<ExitStatus, Error> {
    match command {
        Command::Completions { shell } => Ok(completions::run(*shell)),
        Command::Upgrade(_) | Command::Plan(_) => {
            Err(Error::Internal { message: "composeup cannot load a project yet".into() })
        }
    }
}

/// A panic in the words of an error. Its message is left out: it could hold a value of the user.
fn report_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let error = Error::Internal { message: format!("composeup stopped unexpectedly at {place}") };
    output::stderr(&diagnostic::render(&error, Style::PLAIN, DEFAULT_WIDTH));
}
