//! The man pages come from the same definitions as the flags. `COMPOSEUP_REGENERATE=1 cargo test
//! man_pages` writes them anew.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use composeup::ExitStatus;
use composeup::cli::args::CommandLine;
use composeup::env;

#[test]
fn the_man_pages_are_those_of_the_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let regenerate = std::env::var_os("COMPOSEUP_REGENERATE").is_some();
    for (name, text) in pages() {
        let path = folder.join(&name);
        if regenerate {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == text,
            "man/{name} is out of date: set COMPOSEUP_REGENERATE=1 and run again"
        );
    }
    let kept = fs::read_dir(&folder).unwrap().count();
    assert_eq!(kept, pages().len(), "man/ holds pages of commands that are gone");
}

/// File name and text of every page.
fn pages() -> Vec<(String, String)> {
    let mut command = CommandLine::command().disable_help_subcommand(true);
    command.build();
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
    let mut commands: Vec<Command> = visible.cloned().collect();
    commands.insert(0, command);
    commands.into_iter().map(page).collect()
}

fn page(command: Command) -> (String, String) {
    let man = Man::new(command).manual("composeup");
    let mut text = Vec::new();
    man.render(&mut text).unwrap();
    text.extend(tables().to_roff().into_bytes());
    (man.get_filename(), String::from_utf8(text).unwrap())
}

/// What every command has in common beyond its flags.
fn tables() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for status in ExitStatus::ALL {
        entry(&mut roff, &status.code().to_string(), status.meaning());
    }
    roff.control("SH", ["ENVIRONMENT"]);
    for variable in env::ALL {
        entry(&mut roff, variable.name, variable.meaning);
    }
    roff
}

fn entry(roff: &mut Roff, name: &str, meaning: &str) {
    roff.control("TP", []).text([bold(name)]).text([roman(meaning)]);
}

#[test]
fn the_readme_has_every_exit_code_with_its_meaning() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for status in ExitStatus::ALL {
        let row = format!("| {} | {} |", status.code(), status.meaning());
        assert!(readme.contains(&row), "README.md lacks the row: {row}");
    }
}
