//! Holders for tests.

use super::{Holder, Process};

/// A holder whose process runs: this one.
pub(super) fn alive(user: &str) -> Holder {
    Holder::this_process("20261125-132400-4f2a", user, "upgrade web 1.9")
}

/// A holder whose process is gone: no process has so large an id.
pub(super) fn dead(user: &str) -> Holder {
    let process = Process { pid: i32::MAX.unsigned_abs(), ..Process::this() };
    Holder { process, ..alive(user) }
}
