//! The command line: arguments in, one command run, exit code out.

pub mod args;
mod completions;
pub mod diagnostic;
mod output;
pub mod prompt;
mod run;
pub mod settings;
pub mod targets;
mod terminal;

pub use run::main;
