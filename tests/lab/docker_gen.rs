//! A stand-in for docker-gen, which no package registry has: it follows the engine's events as
//! nginx-proxy and caddy-docker-proxy do, and rewrites what a real nginx or a real Caddy beside it
//! has to know. What it takes from them: the events, the wait for more of them, who counts, and the
//! form of the result.
//! Sources: nginx-proxy 1.10 (`Procfile`, `nginx.tmpl`), docker-gen 0.16 (`generator.go`),
//! caddy-docker-proxy 2.13 (`loader.go`).

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::load::HOST;
use super::roles::PORT;
use crate::support::events::{filters, get, look, open};

/// The file that nginx-proxy's docker-gen writes.
const NGINX_FILE: &str = "/etc/nginx/conf.d/default.conf";

/// One container that counts.
pub(super) struct Upstream {
    name: String,
    address: String,
}

/// A proxy that is told by a generator.
pub(super) trait Proxy {
    /// The events that matter, as the engine's filter.
    fn events(&self) -> Value;
    /// How long to wait for more events after one, and how long at most.
    fn patience(&self) -> (Duration, Duration);
    /// Whether a container wants to be known.
    fn counts(&self, container: &Value) -> bool;
    /// Starts the proxy with this configuration.
    fn start(&self, text: &str) -> Child;
    /// What it is to know.
    fn render(&self, upstreams: &[Upstream]) -> String;
    /// Makes it use another configuration.
    fn load(&self, text: &str);
}

/// Runs a proxy and tells it who comes and goes; ends when the proxy does.
pub(super) fn follow(proxy: &impl Proxy) {
    let events = events(&proxy.events());
    let own =
        get(&format!("/containers/{}/json", fs::read_to_string("/etc/hostname").unwrap().trim()));
    let network =
        own["NetworkSettings"]["Networks"].as_object().unwrap().keys().next().unwrap().clone();
    let mut text = proxy.render(&upstreams(proxy, &network));
    let mut child = proxy.start(&text);
    while child.try_wait().unwrap().is_none() {
        events.recv().unwrap();
        settle(&events, proxy.patience());
        let now = proxy.render(&upstreams(proxy, &network));
        if now != text {
            proxy.load(&now);
            text = now;
        }
    }
}

fn events(wanted: &Value) -> Receiver<()> {
    let (tell, events) = channel();
    let lines = open(&format!("/events?filters={}", filters(&json!({ "event": wanted })))).lines();
    std::thread::spawn(move || {
        for line in lines {
            line.unwrap();
            tell.send(()).unwrap();
        }
    });
    events
}

/// Waits until no event has come for a while.
fn settle(events: &Receiver<()>, (least, most): (Duration, Duration)) {
    let end = Instant::now() + most;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if events.recv_timeout(least.min(left)).is_err() {
            return;
        }
    }
}

fn upstreams(proxy: &impl Proxy, network: &str) -> Vec<Upstream> {
    let running = filters(&json!({ "status": ["running"], "network": [network] }));
    let list = get(&format!("/containers/json?filters={running}"));
    let ids = list.as_array().unwrap().iter().map(|one| one["Id"].as_str().unwrap());
    // One may be gone since then.
    let seen = ids.filter_map(|id| look(&format!("/containers/{id}/json")));
    let mut found: Vec<Upstream> = seen
        .filter(|one| proxy.counts(one))
        .filter_map(|one| {
            let ip = one["NetworkSettings"]["Networks"][network]["IPAddress"].as_str()?;
            let name = one["Name"].as_str()?.trim_start_matches('/').to_owned();
            (!ip.is_empty()).then(|| Upstream { name, address: format!("{ip}:{PORT}") })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// nginx, as nginx-proxy 1.10 runs it.
pub(super) struct Nginx;

impl Proxy for Nginx {
    fn events(&self) -> Value {
        json!(["start", "stop", "die", "health_status", "connect", "disconnect"])
    }

    fn patience(&self) -> (Duration, Duration) {
        (Duration::from_millis(100), Duration::from_millis(500))
    }

    fn counts(&self, container: &Value) -> bool {
        let env = container["Config"]["Env"].as_array().unwrap();
        env.iter().any(|one| one == &format!("VIRTUAL_HOST={HOST}"))
    }

    fn start(&self, text: &str) -> Child {
        fs::write(NGINX_FILE, text).unwrap();
        Command::new("/usr/sbin/nginx").args(["-g", "daemon off;"]).spawn().unwrap()
    }

    fn render(&self, upstreams: &[Upstream]) -> String {
        let mut text = format!("# {HOST}/\nupstream {HOST} {{\n");
        for Upstream { name, address } in upstreams {
            writeln!(text, "    # Container: {name}\n    server {address};").unwrap();
        }
        if upstreams.is_empty() {
            text += "    server 127.0.0.1 down;\n";
        }
        writeln!(text, "    keepalive {};\n}}", 2 * upstreams.len().max(1)).unwrap();
        write!(
            text,
            "server {{\n    server_name {HOST};\n    listen 80;\n    location / {{\n        \
             proxy_pass http://{HOST};\n    }}\n}}\n"
        )
        .unwrap();
        text
    }

    fn load(&self, text: &str) {
        fs::write(NGINX_FILE, text).unwrap();
        Command::new("/usr/sbin/nginx").args(["-s", "reload"]).status().unwrap();
    }
}

/// Caddy, as caddy-docker-proxy 2.13 runs it.
pub(super) struct Caddy;

impl Proxy for Caddy {
    fn events(&self) -> Value {
        json!(["create", "start", "stop", "die", "destroy", "connect", "disconnect"])
    }

    fn patience(&self) -> (Duration, Duration) {
        (Duration::from_millis(100), Duration::from_millis(100))
    }

    fn counts(&self, container: &Value) -> bool {
        container["Config"]["Labels"]["caddy"] == format!("http://{HOST}")
    }

    fn start(&self, text: &str) -> Child {
        fs::write("/tmp/Caddyfile", text).unwrap();
        Command::new("/bin/caddy").args(["run", "--config", "/tmp/Caddyfile"]).spawn().unwrap()
    }

    fn render(&self, upstreams: &[Upstream]) -> String {
        let all: Vec<&str> = upstreams.iter().map(|one| &*one.address).collect();
        let route = if all.is_empty() {
            String::new()
        } else {
            format!("http://{HOST} {{\n\treverse_proxy {}\n}}\n", all.join(" "))
        };
        format!("{{\n\tpersist_config off\n}}\n{route}")
    }

    fn load(&self, text: &str) {
        let mut admin = TcpStream::connect("127.0.0.1:2019").unwrap();
        let head = format!(
            "POST /load HTTP/1.0\r\nHost: localhost:2019\r\nContent-Type: text/caddyfile\r\n\
             Content-Length: {}\r\n\r\n",
            text.len()
        );
        admin.write_all((head + text).as_bytes()).unwrap();
        let mut answer = String::new();
        admin.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 OK"), "{answer}");
    }
}
