//! Writes to the standard streams. A closed pipe never stops a command half way.

use std::io::{self, Write as _};

/// Data.
pub(super) fn stdout(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Everything else.
pub(super) fn stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
