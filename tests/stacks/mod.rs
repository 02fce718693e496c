//! Whole stacks, made by real Compose.

mod bringing_up;
