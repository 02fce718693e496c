//! Files that are not there, not readable, not writable, or too many.

use super::*;

const UPGRADE: &str = "upgrade --yes web 1.1";

#[test]
fn no_compose_file_at_all() {
    assert_snapshot!(Case::empty().run(UPGRADE));
}

#[test]
fn a_file_that_is_named_and_not_there() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes -f compose.prod.yml web 1.1"));
}

#[test]
fn a_folder_in_place_of_the_file() {
    assert_snapshot!(Case::empty().directory("docker-compose.yml").run(UPGRADE));
}

#[test]
fn a_file_that_may_not_be_read() {
    assert_snapshot!(Case::new(SHOP).mode("docker-compose.yml", 0o000).by_nobody().run(UPGRADE));
}

#[test]
fn a_file_that_is_read_only() {
    assert_snapshot!(Case::new(SHOP).mode("docker-compose.yml", 0o444).run(UPGRADE));
}

#[test]
fn a_folder_that_takes_no_new_file() {
    assert_snapshot!(Case::new(SHOP).mode("", 0o555).by_nobody().run(UPGRADE));
}

#[test]
fn an_env_file_that_is_not_there() {
    assert_snapshot!(
        Case::new(SHOP.replace("    image: shop/db", "    env_file: db.env\n    image: shop/db"))
            .run(UPGRADE)
    );
}

#[test]
fn variables_that_are_no_assignments() {
    assert_snapshot!(Case::new(SHOP).file(".env", "TAG=1\nOOPS LALA\n").run(UPGRADE));
}

#[test]
fn a_folder_whose_name_is_no_project_name() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes -p Shop! web 1.1"));
}

#[test]
fn two_files_of_which_compose_would_take_either() {
    let other = SHOP.replace("shop/web:1.0", "shop/web:${UNSET:?there are two}");
    assert_snapshot!(Case::new(SHOP).file("compose.yaml", other).run(UPGRADE));
}

#[test]
fn an_include_that_is_not_there() {
    assert_snapshot!(Case::new(format!("include:\n  - more.yml\n{SHOP}")).run(UPGRADE));
}

#[test]
fn a_file_that_only_compose_1_29_reads() {
    let oldest = "web:\n  image: shop/web:1.0\n";
    assert_snapshot!(Case::new(oldest).run(UPGRADE));
}

#[test]
fn an_extends_in_a_circle() {
    let circle = "services:\n  web:\n    extends: db\n  db:\n    extends: web\n";
    assert_snapshot!(Case::new(circle).run(UPGRADE));
}

#[test]
fn the_folder_in_place_of_the_file() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes -f . web 1.1"));
}
