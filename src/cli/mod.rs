//! The command line: arguments in, one command run, exit code out.

mod abort;
pub mod args;
mod check;
mod completions;
mod config;
mod demo;
pub mod diagnostic;
mod display;
mod history;
mod line;
mod lock;
mod output;
mod picture;
mod plan;
pub mod prompt;
mod proof;
mod reading;
mod request;
mod resume;
mod rollback;
mod run;
mod runs;
mod scale;
pub mod settings;
mod status;
pub mod targets;
mod terminal;
mod unlock;
mod upgrade;

pub use run::main;
