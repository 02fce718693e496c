//! Whole stacks, made by real Compose.

mod demo;
mod failing;
mod interrupting;
mod upgrading;
