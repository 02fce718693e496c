//! Reverse proxies: which one a container is, whom it sends requests to, and whether it learns by
//! itself of containers that come and go. Pure: what they say is handed in.
//!
//! A proxy finds containers in one of two ways. Some are told addresses (by labels or events) and
//! show them: then both ends of a replacement can be looked for. Others look up names; what matters
//! then is whether they look again in time.

mod caddy;
mod configuration;
mod haproxy;
mod kind;
mod names;
mod nginx;
mod traefik;

pub use configuration::Configuration;
pub use kind::Kind;
pub use names::{Lookup, Names};
