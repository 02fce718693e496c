//! The engine's backend.

mod backend;
mod faults;
