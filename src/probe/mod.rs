//! Requests through the user's own front door while a rollout runs, and what became of them.
//!
//! They are sent in an open loop: at a fixed rate, whatever the answers take, each one late from the
//! moment it was due. Every request has a connection of its own, as a visitor who comes anew has:
//! a connection that is kept would hide that new ones are not accepted, and whether it was its end
//! or the server's that closed it would be a guess.

mod expect;
mod open_loop;
mod requests;
mod send;
mod tally;
mod target;
mod tls;

pub use expect::Expect;
pub use open_loop::{Probe, Setup};
pub use requests::{FailedRequest, Figures, Requests, Served};
pub use tally::{Exchange, Phase, Tally};
pub use target::{Header, Target, without_secrets};
