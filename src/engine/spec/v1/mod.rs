//! What Compose v1 sends for a container. It sends it through docker-py, and out of files that it
//! reads by rules of its own: nothing here looks at the model that v2 is mapped from.

mod container;
mod devices;
mod host;
mod mounts;
mod networks;
mod peers;
mod ports;
mod resources;
mod value;
mod words;

pub use container::AFFINITY;
pub(super) use container::container_spec;
