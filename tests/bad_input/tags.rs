//! Tags that are none, and tags that cannot be put anywhere.

use super::*;

#[test]
fn an_empty_tag() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes web="));
}

#[test]
fn a_tag_with_a_colon() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes web shop/web:1.1"));
}

#[test]
fn a_tag_with_a_space() {
    assert_snapshot!(Case::new(SHOP).run_words(&["upgrade", "--yes", "web", "1 1"]));
}

#[test]
fn a_tag_that_starts_with_a_dot() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes web .1"));
}

#[test]
fn a_tag_of_129_characters() {
    assert_snapshot!(Case::new(SHOP).run(&format!("upgrade --yes web {}", "1".repeat(129))));
}

#[test]
fn two_tags_for_one_service() {
    assert_snapshot!(Case::new(SHOP).run("upgrade --yes web=1.1 web=1.2"));
}

#[test]
fn a_tag_for_a_service_that_is_only_built() {
    let built = SHOP.replace("image: shop/web:1.0", "build: .");
    assert_snapshot!(Case::new(built).run("upgrade --yes web 1.1"));
}

#[test]
fn a_tag_that_an_anchor_shares_with_another_service() {
    let shared = "\
x-image: &image shop/web:1.0
services:
  web:
    image: *image
  worker:
    image: *image
";
    assert_snapshot!(Case::new(shared).run("upgrade --yes web 1.1"));
}

#[test]
fn a_tag_that_comes_from_the_environment_alone() {
    let case = Case::new(SHOP.replace("1.0", "${WEB_TAG}")).env("WEB_TAG", "1.0");
    assert_snapshot!(case.run("upgrade --yes web 1.1"));
}
