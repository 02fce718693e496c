//! The program as its users run it: whole commands, on stacks that real Compose made on a real
//! engine, judged by the state they leave; and the engine's backend on real and broken engines.
//!
//! `scripts/test` sets up what these tests need: a Docker Engine, real Compose in `target/compose`
//! and a static busybox. Where one is missing, they fail and say so.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "how a test fails"
)]

mod bad_input;
mod config;
mod differential;
mod engine;
mod lab;
mod stacks;
mod support;
mod upkeep;
mod wire;
