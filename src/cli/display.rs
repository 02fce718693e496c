//! Where the events of a rollout go.

use std::io;
use std::time::Instant;

use indicatif::ProgressDrawTarget;

use super::settings::{Progress, Settings};
use super::terminal::TerminalGuard;
use crate::report::Reporter;
use crate::report::json::Json;
use crate::report::live::{Live, Screen};
use crate::report::plain::Plain;
use crate::report::quiet::Quiet;

/// How many times a second the moving display may be drawn.
const DRAWS_PER_SECOND: u8 = 10;

/// The reporter that the settings ask for.
pub(super) fn reporter(settings: &Settings) -> Box<dyn Reporter> {
    let (style, width, height) = (settings.stderr, settings.width, settings.height);
    match settings.progress {
        Progress::Live => {
            let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
            let started = Instant::now();
            let clock = Box::new(move || started.elapsed());
            Box::new(Live::new(target, Screen { style, width, height }, clock))
        }
        Progress::Plain => Box::new(Plain::new(io::stderr(), style, width)),
        Progress::Json => Box::new(Json(io::stdout())),
        Progress::Quiet => Box::new(Quiet::new(io::stderr(), style, width)),
    }
}

/// Keeps `^C` out of the moving display for as long as it is held.
pub(super) fn terminal_guard(settings: &Settings) -> Option<TerminalGuard> {
    (settings.progress == Progress::Live).then(TerminalGuard::without_control_echo)
}
