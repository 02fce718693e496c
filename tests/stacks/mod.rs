//! Whole stacks, made by real Compose.

mod failing;
mod interrupting;
mod upgrading;
