//! Puts the terminal back as it was, whatever ends a question or a moving display.

use std::io::{self, Write as _};

use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// Shows the cursor.
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";

/// Remembers the modes of the terminal behind stdin; restores them and the cursor when dropped.
#[derive(Debug)]
pub(super) struct TerminalGuard {
    modes: Option<Termios>,
}

impl TerminalGuard {
    pub(super) fn new() -> Self {
        // A process in the background would be stopped by a change of modes.
        let is_in_front = tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp());
        Self { modes: tcgetattr(io::stdin()).ok().filter(|_| is_in_front) }
    }

    /// Keeps the terminal from showing Ctrl-C as `^C`, which would push a moving display off its
    /// lines.
    pub(super) fn without_control_echo() -> Self {
        let guard = Self::new();
        if let Some(mut modes) = guard.modes.clone() {
            modes.local_modes.remove(LocalModes::ECHOCTL);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        }
        guard
    }

    /// Ends the line of a question that got no answer.
    pub(super) fn end_line(&self) {
        if self.modes.is_some() {
            let _ = io::stderr().write_all(b"\r\n");
        }
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
