//! What real Compose 1.29.2 answered for projects that it alone reads this way, and what we say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Facts, Py, load};
use crate::compose::hash::{Generation, sha256};
use crate::compose::{self, LoadOptions, model};

/// Where the projects lay when Compose answered.
const RECORDED_AT: &str = "/corpus";

#[derive(Deserialize)]
struct Answer {
    case: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    json: String,
    #[serde(default)]
    refused: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compose-1.29")
}

/// The options a case was run with.
pub(crate) fn options(case: &str) -> LoadOptions {
    let cwd = root().join("cases").join(case);
    let lines = |file: &str| fs::read_to_string(cwd.join(file)).unwrap_or_default();
    let mut options = LoadOptions { cwd: cwd.clone(), ..LoadOptions::default() };
    options.env = BTreeMap::from([("HOME".to_owned(), "/root".to_owned())]);
    let pairs = lines("ENV");
    let pairs = pairs.lines().filter_map(|line| line.split_once('='));
    options.env.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let args = lines("ARGS");
    let mut words = args.split_whitespace().map(str::to_owned);
    while let (Some(flag), Some(value)) = (words.next(), words.next()) {
        match flag.as_str() {
            "-f" => options.files.push(value),
            "-p" => options.project_name = Some(value),
            "--profile" => options.profiles.push(value),
            "--project-directory" => options.project_directory = Some(value.into()),
            other => panic!("{case}: {other}"),
        }
    }
    options
}

/// The recording engine has every image, with an id made of its name.
fn image_id(name: &str) -> String {
    format!("sha256:{}", sha256(name))
}

fn difference(answer: &Answer) -> Option<String> {
    let Answer { case, service, json, refused } = answer;
    let project = match load(&options(case)) {
        Err(_) if *refused => return None,
        Err(error) => return Some(format!("{case}: {error}")),
        Ok(_) if *refused => return Some(format!("{case}: Compose refuses it")),
        Ok(project) => project,
    };
    let image_id = project.image(service).as_deref().map(image_id);
    let text = project.text(service, None, &Facts { image_id, ..Facts::default() });
    let text = text.unwrap_or_else(|| "no such service".to_owned());
    let text = text.replace(&root().join("cases").display().to_string(), RECORDED_AT);
    (text != *json).then(|| format!("{case} {service}:\n  ours {text}\n  real {json}"))
}

#[test]
fn every_case_hashes_or_is_refused_as_by_compose_1_29() {
    let answers = fs::read_to_string(root().join("answers.jsonl")).unwrap();
    let answers: Vec<Answer> =
        answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(answers.iter().any(|answer| answer.refused));
    let differences: Vec<String> = answers.iter().filter_map(difference).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn what_is_refused_is_refused_at_a_place_in_a_file() {
    let answers = fs::read_to_string(root().join("answers.jsonl")).unwrap();
    let answers = answers.lines().map(|line| serde_json::from_str::<Answer>(line).unwrap());
    // Two override files, and files of two formats, are not wrong at one place.
    let elsewhere = ["override_twice", "formats_mixed"];
    for answer in answers.filter(|answer| answer.refused) {
        let error = load(&options(&answer.case)).map(|_| ()).unwrap_err();
        let has_place = error.location.is_some();
        let expected = !elsewhere.contains(&answer.case.as_str());
        assert_eq!(has_place, expected, "{}: {error}", answer.case);
    }
}

/// What a project runs: its name, its services and their images.
type Runs = (String, BTreeMap<String, Option<String>>);

#[test]
fn what_v1_takes_is_a_project_with_the_same_services() {
    let answers = fs::read_to_string(root().join("answers.jsonl")).unwrap();
    let answers = answers.lines().map(|line| serde_json::from_str::<Answer>(line).unwrap());
    let cases: BTreeSet<String> =
        answers.filter(|answer| !answer.refused).map(|answer| answer.case).collect();
    // Of the oldest format's `image` and `build` v1 takes the one of the last file.
    let differences = cases.iter().filter(|case| *case != "oldest_merged").filter_map(|case| {
        let options = LoadOptions { generation: Generation::V1, ..options(case) };
        let v1 = load(&options).unwrap();
        let image = |name: &str| v1.services[name].get("image").map(Py::text);
        let images = v1.services().map(|name| (name.to_owned(), image(name)));
        let theirs: Runs = (v1.name().to_owned(), images.collect());
        let ours = match compose::load(&options) {
            Err(error) => return Some(format!("{case}: {error}")),
            Ok(project) => runs(project),
        };
        (ours != theirs).then(|| format!("{case}: {ours:?} is not {theirs:?}"))
    });
    let differences: Vec<String> = differences.collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn runs(project: model::Project) -> Runs {
    let services = project.services.into_iter().chain(project.disabled_services);
    (project.name, services.map(|(name, service)| (name, service.image)).collect())
}
