//! Which keys a compose file may have and of what form their values are. The shapes say what
//! Compose's own JSON schema says; what a schema cannot say is checked elsewhere.

mod check;
mod deploy;
mod file;
mod pattern;
mod service;
mod shape;

pub(super) use check::check;
