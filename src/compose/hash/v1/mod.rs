//! Compose 1.29: how it reads the files, and its config hash. It reads them by rules of its own
//! (YAML 1.1, other variables, other merging, other keys), hashes what it made of a service as
//! Python prints it, and counts the image's id in.

#[cfg(test)]
mod cases;
mod checks;
mod duration;
mod env_file;
mod extends;
mod files;
mod finish;
mod format;
mod hash;
mod interpolate;
mod load;
mod merge;
mod modern;
mod mounts;
mod objects;
mod order;
mod ports;
mod project;
mod schema;
mod security;
mod service;
mod service_parts;
mod shapes;
mod size;
mod value;

pub use duration::nanoseconds;
pub(crate) use files::document;
pub use hash::Facts;
pub(crate) use load::find;
pub use load::load;
pub use project::Project;
pub use service_parts::{Reference, Secret, Service, VolumesFrom};
pub use size::bytes;
pub use value::{Dict, Py};

#[cfg(test)]
pub(crate) use cases::options as case_options;
