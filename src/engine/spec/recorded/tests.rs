//! The cases, release by release.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use super::canonical::canonical;
use super::replay::{Replay, corpus, project, v1_project};
use super::v1::respell;

/// A case in which we differ on purpose, and why.
type Exception = (&'static str, &'static str);

#[test]
fn compose_2_40_on_engine_20_10() {
    assert_same("2.40.3@1.41", &[]);
}

#[test]
fn compose_2_40_on_engine_28() {
    assert_same("2.40.3@1.51", &[]);
}

/// Where files are read, 2.40 is followed.
const READ_AS_2_40: [Exception; 2] = [
    ("override_file", "earlier variables win over the project's in its env files"),
    ("yaml_date", "it takes dates without quotes"),
];

#[test]
fn compose_2_26_on_engine_20_10() {
    assert_same("2.26.1@1.41", &READ_AS_2_40);
}

#[test]
fn compose_2_26_on_engine_26() {
    let mac_address = ("strings_misc", "it loses a `mac_address`; we do not");
    let exceptions: Vec<Exception> = READ_AS_2_40.into_iter().chain([mac_address]).collect();
    assert_same("2.26.1@1.45", &exceptions);
}

#[test]
fn compose_1_29_on_engine_20_10() {
    assert_same("1.29.2@1.41", &[]);
}

fn assert_same(recorded_by: &str, exceptions: &[Exception]) {
    let mut differences = BTreeMap::new();
    for case in cases() {
        let recorded = recorded(&case, recorded_by);
        // Compose refused the case.
        if recorded.is_empty() {
            continue;
        }
        let found = compare(&case, recorded_by, &recorded);
        if !found.is_empty() {
            differences.insert(case, found);
        }
    }
    let differing: BTreeSet<&str> = differences.keys().map(String::as_str).collect();
    let expected: BTreeSet<&str> = exceptions.iter().map(|(case, _)| *case).collect();
    assert_eq!(differing, expected, "{differences:#?}");
}

fn cases() -> Vec<String> {
    let files = fs::read_dir(corpus().join("engine-calls")).unwrap();
    let names = files.map(|file| file.unwrap().path().file_stem().unwrap().to_owned());
    let mut cases: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    cases.sort();
    cases
}

/// The calls of a case, with the corpus where it lies here.
fn recorded(case: &str, recorded_by: &str) -> Vec<Value> {
    let text = fs::read_to_string(corpus().join("engine-calls").join(format!("{case}.json")));
    let here = format!("{}/", corpus().join("cases").display());
    let calls: Value = serde_json::from_str(&text.unwrap().replace("/corpus/", &here)).unwrap();
    calls.get(recorded_by).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// What Compose sends and we do not, and the other way round.
fn compare(case: &str, recorded_by: &str, recorded: &[Value]) -> Vec<String> {
    let project = match project(case) {
        Ok(project) => project,
        Err(error) => return vec![format!("not loaded: {error}")],
    };
    let is_v1 = recorded_by.starts_with('1');
    let v1 = match v1_project(case) {
        Err(error) if is_v1 => return vec![format!("not loaded: {error}")],
        v1 => v1.ok().filter(|_| is_v1),
    };
    let mut replay = Replay::new(&project, v1.as_ref(), recorded_by);
    let mut ours = Vec::new();
    for call in recorded {
        match replay.ours(call) {
            Ok(calls) => ours.extend(calls.iter().map(comparable)),
            Err(error) => return vec![error.to_string()],
        }
    }
    let mut recorded = recorded.to_vec();
    if is_v1 {
        for call in &mut recorded {
            respell(&mut call["body"]);
        }
    }
    let made = recorded.iter().filter(|call| !call["p"].as_str().unwrap().ends_with("/start"));
    let theirs: Vec<Value> = made.map(comparable).collect();
    let missing = theirs.iter().filter(|call| !ours.contains(call));
    let extra = ours.iter().filter(|call| !theirs.contains(call));
    let missing = missing.map(|call| format!("Compose sends {call}"));
    missing.chain(extra.map(|call| format!("we send {call}"))).collect()
}

pub(super) fn comparable(call: &Value) -> Value {
    let mut call = canonical("", call);
    if let Some(call) = call.as_object_mut() {
        call.remove("m");
    }
    call
}
