//! The seam: the verbs composeup asks of an engine, and the values that cross it.
//!
//! What is read from the engine is kept as the raw JSON it sent ([`Inspection`], [`Image`],
//! [`Network`], [`Volume`]) with accessors on top, so that nothing is lost when a part of it goes
//! back. What is sent is built as JSON by [`crate::engine`]'s pure mapping.

mod exec;
mod healthcheck;
mod identity;
mod inspection;
mod json;
mod link;
mod objects;
mod restart;
mod spec;
mod verbs;

pub use exec::{Exec, ExecResult};
pub use healthcheck::{Healthcheck, healthcheck};
pub use identity::{ContainerId, EngineInfo};
pub use inspection::{ContainerState, Health, Inspection};
pub(in crate::engine) use json::string_map;
pub use link::Link;
pub use objects::{Image, Network, Volume};
pub use restart::RestartPolicy;
pub use spec::{Attachment, ContainerFile, ContainerSpec};
pub use verbs::{Engine, EngineEvent, EventStream, LayerProgress, RemovalStream};
