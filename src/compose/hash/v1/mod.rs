//! The config hash of Compose 1.29. It reads the files by rules of its own (YAML 1.1, other
//! variables, other merging), hashes what it made of a service as Python prints it, and counts
//! the image's id in.

mod duration;
mod env_file;
mod extends;
mod files;
mod hash;
mod interpolate;
mod merge;
mod ports;
mod service;
mod value;

pub use files::{Project, load};
pub use hash::Facts;
