//! The pure mapping from a service to the calls Compose would make for it.
//!
//! Everything follows what `docker compose` (v2) and `docker-compose` (v1) send, release by
//! release; [`release`] lists where releases differ. Recorded calls of the real ones are the test.

mod container;
mod devices;
mod error;
mod file_refs;
#[cfg(test)]
mod fixture;
mod health;
mod hooks;
mod host;
mod input;
mod keys;
mod labels;
mod links;
mod mounts;
mod network;
mod object;
mod peers;
mod ports;
mod project_objects;
mod proxies;
pub mod release;
mod resources;
mod restart;
mod security;
mod style;
mod v1;

pub use container::container_spec;
pub use error::SpecError;
pub use hooks::{post_start, pre_stop};
pub use input::{Peer, SpecInput};
pub use project_objects::{network_body, volume_body};
pub use style::{Separator, Style, final_name};
pub use v1::AFFINITY;

#[cfg(test)]
mod recorded;
