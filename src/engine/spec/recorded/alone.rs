//! Projects that only v1 reads this way: how it makes and connects their containers. The files are
//! not read as v2 reads them; of the project only the names count.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::replay::Replay;
use super::tests::comparable;
use super::v1::respell;
use crate::compose::hash::v1;
use crate::compose::model::{Project, Service};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compose-1.29")
}

fn project(v1: &v1::Project) -> Project {
    let service = |name: &str| Service { name: name.to_owned(), ..Service::default() };
    Project {
        name: v1.name().to_owned(),
        services: v1.services().map(|name| (name.to_owned(), service(name))).collect(),
        ..Project::default()
    }
}

/// What v1 sends and we do not, and the other way round.
fn differences(case: &str, recorded: &mut [Value]) -> Vec<String> {
    let v1 = v1::load(&v1::case_options(case)).unwrap();
    let project = project(&v1);
    let mut replay = Replay::new(&project, Some(&v1), "1.29.2@1.41").with_named_ids();
    let mut ours = Vec::new();
    for call in &*recorded {
        match replay.ours(call) {
            Ok(calls) => ours.extend(calls.iter().map(comparable)),
            Err(error) => return vec![format!("{case}: {error}")],
        }
    }
    for call in &mut *recorded {
        respell(&mut call["body"]);
    }
    let theirs: Vec<Value> = recorded.iter().map(comparable).collect();
    let missing = theirs.iter().filter(|call| !ours.contains(call));
    let extra = ours.iter().filter(|call| !theirs.contains(call));
    let missing = missing.map(|call| format!("{case}: v1 sends {call}"));
    missing.chain(extra.map(|call| format!("{case}: we send {call}"))).collect()
}

#[test]
fn their_containers_are_made_and_connected_by_the_same_calls() {
    let here = format!("{}/", root().join("cases").display());
    let rows = fs::read_to_string(root().join("calls.jsonl")).unwrap().replace("/corpus/", &here);
    let mut all = Vec::new();
    for row in rows.lines() {
        let mut row: Value = serde_json::from_str(row).unwrap();
        let case = row["case"].as_str().unwrap().to_owned();
        let calls = row["calls"].as_array_mut().unwrap();
        all.extend(differences(&case, calls));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}
