//! The engine's backend, and a rollout through it.

mod backend;
mod faults;
mod rollout;
