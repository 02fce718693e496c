//! A Docker Engine that is none: the engine in memory behind the real HTTP API, on a socket of its
//! own, with faults on the wire. The real executable can be pointed at it.

pub(super) mod query;
pub(super) mod reply;
mod routes;
mod server;
mod trouble;

pub(crate) use server::Daemon;
pub(crate) use trouble::{Fault, Trouble};
