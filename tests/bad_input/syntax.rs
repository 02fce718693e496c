//! Files that are no YAML, or no compose file.

use super::*;

const UPGRADE: &str = "upgrade --yes web 1.1";

#[test]
fn a_bracket_that_is_never_closed() {
    assert_snapshot!(
        Case::new("services:\n  web:\n    command: [a, b\n    image: x:1\n").run(UPGRADE)
    );
}

#[test]
fn a_tab_as_indentation() {
    assert_snapshot!(Case::new("services:\n\tweb:\n\t\timage: shop/web:1.0\n").run(UPGRADE));
}

#[test]
fn a_key_that_stands_twice() {
    assert_snapshot!(
        Case::new("services:\n  web:\n    image: shop/web:1.0\n    image: shop/web:1.1\n")
            .run(UPGRADE)
    );
}

#[test]
fn an_alias_of_nothing() {
    assert_snapshot!(Case::new("services:\n  web: *base\n").run(UPGRADE));
}

#[test]
fn a_file_that_is_not_utf_8() {
    assert_snapshot!(Case::new(b"services:\n  web:\n    image: caf\xe9:1\n").run(UPGRADE));
}

#[test]
fn an_empty_file() {
    assert_snapshot!(Case::new("").run(UPGRADE));
}

#[test]
fn a_file_that_is_a_list() {
    assert_snapshot!(Case::new("- web\n- db\n").run(UPGRADE));
}

#[test]
fn a_key_that_nobody_knows_at_the_top() {
    assert_snapshot!(Case::new(format!("{SHOP}sevices: {{}}\n")).run(UPGRADE));
}

#[test]
fn a_key_that_nobody_knows_in_a_service() {
    assert_snapshot!(Case::new(SHOP.replace("environment", "enviroment")).run(UPGRADE));
}

#[test]
fn a_service_that_is_a_text() {
    assert_snapshot!(Case::new("services:\n  web: shop/web:1.0\n").run(UPGRADE));
}

#[test]
fn ports_that_are_a_mapping() {
    assert_snapshot!(
        Case::new("services:\n  web:\n    image: shop/web:1.0\n    ports:\n      http: 80\n")
            .run(UPGRADE)
    );
}

#[test]
fn a_duration_without_a_unit() {
    let check = "    healthcheck:\n      test: 'true'\n      interval: 30x\n";
    assert_snapshot!(
        Case::new(format!("services:\n  web:\n    image: shop/web:1.0\n{check}")).run(UPGRADE)
    );
}

#[test]
fn a_variable_that_is_required_and_unset() {
    assert_snapshot!(Case::new(SHOP.replace("1.0", "${WEB_TAG:?set the tag}")).run(UPGRADE));
}

#[test]
fn a_variable_that_is_never_closed() {
    assert_snapshot!(Case::new(SHOP.replace("1.0", "${WEB_TAG")).run(UPGRADE));
}

#[test]
fn a_windows_file_with_an_error_in_its_last_line() {
    assert_snapshot!(Case::new(SHOP.replace('\n', "\r\n") + "  cache: 1\r\n").run(UPGRADE));
}

#[test]
fn a_byte_order_mark_before_an_error() {
    assert_snapshot!(Case::new("\u{feff}services: 1\n").run(UPGRADE));
}
