//! Whole stacks, made by real Compose.

mod asking;
mod breaking;
mod checking;
mod demo;
mod failing;
mod going_back;
mod hooks;
mod interrupting;
mod killing;
mod leading;
mod locking;
mod only_v1;
mod only_v2_26;
mod proving;
mod scaling;
mod sharing;
mod staying_down;
mod surviving;
mod upgrading;
mod wishing;
