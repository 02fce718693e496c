//! Commands on the machine that composeup runs on.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::failure::end_of_check;
use crate::text::duration;

/// How much of what a command wrote is read, in bytes.
const OUTPUT: u64 = 4096;

/// A command to run; its environment is composeup's own and a little more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCommand {
    /// Program and arguments; no shell reads them.
    pub words: Vec<String>,
    /// The folder it runs in.
    pub dir: PathBuf,
    /// Further variables.
    pub env: Vec<(&'static str, String)>,
    /// How long it may take; then it is killed.
    pub deadline: Duration,
}

/// Where commands are run.
pub trait Host {
    /// Runs a command to its end. Fails, with a lower-case fragment, if it cannot be started, does
    /// not end in time or ends with anything but 0.
    fn run<'a>(&'a self, command: &'a HostCommand) -> LocalBoxFuture<'a, Result<(), String>>;
}

/// This machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThisHost;

impl Host for ThisHost {
    fn run<'a>(&'a self, command: &'a HostCommand) -> LocalBoxFuture<'a, Result<(), String>> {
        Box::pin(run(command))
    }
}

async fn run(command: &HostCommand) -> Result<(), String> {
    let program = command.words.first().map_or("", String::as_str);
    let cannot = |error: io::Error| format!("`{program}` could not be run: {error}");
    // A file, since whoever the command leaves running may hold a pipe open for ever.
    let mut output = tempfile::tempfile().map_err(cannot)?;
    let mut child = start(command, &output).map_err(cannot)?;
    match timeout(command.deadline, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => {
            let text = last_of(&mut output).unwrap_or_default();
            Err(format!("`{program}` {}", end(status, &text)))
        }
        Ok(Err(error)) => Err(cannot(error)),
        Err(_) => {
            kill(&mut child).await;
            let text = last_of(&mut output).unwrap_or_default();
            let after = duration(command.deadline);
            Err(format!("`{program}` was killed after {after}{}", wrote(&text)))
        }
    }
}

/// A group of its own: Ctrl-C is for composeup, which then takes back what the command did.
fn start(command: &HostCommand, output: &File) -> io::Result<Child> {
    let (program, arguments) = command.words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    Command::new(program)
        .args(arguments)
        .current_dir(&command.dir)
        .envs(command.env.iter().map(|(name, value)| (*name, value.as_str())))
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

async fn kill(child: &mut Child) {
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(group) = group {
        // It may have ended just now.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait().await;
}

fn end(status: ExitStatus, output: &str) -> String {
    match status.code() {
        Some(code) => end_of_check(code.into(), output),
        None => format!("was killed{}", wrote(output)),
    }
}

fn wrote(output: &str) -> String {
    let output = output.trim();
    if output.is_empty() { String::new() } else { format!(": {output}") }
}

fn last_of(output: &mut File) -> io::Result<String> {
    let length = output.seek(SeekFrom::End(0))?;
    output.seek(SeekFrom::Start(length.saturating_sub(OUTPUT)))?;
    let mut bytes = Vec::new();
    output.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> HostCommand {
        HostCommand {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            dir: "/".into(),
            env: vec![("COMPOSEUP_SERVICE", "web".into())],
            deadline: Duration::from_secs(20),
        }
    }

    #[tokio::test]
    async fn a_command_has_its_variables_and_its_folder() {
        let script = r#"[ "$COMPOSEUP_SERVICE $PWD" = "web /" ]"#;
        assert_eq!(ThisHost.run(&command(&["sh", "-c", script])).await, Ok(()));
    }

    #[tokio::test]
    async fn a_command_that_fails_says_how_and_what_it_wrote() {
        let failed = async |words: &[&str]| ThisHost.run(&command(words)).await.unwrap_err();
        let script = "echo reading; echo 'unknown upstream' >&2; exit 3";
        let said = failed(&["sh", "-c", script]).await;
        assert_eq!(said, "`sh` exited with 3: reading\nunknown upstream");
        let said = failed(&["/no/such/program"]).await;
        assert!(said.starts_with("`/no/such/program` could not be run: No such file"), "{said}");
        let said = failed(&["sh", "-c", "kill -9 $$"]).await;
        assert_eq!(said, "`sh` was killed");
    }

    #[tokio::test]
    async fn a_command_that_does_not_end_is_killed_with_all_that_it_started() {
        let mut command = command(&["sh", "-c", "echo begun; sleep 600 & echo $!; wait"]);
        command.deadline = Duration::from_millis(500);
        let said = ThisHost.run(&command).await.unwrap_err();
        assert!(said.starts_with("`sh` was killed after 0.5s: begun\n"), "{said}");
        let child: i32 = said.lines().last().unwrap().parse().unwrap();
        let is_there = || {
            let state = std::fs::read_to_string(format!("/proc/{child}/stat"));
            state.is_ok_and(|state| !state.contains(") Z "))
        };
        for _ in 0..500 {
            if !is_there() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("process {child} goes on");
    }

    #[tokio::test]
    async fn whoever_it_leaves_running_is_not_waited_for() {
        let script = "sleep 30 & exit 0";
        let mut command = command(&["sh", "-c", script]);
        command.deadline = Duration::from_secs(20);
        assert_eq!(ThisHost.run(&command).await, Ok(()));
    }
}
