//! Commands that see nothing of the tester's own settings.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A command without standard input and without the variables that change what it does or shows.
pub(crate) fn scrubbed(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let shows = ["NO_COLOR", "FORCE_COLOR", "TERM", "CI"].contains(&&*name);
        let means =
            ["CLICOLOR", "COMPOSE", "DOCKER_DEFAULT"].iter().any(|start| name.starts_with(start));
        if shows || means {
            command.env_remove(&*name);
        }
    }
    command
}

/// The program under test.
pub(crate) fn composeup() -> Command {
    let mut command = scrubbed(Path::new(env!("CARGO_BIN_EXE_composeup")));
    command.env("COMPOSEUP_STATE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("state"));
    command
}

/// How a command ended.
pub(crate) struct Done {
    /// Exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Done {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        let start = Instant::now();
        let out = loop {
            match command.output() {
                // A test beside this one forked while the executable was being copied.
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => thread::yield_now(),
                end => break end.unwrap(),
            }
        };
        Self { took: start.elapsed(), ..out.into() }
    }
}

/// A command whose start nobody noted: as if it had taken no time.
impl From<Output> for Done {
    fn from(out: Output) -> Self {
        Self {
            code: out.status.code().expect("ended by a signal"),
            stdout: String::from_utf8(out.stdout).unwrap(),
            stderr: String::from_utf8(out.stderr).unwrap(),
            took: Duration::ZERO,
        }
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, stdout, stderr, .. } = self;
        write!(f, "exit {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}
