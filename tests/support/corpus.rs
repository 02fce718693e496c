//! The cases of the corpus, and how they are run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of every case.
pub(crate) fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hash-corpus/cases");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// Gives a command the folder, the arguments and the environment of a case.
pub(crate) fn prepare(command: &mut Command, case: &Path) {
    let read = |name: &str| fs::read_to_string(case.join(name)).unwrap_or_default();
    let (arguments, variables) = (read("ARGS"), read("ENV"));
    command.current_dir(case).args(arguments.split_whitespace());
    command.envs(variables.lines().filter_map(|line| line.split_once('=')));
}
