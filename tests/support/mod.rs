//! What the tests stand on.

pub(crate) mod client;
pub(crate) mod command;
pub(crate) mod compose;
pub(crate) mod corpus;
pub(crate) mod daemon;
pub(crate) mod engine;
pub(crate) mod events;
pub(crate) mod images;
pub(crate) mod private_engine;
pub(crate) mod recorder;
pub(crate) mod replicas;
pub(crate) mod running;
pub(crate) mod stack;
pub(crate) mod state;
pub(crate) mod tap;
