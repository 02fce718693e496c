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

#[test]
fn a_probe_that_is_no_url() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes --probe shop.example/health web 1.1"));
}

#[test]
fn a_probe_of_a_scheme_that_nobody_knows() {
    let line = "upgrade --yes --probe ftp://shop.example/?k=s3cret web 1.1";
    assert_snapshot!(Case::new(SHOP).run(line));
}

#[test]
fn a_probe_with_credentials() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes --probe http://ann:s3cret@shop/ web 1.1"));
}

#[test]
fn a_probe_header_that_is_none() {
    let words = ["rollback", "web", "--probe", "http://shop/", "--probe-header", "Token s3cret"];
    assert_snapshot!(Case::new(SHOP).run_words(&words));
}

#[test]
fn a_probe_expectation_that_is_none() {
    let line = "scale web=2 --yes --probe http://shop/ --probe-expect fine";
    assert_snapshot!(Case::new(SHOP).run(line));
}

#[test]
fn a_rate_without_a_probe() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes --probe-rate 50 web 1.1"));
}

#[test]
fn a_probe_that_nobody_answers() {
    let line = "upgrade --yes --pull never --probe http://127.0.0.1:1/?k=s3cret web 1.1";
    assert_snapshot!(Case::new(SHOP).run(line));
}

#[test]
fn a_report_that_is_no_picture() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes --report rollout.png web 1.1"));
}

#[test]
fn a_report_in_a_folder_that_is_not_there() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes --report gone/rollout.svg web 1.1"));
}
