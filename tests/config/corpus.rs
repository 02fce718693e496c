//! The same words about every case of the corpus.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::command::composeup;
use crate::support::compose::Compose;
use crate::support::corpus::{cases, prepare};

/// What a command prints about a case, or the code it fails with.
fn printed(mut command: Command, case: &Path, words: &[&str]) -> Result<String, Option<i32>> {
    prepare(&mut command, case);
    let output = command.arg("config").args(words).output().unwrap();
    if !output.status.success() {
        return Err(output.status.code());
    }
    Ok(String::from_utf8(output.stdout).unwrap())
}

/// The cases about which ours and Compose's words differ. Where Compose fails, we exit with 3.
fn differing(words: &[&str], is_same: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let differs = |case: &PathBuf| {
        let theirs = printed(Compose::V2_40.command(case), case, words);
        match (printed(composeup(), case, words), theirs) {
            (Ok(ours), Ok(theirs)) => !is_same(&ours, &theirs),
            (Err(code), Err(_)) => code != Some(3),
            _ => true,
        }
    };
    let cases = cases().into_iter().filter(differs);
    cases.map(|case| case.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn the_json_is_the_same_text() {
    let same = |ours: &str, theirs: &str| ours.trim_end() == theirs;
    assert_eq!(differing(&["--format", "json"], same), Vec::<String>::new());
}

#[test]
fn the_yaml_is_the_same_text() {
    let same = |ours: &str, theirs: &str| ours == theirs;
    assert_eq!(differing(&[], same), Vec::<String>::new());
}

#[test]
fn services_images_profiles_and_hashes_are_the_same_lines() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hash-corpus/cases/profiles");
    let lines = |command: Command, words: &[&str]| {
        let text = printed(command, &case, words).unwrap();
        // Compose prints images in random order.
        text.lines().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    for words in [&["--services"][..], &["--images"], &["--profiles"], &["--hash", "*"]] {
        let theirs = lines(Compose::V2_40.command(&case), words);
        let of_2_40 = if words[0] == "--hash" { &["--generation", "2.40"][..] } else { &[] };
        assert_eq!(lines(composeup(), &[words, of_2_40].concat()), theirs, "{words:?}");
    }
}
