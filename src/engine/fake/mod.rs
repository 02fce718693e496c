//! An engine in memory, for tests: containers that behave as scripted, in tokio's time, with faults
//! before and after every effect.
//!
//! Nothing here runs in the background. Whatever is due by the clock happens when somebody calls,
//! or when an event stream wakes up for it, so that a test with paused time is exact.

mod behaviour;
mod container;
mod fault;
mod handle;
mod link;
mod verbs;
mod world;

pub use behaviour::Behaviour;
pub use container::Container;
pub use fault::{Call, Fault, How, Verb};
pub use handle::Fake;
pub use link::answering;
pub use world::World;
