//! `x-composeup` that cannot be meant, and what cannot be done.

use super::*;

const UPGRADE: &str = "upgrade --yes web 1.1";

fn shop_that_wishes(lines: &str) -> Case {
    let lines = format!("    image: shop/web:1.0\n    x-composeup:\n{lines}");
    Case::new(SHOP.replace("    image: shop/web:1.0\n", &lines))
}

#[test]
fn a_wish_that_composeup_does_not_know() {
    assert_snapshot!(shop_that_wishes("      setle: 5s\n").run(UPGRADE));
}

#[test]
fn a_url_of_somebody_else() {
    assert_snapshot!(shop_that_wishes("      ready: http://example.com:80/\n").run(UPGRADE));
}

#[test]
fn a_command_that_only_a_shell_could_read() {
    let lines = "      switch: ./switch && nginx -s reload\n";
    assert_snapshot!(shop_that_wishes(lines).run("plan web 1.1"));
}

#[test]
fn a_wish_of_another_service() {
    let file = SHOP.replace("    image: shop/db:1\n", "    image: shop/db:1\n    x-composeup: 1\n");
    assert_snapshot!(Case::new(file).run(UPGRADE));
}

#[test]
fn a_flag_that_is_no_url() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes web 1.1 --ready https://:443/"));
}

#[test]
fn a_switch_of_what_cannot_run_twice() {
    let lines = "      switch: [./switch]\n    container_name: web\n";
    assert_snapshot!(shop_that_wishes(lines).run("upgrade --yes --allow-downtime web 1.1"));
}
