//! `.env` files and `env_file`s, each value with its place so that it can be edited there. No
//! library reads the grammar of Compose's own parser, and none tells where a value stands.

mod env_file;
mod grammar;
mod quoted;
mod raw;

pub use env_file::{Assignment, EnvFile, Format, parse, parse_after};
