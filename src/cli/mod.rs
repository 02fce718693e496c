//! The command line: arguments in, one command run, exit code out.

pub mod args;
mod check;
mod completions;
mod config;
mod demo;
pub mod diagnostic;
mod output;
mod plan;
pub mod prompt;
mod request;
mod run;
pub mod settings;
pub mod targets;
mod terminal;
mod upgrade;

pub use run::main;
