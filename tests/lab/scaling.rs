//! More replicas and fewer: no request meets one that is not ready or one that is gone.

use std::time::Duration;

use super::load::Load;
use super::proxy::Proxy;
use super::site::{App, Site};
use super::ways::Way;

/// Requests in a second.
const RATE: u32 = 50;
/// How long requests go on afterwards: what a proxy still remembers shows then.
const AFTER: Duration = Duration::from_secs(6);

fn assert_no_request_fails(proxy: Proxy) {
    let site = Site::up(proxy, App::slow_to_start("dies"));
    let load = Load::start(site.address, RATE);
    Way::scale(&site, 3);
    Way::scale(&site, 1);
    load.go_on(AFTER);
    let tally = load.finish();
    assert!(tally.sent() > 100, "{tally}");
    assert_eq!(tally.failed(), 0, "{tally}{}", site.proxy_log());
}

#[test]
fn nginx_with_a_variable() {
    assert_no_request_fails(Proxy::NginxVariable);
}

#[test]
fn haproxy() {
    assert_no_request_fails(Proxy::Haproxy);
}
