//! Files that Compose refuses: composeup refuses them too, at the same place.
//!
//! `invalid/` has one fault in each file or folder. What Compose says of it holds up to three parts
//! of a place: a file, a line, and the path or name of what is wrong there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::command::{Done, composeup};
use crate::support::compose::Compose;
use crate::support::corpus;

/// Where we name another place than Compose, and why ours is right.
const OTHERWISE: [(&str, &str, &str); 7] = [
    ("brace_that_is_not_closed", "compose.yaml:2", "Compose counts lines from 0 there"),
    ("bracket_that_is_not_closed", "compose.yaml:4", "Compose counts lines from 0 there"),
    ("env_file_quote", "one.env:2", "the quote begins there; Compose names the end of the file"),
    ("extends_invalid", "base.yaml:4", "the key stands there; Compose looks after the merge"),
    ("same_container_name", "compose.yaml:7", "Compose names either of the services, at random"),
    ("list_in_mapping", "compose.yaml:4", "Compose names the line before the mapping"),
    ("wrong_indentation", "compose.yaml:4", "Compose names the line before the mapping"),
];

#[test]
fn what_compose_refuses_is_refused_at_the_same_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/invalid");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let wrong: Vec<String> = cases.iter().filter_map(|case| wrong(case)).collect();
    assert!(wrong.is_empty(), "{}\n{} of {}", wrong.join("\n"), wrong.len(), cases.len());
}

#[test]
fn so_is_what_it_refuses_of_the_corpus() {
    let refused = corpus::cases().into_iter().filter_map(|case| {
        let theirs =
            config(Compose::V2_40.command(&case), |command| corpus::prepare(command, &case));
        let ours = || config(composeup(), |command| corpus::prepare(command, &case));
        (theirs.code != 0).then(|| Refusal::of(&case, &theirs, &ours()).difference())
    });
    let differences: Vec<Option<String>> = refused.collect();
    assert!(!differences.is_empty());
    assert_eq!(differences.into_iter().flatten().collect::<Vec<_>>(), Vec::<String>::new());
}

/// What is wrong with what we say of one case.
fn wrong(case: &Path) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    if case.is_dir() {
        for entry in fs::read_dir(case).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    } else {
        fs::copy(case, folder.path().join("compose.yaml")).unwrap();
    }
    let in_folder = |command: &mut Command| {
        command.current_dir(folder.path());
    };
    let theirs = config(Compose::V2_40.command(folder.path()), in_folder);
    let ours = config(composeup(), in_folder);
    let name = case.file_stem().unwrap().to_str().unwrap();
    let refusal = Refusal::of(folder.path(), &theirs, &ours);
    let difference = match OTHERWISE.iter().find(|(other, ..)| *other == name) {
        Some((_, place, _)) if refusal.place() == *place => None,
        Some((_, place, _)) => Some(format!("expected at {place}")),
        None if theirs.code == 0 => Some("Compose takes it".to_owned()),
        None => refusal.difference(),
    };
    difference.map(|what| format!("{name}: {what}\n  {}\n  {}", refusal.theirs, refusal.ours))
}

fn config(mut command: Command, prepare: impl Fn(&mut Command)) -> Done {
    prepare(&mut command);
    Done::of(command.arg("config"))
}

/// What both say of one project.
struct Refusal {
    theirs: String,
    ours: String,
    /// Our exit code.
    code: i32,
    /// Where we point: a file in the folder and a line.
    pointed: Option<(String, usize)>,
    /// The text of that line.
    line: String,
}

impl Refusal {
    fn of(folder: &Path, theirs: &Done, ours: &Done) -> Self {
        let is_error = |line: &&str| !line.contains("level=warning");
        let inside = |text: &str| {
            text.replace(&format!("{}/", folder.display()), "")
                .lines()
                .filter(is_error)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let pointed = ours.stderr.lines().find_map(|line| {
            let mut parts = line.trim().strip_prefix("--> ")?.split(':');
            Some((parts.next()?.to_owned(), parts.next()?.parse().ok()?))
        });
        let line = pointed.as_ref().and_then(|(file, number)| {
            let text = fs::read_to_string(folder.join(file)).ok()?;
            text.lines().nth(number - 1).map(str::to_owned)
        });
        Self {
            theirs: inside(&theirs.stderr),
            ours: inside(&ours.stderr),
            code: ours.code,
            pointed,
            line: line.unwrap_or_default(),
        }
    }

    fn place(&self) -> String {
        self.pointed.as_ref().map(|(file, line)| format!("{file}:{line}")).unwrap_or_default()
    }

    fn difference(&self) -> Option<String> {
        if self.code != 3 {
            return Some(format!("exit code {}", self.code));
        }
        let files = files(&self.theirs);
        let names_file = |file: &String| {
            self.ours.contains(&format!("`{file}`"))
                || self.pointed.as_ref().is_some_and(|(ours, _)| ours == file)
        };
        if !files.is_empty() && !files.iter().any(names_file) {
            return Some(format!("none of the files {files:?}"));
        }
        let line = line(&self.theirs);
        if line.is_some() && line != self.pointed.as_ref().map(|(_, line)| *line) {
            return Some(format!("line {} is not line {line:?}", self.place()));
        }
        let path = path(&self.theirs);
        if !path.is_empty() && !self.has_path(&path) {
            return Some(format!("{} is not at {path:?}", self.place()));
        }
        let name = undefined(&self.theirs)?;
        (!self.line.contains(name)).then(|| format!("{} has no `{name}`", self.place()))
    }

    /// Whether we name the path; or its last key, if we do by pointing at it alone.
    fn has_path(&self, path: &[&str]) -> bool {
        let names = || self.ours.split('`').skip(1).step_by(2);
        let has_path = names().any(|name| segments(name) == path);
        let is_pointed_at = !names().any(|name| name.starts_with("services."))
            && path.last().is_some_and(|key| self.line.contains(key));
        has_path || is_pointed_at
    }
}

/// The files Compose names: what ends like one.
fn files(text: &str) -> Vec<String> {
    let words = text.split([' ', ':', '"', '\'']);
    let is_file = |word: &&str| [".yaml", ".env", ".labels"].iter().any(|end| word.ends_with(end));
    words.filter(is_file).map(str::to_owned).collect()
}

/// The line Compose names.
fn line(text: &str) -> Option<usize> {
    let (_, after) = text.split_once("line ")?;
    after.split(':').next()?.parse().ok()
}

/// The path that Compose names, with the key that is too many there.
fn path(text: &str) -> Vec<&str> {
    let starts = ["services", "networks", "volumes", "secrets", "configs"];
    let is_path = |word: &&str| {
        let after = starts.iter().find_map(|start| word.strip_prefix(start));
        after.is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    let words = text.split(' ').map(|word| word.trim_matches(['\'', ':', '.']));
    let mut path = words.into_iter().find(is_path).map(segments).unwrap_or_default();
    let unknown = text.split_once("additional properties '").map(|(_, after)| after);
    path.extend(unknown.and_then(|after| after.split('\'').next()));
    path
}

/// The keys of a path, without the indices of lists.
fn segments(path: &str) -> Vec<&str> {
    let keys = path.split(['.', '[', ']']);
    keys.filter(|key| !key.is_empty() && key.parse::<usize>().is_err()).collect()
}

/// The name that nothing has.
fn undefined(text: &str) -> Option<&str> {
    let (_, after) = text.split_once(" undefined ")?;
    let name = after.split(' ').nth(1)?;
    Some(name.trim_matches([':', '"']))
}
