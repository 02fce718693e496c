//! Blue/green by hand: nginx with the name of a container, which the user's own command changes. No
//! detour helps, and no request fails.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use super::load::Load;
use super::proxy::Proxy;
use super::site::{App, Site};
use crate::support::command::{Done, composeup};

/// Requests in a second.
const RATE: u32 = 100;
/// How long requests go on after the upgrade.
const AFTER: Duration = Duration::from_secs(2);

/// A site whose nginx names the container of `web`, and what switches it.
fn switched() -> Site {
    let site = Site::up(Proxy::NginxStatic, App::slow_to_start("dies"));
    let (web, proxy) = (site.name_of("web"), site.name_of("proxy"));
    let script = format!(
        r#"#!/bin/sh -e
text=$(sed "s|http://$COMPOSEUP_OLD_NAME:|http://$COMPOSEUP_NEW_NAME:|" proxy.conf)
echo "$text" >proxy.conf
docker exec {proxy} /usr/sbin/nginx -t
docker exec {proxy} /usr/sbin/nginx -s reload
"#
    );
    let path = site.folder().join("switch");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    // The file is mounted by itself: only what is in it may change.
    let conf = site.folder().join("proxy.conf");
    let text = fs::read_to_string(&conf).unwrap();
    fs::write(&conf, text.replace("http://web:", &format!("http://{web}:"))).unwrap();
    let text = fs::read_to_string(site.file()).unwrap();
    let wishes = "  web:\n    x-composeup:\n      switch: [./switch]\n";
    fs::write(site.file(), text.replace("  web:\n", wishes)).unwrap();
    site
}

fn upgrade(site: &Site, more: &[&str]) -> Done {
    let mut command = composeup();
    command.args(["upgrade", "--yes", "--detour", "off", "web"]).args(more);
    command.env("COMPOSEUP_STATE_DIR", site.state_dir());
    Done::of(command.current_dir(site.folder()))
}

/// The address of nginx's one upstream, as its file has it.
fn upstream(site: &Site) -> String {
    let text = fs::read_to_string(site.folder().join("proxy.conf")).unwrap();
    let (_, rest) = text.split_once("proxy_pass http://").unwrap();
    rest.split(':').next().unwrap().to_owned()
}

#[test]
fn nginx_with_the_name_of_a_container_is_switched_there_and_back() {
    let mut site = switched();
    let load = Load::start(site.address, RATE);
    let tags = [site.next_tag(), site.next_tag()];
    let both = tags.map(|tag| upgrade(&site, &[tag]));
    let refused = upgrade(&site, &[tags[0], "--ready", "tcp://:1", "--timeout", "5s"]);
    load.go_on(AFTER);
    let tally = load.finish();
    let [first, second] = both;
    assert_eq!((first.code, second.code, refused.code), (0, 0, 10), "{first}{second}{refused}");
    assert_eq!(tally.failed(), 0, "{tally}{first}{second}{refused}\n{}", site.proxy_log());
    assert_eq!(upstream(&site), site.name_of("web"));
}
