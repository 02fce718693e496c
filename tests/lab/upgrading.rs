//! One upgrade behind each proxy at a moderate rate: no request fails. Caddy and Traefik may lose one
//! POST: docs/measurements.md says why, and that this is open.

use std::time::Duration;

use super::load::Load;
use super::proxy::Proxy;
use super::site::{App, Site};
use super::ways::Way;

/// Requests in a second.
const RATE: u32 = 50;
/// How long requests go on after the upgrade: what a proxy still remembers shows then.
const AFTER: Duration = Duration::from_secs(7);

fn assert_no_request_fails(proxy: Proxy, end: &'static str) {
    let mut site = Site::up(proxy, App::slow_to_start(end));
    let load = Load::start(site.address, RATE);
    let done = Way::Composeup.upgrade(&mut site);
    load.go_on(AFTER);
    let tally = load.finish();
    assert!(tally.sent() > 100, "{tally}");
    let lost = if proxy.picks_and_then_writes() { tally.failed_posts().min(1) } else { 0 };
    assert_eq!(tally.failed(), lost, "{tally}{done}\n{}", site.proxy_log());
}

/// The second one begins while the first one's helpers are still there, and its new container gets
/// the address that the first one's old container had.
#[test]
fn two_upgrades_one_after_the_other() {
    let mut site = Site::up(Proxy::NginxResolve, App::slow_to_start("dies"));
    let load = Load::start(site.address, RATE);
    let both = [(); 2].map(|()| Way::Unwatched.upgrade(&mut site));
    load.go_on(AFTER);
    let tally = load.finish();
    let [first, second] = both;
    assert_eq!(tally.failed(), 0, "{tally}{first}\n{second}\n{}", site.proxy_log());
}

#[test]
fn nginx_with_a_variable() {
    assert_no_request_fails(Proxy::NginxVariable, "dies");
}

#[test]
fn nginx_with_a_name() {
    assert_no_request_fails(Proxy::NginxStatic, "dies");
}

#[test]
fn nginx_with_resolve() {
    assert_no_request_fails(Proxy::NginxResolve, "dies");
}

#[test]
fn nginx_proxy() {
    assert_no_request_fails(Proxy::NginxOnEvents, "dies");
}

#[test]
fn haproxy() {
    assert_no_request_fails(Proxy::Haproxy, "dies");
}

#[test]
fn caddy_with_a_name() {
    assert_no_request_fails(Proxy::CaddyStatic, "dies");
}

#[test]
fn caddy_with_dynamic_upstreams() {
    assert_no_request_fails(Proxy::CaddyDynamic, "finishes");
}

#[test]
fn caddy_docker_proxy() {
    assert_no_request_fails(Proxy::CaddyOnEvents, "finishes");
}

#[test]
fn traefik() {
    assert_no_request_fails(Proxy::Traefik, "finishes");
}
