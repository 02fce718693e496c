//! Commands that see nothing of the tester's own settings.

use std::path::Path;
use std::process::{Command, Stdio};

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
    scrubbed(Path::new(env!("CARGO_BIN_EXE_composeup")))
}
