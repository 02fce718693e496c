//! Whole commands against an engine that fails on the wire.

mod check;
mod stack;
mod unlock;
mod upgrade;
