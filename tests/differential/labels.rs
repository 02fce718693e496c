//! The hash on the containers that real Compose makes, and the one that composeup foretells.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use composeup::labels;
use proptest::strategy::ValueTree as _;
use serde_json::Value;

use super::{project, side_by_side};
use crate::support::command::{Done, composeup};
use crate::support::compose::Compose;
use crate::support::corpus::{cases, prepare};
use crate::support::recorder::Recorder;

/// Random projects in an ordinary run.
const CASES: u64 = 40;
/// Releases of Compose, and the generation they are of.
const RELEASES: [(Compose, &str); 2] = [(Compose::V2_26, "2.26.1-4"), (Compose::V2_40, "2.40")];

/// The hash of each service.
type Hashes = BTreeMap<String, String>;

#[test]
fn composeup_foretells_the_labels_of_every_case_of_the_corpus() {
    let cases = cases();
    let told = side_by_side(cases.len() as u64, |case| {
        let folder: &PathBuf = &cases[usize::try_from(case).unwrap()];
        told(&folder.display(), folder, &|command| prepare(command, folder))
    });
    assert_told(&told, 2 * cases.len());
}

#[test]
fn composeup_foretells_the_labels_of_random_projects() {
    let told = side_by_side(CASES, |case| {
        let stack = project(case).current();
        let folder = tempfile::tempdir().unwrap();
        stack.write(folder.path());
        let arguments = stack.arguments();
        told(&format!("case {case}: {arguments:?}\n{}", stack.shown()), folder.path(), &|command| {
            command.current_dir(folder.path()).args(&arguments);
        })
    });
    assert_told(&told, 2 * usize::try_from(CASES).unwrap());
}

/// Values of an `env_file` see other variables of the service since 2.35 alone, and win over
/// those outside before it.
#[test]
fn composeup_foretells_what_the_values_of_an_env_file_refer_to() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        (
            "compose.yaml",
            "services:\n  a: {image: a, env_file: [one.env, two.env], environment: {X: own, Y: own, Z: own}}\n",
        ),
        ("one.env", "R=${X}\nY=file\nS=${Y}\nW=one\n"),
        ("two.env", "T=${Y}\nU=${W}\nV=${Z}\n"),
        (".env", "Z=outside\nW=outside\n"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let told = told(&folder.path().display(), folder.path(), &|command| {
        command.current_dir(folder.path());
    });
    assert_told(&[told], 2);
}

/// What was compared of one project.
#[derive(Default)]
struct Told {
    /// Hashes.
    hashes: usize,
    /// What differs.
    differences: Vec<String>,
}

/// Each release makes the containers of a project, and composeup says what is written on them.
/// Where Compose stops half way, what it made until then counts.
fn told(what: &dyn Display, folder: &Path, prepare: &dyn Fn(&mut Command)) -> Told {
    let mut told = Told::default();
    for (compose, generation) in RELEASES {
        let engine = Recorder::start();
        let mut create = compose.command(folder);
        prepare(create.env("DOCKER_HOST", engine.host()));
        create.args(["create", "--no-build", "--pull", "never"]).output().unwrap();
        let theirs = created(&engine);
        let mut foretell = composeup();
        prepare(foretell.env("DOCKER_HOST", engine.host()));
        let words = ["config", "--hash", "*", "--label", "--generation", generation];
        let foretell = Done::of(foretell.args(words));
        let ours = printed(&foretell.stdout);
        if theirs.iter().any(|(service, hash)| ours.get(service) != Some(hash)) {
            told.differences
                .push(format!("--- {what}\n{compose:?} wrote {theirs:#?}, foretold: {foretell}"));
        }
        told.hashes += theirs.len();
    }
    told
}

/// The hashes on the containers that an engine was asked for.
fn created(engine: &Recorder) -> Hashes {
    let label = |body: &Value, name: &str| body["Labels"][name].as_str().unwrap().to_owned();
    let bodies = engine.created();
    let hashes =
        bodies.iter().map(|body| (label(body, labels::SERVICE), label(body, labels::CONFIG_HASH)));
    hashes.collect()
}

/// The hashes that composeup prints.
fn printed(text: &str) -> Hashes {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.map(|(service, hash)| (service.to_owned(), hash.to_owned())).collect()
}

fn assert_told(told: &[Told], least: usize) {
    let differences: Vec<&str> =
        told.iter().flat_map(|one| &one.differences).map(String::as_str).collect();
    assert!(differences.is_empty(), "{}\n{} differ", differences.join("\n"), differences.len());
    let hashes: usize = told.iter().map(|one| one.hashes).sum();
    assert!(hashes >= least, "only {hashes} hashes were compared");
}
