//! Our calls against the ones real Compose made for the same files.

mod alone;
mod canonical;
mod replay;
mod tests;
mod v1;
