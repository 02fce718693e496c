//! Whole commands against an engine that fails on the wire.

mod stack;
mod upgrade;
