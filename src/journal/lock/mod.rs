//! One run at a time per project and engine, whoever starts it, from whatever machine.
//!
//! The lock is a labelled volume on the engine, since two people can drive one engine from two
//! machines. To create a volume is a test-and-set: the first create wins, and later ones leave its
//! labels as they are, so whoever finds its own token on the volume afterwards holds the lock.
//!
//! To remove a volume is not: between a look and the removal it may have become somebody else's.
//! So only the holder removes its own lock, and whoever takes over another one's holds, meanwhile, a
//! second lock that is named after the token of the first: the guard. Tokens never come again, so a
//! guard that somebody left who died is of no use to anybody once the lock has another holder.
//!
//! A lock file beside the journal keeps two runs on the same files apart as well, where they are on
//! different engines.

mod engine_lock;
mod error;
mod holder;
mod local;
mod process;
#[cfg(test)]
mod sample;
mod wait;

pub use engine_lock::{acquire, holder, release, take_over};
pub use error::LockError;
pub use holder::Holder;
pub use local::LockFile;
pub use process::{Fate, Process};
pub use wait::acquire_within;
