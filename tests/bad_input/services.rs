//! Services that are not there, and services of which two containers cannot stand side by side.

use super::*;

const UPGRADE: &str = "upgrade --yes web 1.1";

fn shop_with(lines: &str) -> Case {
    Case::new(
        SHOP.replace("    image: shop/web:1.0\n", &format!("    image: shop/web:1.0\n{lines}")),
    )
}

#[test]
fn a_service_that_is_not_there() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes wbe 1.1"));
}

#[test]
fn a_network_that_is_not_defined() {
    assert_snapshot!(shop_with("    networks: [front]\n").run(UPGRADE));
}

#[test]
fn a_dependency_that_is_not_defined() {
    assert_snapshot!(shop_with("    depends_on: [cache]\n").run(UPGRADE));
}

#[test]
fn dependencies_in_a_circle() {
    let circle =
        SHOP.replace("    image: shop/db:1\n", "    image: shop/db:1\n    depends_on: [web]\n");
    let circle = circle
        .replace("    image: shop/web:1.0\n", "    image: shop/web:1.0\n    depends_on: [db]\n");
    assert_snapshot!(Case::new(circle).run(UPGRADE));
}

#[test]
fn a_container_name() {
    assert_snapshot!(shop_with("    container_name: web\n").run(UPGRADE));
}

#[test]
fn a_fixed_host_port() {
    assert_snapshot!(shop_with("    ports: ['8080:80']\n").run(UPGRADE));
}

#[test]
fn the_network_of_the_host() {
    assert_snapshot!(shop_with("    network_mode: host\n").run(UPGRADE));
}

#[test]
fn a_fixed_address() {
    let lines = "    networks:\n      default:\n        ipv4_address: 10.5.0.5\n";
    assert_snapshot!(shop_with(lines).run(UPGRADE));
}

#[test]
fn a_service_that_does_not_run() {
    let more = format!("{SHOP}  cache:\n    image: shop/cache:1\n");
    assert_snapshot!(Case::new(more).run("upgrade --yes cache 2"));
}

#[test]
fn a_service_of_an_inactive_profile_that_needs_another_one() {
    let more = format!(
        "{SHOP}    profiles: [data]\n  admin:\n    image: shop/admin:1\n    profiles: [admin]\n    depends_on: [db]\n"
    );
    assert_snapshot!(Case::new(more).run("upgrade --yes admin 2"));
}

#[test]
fn a_service_of_an_inactive_profile_that_does_not_run() {
    let more = format!("{SHOP}  admin:\n    image: shop/admin:1\n    profiles: [admin]\n");
    assert_snapshot!(Case::new(more).run("upgrade --yes admin 2"));
}

#[test]
fn a_project_that_is_not_there() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes -p warehouse web 1.1"));
}

#[test]
fn a_project_of_another_folder() {
    let named = format!("name: shop\n{SHOP}");
    let case = Case::new(SHOP).file("elsewhere/docker-compose.yml", named);
    assert_snapshot!(case.run("upgrade --yes -f elsewhere/docker-compose.yml web 1.1"));
}

#[test]
fn no_terminal_and_no_yes() {
    assert_snapshot!(Case::new(SHOP).run("upgrade web 1.1"));
}
