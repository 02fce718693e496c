//! What real Compose answered for the corpus, and what we say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::digest::sha256;
use super::generation::Generation;
use super::service::{Shared, config_text, label_text};
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
