//! Engines that are not there, that cannot be used, and that leave in mid-call.

use super::*;
use crate::support::daemon::{Daemon, Fault, Trouble};

const UPGRADE: &str = "upgrade --yes web 1.1";

#[test]
fn an_engine_that_is_down() {
    assert_snapshot!(
        Case::new(SHOP).env("DOCKER_HOST", "unix:///nowhere/docker.sock").run(UPGRADE)
    );
}

#[test]
fn an_address_that_is_none() {
    assert_snapshot!(Case::new(SHOP).env("DOCKER_HOST", "docker.sock").run(UPGRADE));
}

#[test]
fn an_engine_behind_ssh() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes -H ssh://host web 1.1"));
}

#[test]
fn an_engine_that_is_too_old() {
    let old = |daemon: &Daemon| daemon.with(async |fake| fake.set_api_version("1.30"));
    assert_snapshot!(Case::new(SHOP).engine(old).run(UPGRADE));
}

#[test]
fn an_engine_that_cuts_the_connection_in_mid_call() {
    let cut = |daemon: &Daemon| {
        daemon.fail(Fault::on("GET", "/containers/json", Trouble::HalfBody));
    };
    assert_snapshot!(Case::new(SHOP).engine(cut).run(UPGRADE));
}

#[test]
fn an_engine_that_answers_with_an_error() {
    let refuse = |daemon: &Daemon| {
        let trouble = Trouble::Answer(500, "the disk is full");
        daemon.fail(Fault::on("GET", "/containers/json", trouble));
    };
    assert_snapshot!(Case::new(SHOP).engine(refuse).run(UPGRADE));
}

#[test]
fn an_engine_that_is_no_engine() {
    let talk = |daemon: &Daemon| {
        daemon.fail(Fault::on("GET", "/version", Trouble::Nonsense));
    };
    assert_snapshot!(Case::new(SHOP).engine(talk).run(UPGRADE));
}

#[test]
fn an_image_that_does_not_exist() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes web 9.9"));
}

#[test]
fn an_image_that_may_not_be_pulled() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes --pull never web 9.9"));
}
