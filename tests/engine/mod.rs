//! The engine's backend, and a rollout through it.

mod backend;
mod detour;
mod faults;
mod lock;
mod rollout;
