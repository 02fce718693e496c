//! What the README says of the flags is true.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory as _};
use composeup::cli::args::CommandLine;

const README: &str = include_str!("../../README.md");

#[test]
fn the_flags_of_the_readme_are_those_of_the_program() {
    let mut command = CommandLine::command();
    command.build();
    let known: BTreeSet<String> = flags(&command).collect();
    let table = README.lines().filter(|line| line.starts_with("| `-"));
    let mentioned: BTreeSet<String> = table.flat_map(words_with_dashes).collect();
    assert!(mentioned.len() > 10, "the table is not found");
    assert_eq!(mentioned.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
}

fn flags(command: &Command) -> Box<dyn Iterator<Item = String> + '_> {
    let own = command.get_arguments().filter_map(|flag| Some(format!("--{}", flag.get_long()?)));
    Box::new(own.chain(command.get_subcommands().flat_map(flags)))
}

fn words_with_dashes(line: &str) -> impl Iterator<Item = String> {
    let words = line.split([' ', '`', ',', '|']).filter(|word| word.starts_with("--"));
    words.map(str::to_owned)
}

#[test]
fn every_variable_of_a_switch_and_every_wish_is_in_a_table() {
    for variable in composeup::env::switch::ALL {
        let row = format!("| `{}` | {} |", variable.name, variable.meaning);
        assert!(README.contains(&row), "the README lacks {row}");
    }
    for key in composeup::plan::wishes::KEYS {
        assert!(README.contains(&format!("\n| `{key}` |")), "the README lacks `{key}`");
    }
}
