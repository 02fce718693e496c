//! The detour: while a container is replaced, everybody who may talk to it has a helper beside it
//! that sends new connections where they are answered. Until the new container is ready those for
//! its address go to the old one; from the cutover on those for the old address go to the new one,
//! and for some seconds after the old one is gone.

mod asker;
mod crew;
mod drain;
mod fleet;
mod image;
mod members;
mod proxies;
mod quiet;
mod routes;
mod spec;
mod talk;

pub use fleet::Fleet;
pub use members::own_address;
pub use proxies::Refreshed;
pub use quiet::Drained;
pub use routes::{Course, End, Other, Pair};
