//! `composeup completions SHELL`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::CommandLine;
use super::output;
use crate::error::ExitStatus;

/// Prints the completion script of a shell.
pub(super) fn run(shell: Shell) -> ExitStatus {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "composeup", &mut script);
    output::stdout(&String::from_utf8_lossy(&script));
    ExitStatus::Ok
}
