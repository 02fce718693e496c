//! What runs inside somebody's network namespace: composeup itself, in a helper container that may
//! change the network there and nothing else. It sends new connections from one address to
//! another, says which connections there are, closes those that rest, and asks others from there.
//!
//! Whatever it sets goes with it: the kernel drops its table when its socket closes, and it ends
//! by itself when nobody speaks to it any more, or after the time that it was told to stay.

mod diag;
mod ends;
mod fetch;
mod namespace;
mod neighbours;
mod netlink;
mod protocol;
mod ruleset;
mod serve;
mod tracking;

pub use namespace::{Kernel, Namespace};
pub use protocol::{Answer, Command, Connection, Detour, Fetch, Refusal};
pub use serve::{BEAT_EVERY, SILENCE, serve, serve_process};
