//! The Docker Engine itself: bollard as the client, over a transport of our own.
//!
//! The transport puts the negotiated API version on every path and gives raw JSON beside bollard's
//! models. Whatever is read to be kept, or built by us, goes as raw JSON, since the models lose
//! what they do not know; bollard decodes the streams (pull, logs, exec) and sends the verbs that
//! carry no data.

mod attach;
mod backend;
mod classify;
mod client;
mod connect;
mod containers;
mod events;
mod exec;
mod files;
mod images;
mod logs;
mod networks;
mod raw;
mod transport;
mod version;
mod volumes;

pub use client::{Deadlines, Docker};
pub use connect::Address;
