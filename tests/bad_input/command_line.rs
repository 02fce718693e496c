//! Command lines that are wrong.

use super::*;

#[test]
fn a_flag_that_nobody_knows() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yess web 1.1"));
}

#[test]
fn a_duration_that_is_none() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes --timeout soon web 1.1"));
}

#[test]
fn flags_that_contradict_each_other() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes --json --quiet --progress live web 1.1"));
}

#[test]
fn a_command_that_nobody_knows() {
    assert_snapshot!(Case::new(SHOP).run("upgarde web 1.1"));
}
