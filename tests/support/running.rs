//! The program while it runs: its events are read as they come, and signals sent in between.

use std::io::{BufRead as _, BufReader, Lines, Read as _};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::command::Done;
use super::stack::Stack;

/// An upgrade under way, with `--json`.
pub(crate) struct Running {
    child: Child,
    events: Lines<BufReader<ChildStdout>>,
    seen: String,
    start: Instant,
}

impl Running {
    /// Starts `composeup upgrade --yes` with these arguments.
    pub(crate) fn start(stack: &Stack, arguments: &[&str]) -> Self {
        let mut command = stack.composeup(&["upgrade", "--yes"]);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let events = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, events, seen: String::new(), start: Instant::now() }
    }

    /// Reads events until a step begins.
    pub(crate) fn wait_for_step(&mut self, step: &str) {
        self.wait_for(|event| event["kind"] == "step_started" && event["step"] == step);
    }

    /// Reads events until a step has ended well.
    pub(crate) fn wait_for_end_of_step(&mut self, step: &str) {
        self.wait_for(|event| event["kind"] == "step_finished" && event["step"] == step);
    }

    /// Reads events until one of this kind.
    pub(crate) fn wait_for_kind(&mut self, kind: &str) {
        self.wait_for(|event| event["kind"] == kind);
    }

    /// Reads events until the n-th step begins; `false` if it ends before.
    pub(crate) fn reaches_step(&mut self, nth: usize) -> bool {
        let mut begun = 0;
        self.reads_until(|event| {
            begun += usize::from(event["kind"] == "step_started");
            begun == nth
        })
    }

    fn wait_for(&mut self, wanted: impl FnMut(&Value) -> bool) {
        assert!(self.reads_until(wanted), "ended before that event:\n{}", self.seen);
    }

    fn reads_until(&mut self, mut wanted: impl FnMut(&Value) -> bool) -> bool {
        for line in self.events.by_ref() {
            let line = line.unwrap();
            self.seen += &line;
            self.seen += "\n";
            if wanted(&serde_json::from_str(&line).unwrap()) {
                return true;
            }
        }
        false
    }

    /// Sends a signal.
    pub(crate) fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Kills it, so that it can do nothing more.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Reads to the end.
    pub(crate) fn finish(mut self) -> Done {
        for line in self.events.by_ref() {
            self.seen += &line.unwrap();
            self.seen += "\n";
        }
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let code = self.child.wait().unwrap().code().unwrap();
        Done { code, stdout: self.seen, stderr, took: self.start.elapsed() }
    }
}
