//! The shape of the code: who may use whom, which crate is named where, how big a file is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Which modules of the crate a module may name, itself aside.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("text", &[]),
    ("labels", &[]),
    ("env", &[]),
    ("own_image", &["text"]),
    ("detour", &["text"]),
    ("probe", &["text"]),
    ("proxy", &["engine"]),
    ("cutover", &["detour", "engine", "own_image", "plan", "proxy", "text", "labels"]),
    ("compose", &["text", "labels"]),
    ("engine", &["compose", "text", "labels"]),
    ("plan", &["compose", "engine", "error", "text", "labels"]),
    ("journal", &["plan", "probe", "engine", "error", "text", "labels"]),
    (
        "rollout",
        &[
            "cutover", "plan", "probe", "engine", "compose", "journal", "report", "env", "error",
            "text", "labels",
        ],
    ),
    ("report", &["plan", "probe", "journal", "rollout", "error", "text"]),
    ("error", &["compose", "engine", "journal", "plan", "rollout", "text"]),
    (
        "demo",
        &[
            "cli",
            "compose",
            "engine",
            "error",
            "own_image",
            "plan",
            "report",
            "rollout",
            "text",
            "labels",
        ],
    ),
];

/// Crates that only one part of the code may name, and that part.
const AT_HOME: [(&str, &str); 11] = [
    ("bollard", "src/engine/docker"),
    ("granit_parser", "src/compose/document"),
    ("netlink_bindings", "src/detour"),
    ("tokio_rustls", "src/probe"),
    ("rustls_native_certs", "src/probe"),
    ("dialoguer", "src/cli"),
    ("clap", "src/cli"),
    ("clap_complete", "src/cli"),
    ("annotate_snippets", "src/cli"),
    ("anyhow", "src/cli"),
    ("strsim", "src/text.rs"),
];

/// Most lines of a file, tests aside.
const LONGEST: usize = 400;

/// Names that say nothing.
const EMPTY_WORDS: [&str; 5] = ["fn handle_", "fn process_", "fn do_", "mod util", "mod helper"];

struct Source {
    /// Path from the root of the project.
    path: String,
    /// The code, without the tests at its end and without comments.
    code: String,
}

impl Source {
    /// The first folder or file under `src`.
    fn module(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap();
        inside.split('/').next().unwrap().trim_end_matches(".rs")
    }
}

/// Every file of the program; files that are compiled for tests alone are left out.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    let only_for_tests: BTreeSet<PathBuf> =
        files.iter().flat_map(|path| test_modules(path)).collect();
    let real =
        files.iter().filter(|path| !only_for_tests.iter().any(|test| path.starts_with(test)));
    real.map(|path| Source {
        path: path.strip_prefix(root).unwrap().display().to_string(),
        code: code(&fs::read_to_string(path).unwrap()),
    })
    .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

/// The files and folders of modules that `path` declares under `#[cfg(test)]`.
fn test_modules(path: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]"
            && let Some(name) = lines.next().and_then(|next| next.trim().strip_suffix(';'))
        {
            let name = name.rsplit(' ').next().unwrap();
            let folder = match path.file_stem().unwrap().to_str().unwrap() {
                "mod" | "lib" | "main" => path.parent().unwrap().to_owned(),
                stem => path.with_file_name(stem),
            };
            found.extend([folder.join(format!("{name}.rs")), folder.join(name)]);
        }
    }
    found
}

fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_module_names_only_those_below_it() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = MAY_USE.iter().find(|(module, _)| *module == source.module())
        else {
            assert!(
                ["cli", "lib", "main"].contains(&source.module()),
                "{} is in no row of the table",
                source.path
            );
            continue;
        };
        for part in source.code.split("crate::").skip(1) {
            let end = part.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(part.len());
            let used = &part[..end];
            let is_module = used.chars().next().is_some_and(char::is_lowercase);
            if is_module && used != source.module() && !allowed.contains(&used) {
                wrong.push(format!("{} names crate::{used}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_library_stays_where_it_belongs() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, home) in AT_HOME {
            let is_named = source
                .code
                .split(|c: char| c != '_' && !c.is_alphanumeric() && c != ':')
                .any(|word| word.starts_with(&format!("{name}::")));
            if is_named && !source.path.starts_with(home) {
                wrong.push(format!("{} names {name}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_plan_is_pure() {
    let forbidden = ["std::fs", "std::env", "async ", ".await", "Instant", "SystemTime", "tokio"];
    for source in sources().iter().filter(|source| source.module() == "plan") {
        for word in forbidden {
            assert!(!source.code.contains(word), "{} has {word}", source.path);
        }
    }
}

#[test]
fn only_the_settings_read_the_environment() {
    for source in sources().iter().filter(|source| source.path != "src/cli/settings.rs") {
        for call in ["env::var", "env::current_dir", "env::args"] {
            assert!(!source.code.contains(call), "{} has {call}", source.path);
        }
    }
}

#[test]
fn a_file_holds_one_idea() {
    for source in sources() {
        let lines = source.code.lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines", source.path);
    }
}

#[test]
fn names_say_something() {
    for source in sources() {
        for word in EMPTY_WORDS {
            assert!(!source.code.contains(word), "{} has `{word}`", source.path);
        }
    }
}

#[test]
fn a_mod_file_holds_documentation_and_names_alone() {
    for source in sources().iter().filter(|source| source.path.ends_with("/mod.rs")) {
        let has_code = source.code.contains("fn ") || source.code.contains("impl ");
        assert!(!has_code, "{} has code", source.path);
    }
}
