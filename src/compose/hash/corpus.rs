//! What real Compose answered for the corpus, and what we say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::digest::sha256;
use super::generation::Generation;
use super::service::{Shared, config_text, label_text};
use super::v1;
use crate::compose::LoadOptions;
use crate::compose::load;
use crate::compose::model::{Project, Service};

/// Where the corpus lay when Compose answered.
const RECORDED_AT: &str = "/corpus";

/// What Compose accepted once and refuses since 2.37.2, and so do we: dates without quotes.
const REFUSED: [&str; 1] = ["yaml_date"];

#[derive(Deserialize)]
struct Answer {
    case: String,
    service: String,
    version: String,
    mode: String,
    hash: String,
    json: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hash-corpus")
}

fn answers() -> Vec<Answer> {
    let text = fs::read_to_string(root().join("hashes.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The options and environment a case was run with.
fn options(case: &str) -> LoadOptions {
    let dir = root().join("cases").join(case);
    let pwd = dir.display().to_string();
    let mut env = BTreeMap::from([
        ("HOME".to_owned(), "/root".to_owned()),
        ("PATH".to_owned(), "/usr/bin".to_owned()),
        ("PWD".to_owned(), pwd),
    ]);
    let extra = fs::read_to_string(dir.join("ENV")).unwrap_or_default();
    env.extend(
        extra
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let args = fs::read_to_string(dir.join("ARGS")).unwrap_or_default();
    let words: Vec<&str> = args.split_whitespace().filter(|word| *word != "-f").collect();
    LoadOptions {
        cwd: dir,
        files: words.iter().map(|&word| word.into()).collect(),
        env,
        ..LoadOptions::default()
    }
}

fn ours(project: &Project, service: &Service, answer: &Answer, generation: Generation) -> String {
    let text = if answer.mode == "config" {
        config_text(service, generation.rules())
    } else {
        label_text(project, service, generation.rules(), &shared(answer))
    };
    text.replace(&root().join("cases").display().to_string(), RECORDED_AT)
}

/// The ids of containers in the recorded text, by the only other service there is.
fn shared(answer: &Answer) -> Shared {
    let id = answer
        .json
        .split(['"', ':'])
        .find(|part| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let services = ["db", "base", "other", "a", "b", "app", "net", "data"];
    id.map(|id| services.map(|name| (name.to_owned(), id.to_owned())).into()).unwrap_or_default()
}

fn failures(version: &str, generation: Generation) -> Vec<String> {
    let mut failures = Vec::new();
    for answer in answers().iter().filter(|answer| answer.version == version) {
        if REFUSED.contains(&answer.case.as_str()) {
            continue;
        }
        let name = format!("{} {} {}", answer.case, answer.service, answer.mode);
        match load(&options(&answer.case)) {
            Err(error) => failures.push(format!("{name}: {error}")),
            Ok(project) => {
                let service = project.services.get(&answer.service);
                let Some(service) = service else {
                    failures.push(format!("{name}: no such service"));
                    continue;
                };
                let text = ours(&project, service, answer, generation);
                if text != answer.json {
                    failures.push(format!("{name}:\n  ours {text}\n  real {}", answer.json));
                } else if sha256(&text) != answer.hash {
                    failures.push(format!("{name}: the hash of the same text differs"));
                }
            }
        }
    }
    failures
}

#[test]
fn every_case_hashes_as_in_2_40() {
    let failures = failures("2.40.3", Generation::V2_36);
    assert!(failures.is_empty(), "{}\n{} failures", failures.join("\n"), failures.len());
}

#[test]
fn every_case_hashes_as_in_debians_2_26() {
    let failures = failures("2.26.1", Generation::Debian226);
    assert!(failures.is_empty(), "{}\n{} failures", failures.join("\n"), failures.len());
}

/// The recording engine has every image, with an id made of its name, and numbers containers.
fn facts(answer: &Answer) -> v1::Facts {
    let json: serde_json::Value = serde_json::from_str(&answer.json).unwrap();
    let image_id = json["image_id"].as_str().map(str::to_owned);
    let shared = json["ipc_mode"].as_str().and_then(|mode| mode.strip_prefix("container:"));
    let containers = shared.map(|id| ("other".to_owned(), id.to_owned())).into_iter().collect();
    v1::Facts { image_id, containers, ..v1::Facts::default() }
}

#[test]
fn every_case_hashes_as_in_v1() {
    let mut failures = Vec::new();
    for answer in answers().iter().filter(|answer| answer.version == "1.29.2") {
        let name = format!("{} {} {}", answer.case, answer.service, answer.mode);
        let text = v1::load(&options(&answer.case))
            .map_err(|error| error.to_string())
            .and_then(|project| {
                project
                    .text(&answer.service, None, &facts(answer))
                    .ok_or("no such service".to_owned())
            })
            .map(|text| text.replace(&root().join("cases").display().to_string(), RECORDED_AT));
        match text {
            Err(error) => failures.push(format!("{name}: {error}")),
            Ok(text) if text != answer.json => {
                failures.push(format!("{name}:\n  ours {text}\n  real {}", answer.json));
            }
            Ok(text) if sha256(&text) != answer.hash => failures.push(format!("{name}: digest")),
            Ok(_) => {}
        }
    }
    assert!(failures.is_empty(), "{}\n{} failures", failures.join("\n"), failures.len());
}

/// Columns of the table of releases, with their generation.
const COLUMNS: &[(&str, Generation)] = &[
    ("deb2.26.1-4", Generation::Debian226),
    ("2.29.3-7", Generation::V2_29_3),
    ("2.30.3", Generation::V2_30),
    ("2.31.0", Generation::V2_30),
    ("2.32.2-4", Generation::V2_32),
    ("2.33.x", Generation::V2_32),
    ("2.34.0", Generation::V2_34),
    ("2.35.x", Generation::V2_35),
    ("2.36.0", Generation::V2_36),
    ("2.38.0", Generation::V2_36),
    ("2.40.3", Generation::V2_36),
    ("5.0.0-1", Generation::V5_0_0),
    ("5.0.2-5.1.1", Generation::V5_0_2),
    ("5.1.4", Generation::V5_0_2),
    ("5.3.x", Generation::V5_0_2),
];

/// Cases the table's makers could not answer as Compose does, which refuses some of them.
const UNANSWERED: [&str; 5] =
    ["build_platform_env", "cpu_percent_float", "cpu_percent_str", "vol_from", "yaml_date"];

/// Where we follow 2.40 alone: empty entries of `dns` counted before 2.30, and `-0` is no
/// integer since 5.0.
const DIFFERING: [(&str, &str); 2] = [("dns_list", "2.29"), ("yaml_ints", "5.")];

#[test]
fn every_generation_hashes_as_its_releases() {
    let table = fs::read_to_string(root().join("generations.tsv")).unwrap();
    let mut lines = table.lines().filter(|line| !line.starts_with('#'));
    let head: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let mut failures = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let (case, name) = (cells[0], cells[1]);
        if UNANSWERED.contains(&case) {
            continue;
        }
        let project = load(&options(case)).unwrap();
        let Some(service) = project.services.get(name) else { continue };
        for (column, generation) in COLUMNS {
            let real = cells[head.iter().position(|title| title == column).unwrap()];
            let text = label_text(&project, service, generation.rules(), &Shared::new());
            if DIFFERING.iter().any(|(name, start)| *name == case && column.starts_with(start)) {
                continue;
            }
            if real.len() == 64 && sha256(&text) != real {
                failures.push(format!("{case} {name} {column}: {text}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}\n{} failures", failures.join("\n"), failures.len());
}
