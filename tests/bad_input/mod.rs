//! Bad input of every kind: one clear error, the documented exit code, nothing changed.

mod case;
mod command_line;
mod engines;
mod files;
mod services;
mod syntax;
mod tags;
mod wishes;

use case::{Case, SHOP};
use insta::assert_snapshot;
