//! Puts the terminal back as it was, whatever ends a question.

use std::io::{self, Write as _};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// Shows the cursor.
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";

/// Remembers the modes of the terminal behind stdin; restores them and the cursor when dropped.
#[derive(Debug)]
pub(super) struct TerminalGuard {
    modes: Option<Termios>,
}

impl TerminalGuard {
    pub(super) fn new() -> Self {
        Self { modes: tcgetattr(io::stdin()).ok() }
    }
}

impl Drop for TerminalGuard {
    // Best effort: a terminal that is gone needs no care.
    fn drop(&mut self) {
        if let Some(modes) = &self.modes {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, modes);
            let _ = io::stderr().write_all(SHOW_CURSOR);
        }
    }
}
