//! The proxies of the lab and how they find the app `web`.

use super::load::HOST;
use super::roles::{PORT, arguments};

/// A reverse proxy, set up in one of the ways that people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxy {
    /// nginx that asks Docker's DNS every second: the name is in a variable.
    NginxVariable,
    /// nginx whose upstream is told to `resolve` its name.
    NginxResolve,
    /// nginx that resolves the name at its start.
    NginxStatic,
    /// nginx that is told of containers by (the stand-in for) docker-gen.
    NginxOnEvents,
    /// `HAProxy` that asks Docker's DNS.
    Haproxy,
    /// Caddy with the app's name.
    CaddyStatic,
    /// Caddy that looks up its upstreams every second.
    CaddyDynamic,
    /// Caddy that is told of containers by (a stand-in for) caddy-docker-proxy.
    CaddyOnEvents,
    /// Traefik, told of containers by the engine.
    Traefik,
}

impl Proxy {
    /// Whether it picks a kept connection some moments before it writes to it, and sends no POST
    /// again that was written to one that had just been closed.
    pub(super) fn picks_and_then_writes(self) -> bool {
        matches!(self, Self::CaddyStatic | Self::CaddyDynamic | Self::CaddyOnEvents | Self::Traefik)
    }

    /// All of them.
    pub(super) const ALL: [Self; 9] = [
        Self::NginxVariable,
        Self::NginxResolve,
        Self::NginxStatic,
        Self::NginxOnEvents,
        Self::Haproxy,
        Self::CaddyStatic,
        Self::CaddyDynamic,
        Self::CaddyOnEvents,
        Self::Traefik,
    ];

    /// Its name in tables and on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NginxVariable => "nginx-variable",
            Self::NginxResolve => "nginx-resolve",
            Self::NginxStatic => "nginx-static",
            Self::NginxOnEvents => "nginx-proxy",
            Self::Haproxy => "haproxy",
            Self::CaddyStatic => "caddy-static",
            Self::CaddyDynamic => "caddy-dynamic",
            Self::CaddyOnEvents => "caddy-docker-proxy",
            Self::Traefik => "traefik",
        }
    }

    /// Its image.
    pub(super) fn image(self) -> &'static str {
        match self {
            Self::NginxVariable | Self::NginxResolve | Self::NginxStatic => "composeup-lab/nginx",
            Self::NginxOnEvents => "composeup-lab/nginx-proxy",
            Self::Haproxy => "composeup-lab/haproxy",
            Self::CaddyStatic | Self::CaddyDynamic => "composeup-lab/caddy",
            Self::CaddyOnEvents => "composeup-lab/caddy-docker-proxy",
            Self::Traefik => "composeup-lab/traefik",
        }
    }

    /// Whether it talks to the engine.
    pub(super) fn asks_the_engine(self) -> bool {
        matches!(self, Self::NginxOnEvents | Self::CaddyOnEvents | Self::Traefik)
    }

    /// Where its configuration is in its container.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::NginxVariable | Self::NginxResolve | Self::NginxStatic | Self::NginxOnEvents => {
                "/etc/nginx/nginx.conf"
            }
            Self::Haproxy => "/etc/haproxy/haproxy.cfg",
            Self::CaddyStatic | Self::CaddyDynamic | Self::CaddyOnEvents => "/etc/caddy/Caddyfile",
            Self::Traefik => "/etc/traefik/traefik.yml",
        }
    }

    /// Its command.
    pub(super) fn command(self) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        match self {
            Self::NginxVariable | Self::NginxResolve | Self::NginxStatic => {
                words(&["/usr/sbin/nginx", "-g", "daemon off;"])
            }
            Self::NginxOnEvents => arguments("docker_gen_for_nginx").into(),
            Self::Haproxy => words(&["/usr/sbin/haproxy", "-W", "-db", "-f", self.file()]),
            Self::CaddyStatic | Self::CaddyDynamic => {
                words(&["/bin/caddy", "run", "--config", self.file()])
            }
            Self::CaddyOnEvents => arguments("docker_gen_for_caddy").into(),
            Self::Traefik => words(&["/bin/traefik", "--configFile", self.file()]),
        }
    }

    /// Its configuration, for one in this project.
    pub(super) fn configuration(self, project: &str) -> String {
        match self {
            Self::NginxVariable => nginx(&format!(
                "resolver 127.0.0.11 valid=1s;
                 server {{ listen 80; location / {{ set $app web; proxy_pass http://$app:{PORT}; }} }}"
            )),
            Self::NginxResolve => nginx(&format!(
                "resolver 127.0.0.11 valid=1s;
                 upstream app {{ zone app 64k; server web:{PORT} resolve; }}
                 server {{ listen 80; location / {{ proxy_pass http://app; }} }}"
            )),
            Self::NginxStatic => nginx(&format!(
                "server {{ listen 80; location / {{ proxy_pass http://web:{PORT}; }} }}"
            )),
            Self::NginxOnEvents => nginx("include /etc/nginx/conf.d/*.conf;"),
            Self::Haproxy => HAPROXY.replace("PORT", &PORT.to_string()),
            Self::CaddyStatic => caddy(&format!("web:{PORT}")),
            Self::CaddyDynamic => caddy(&format!(
                "{{\n\t\tdynamic a {{\n\t\t\tname web\n\t\t\tport {PORT}\n\t\t\trefresh 1s\n\t\t}}\n\t}}"
            )),
            Self::CaddyOnEvents => String::new(),
            Self::Traefik => TRAEFIK.replace("PROJECT", project),
        }
    }
}

/// What `web` says to proxies that listen to the engine.
pub(super) fn labels() -> String {
    format!(
        "      traefik.enable: \"true\"
      traefik.http.routers.web.rule: Host(`{HOST}`)
      traefik.http.services.web.loadbalancer.server.port: \"{PORT}\"
      caddy: http://{HOST}
      caddy.reverse_proxy: \"{{{{upstreams {PORT}}}}}\"
"
    )
}

fn nginx(http: &str) -> String {
    format!(
        "user root;
error_log stderr;
pid /tmp/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
  {http}
}}
"
    )
}

fn caddy(upstreams: &str) -> String {
    format!("{{\n\tpersist_config off\n}}\n:80 {{\n\treverse_proxy {upstreams}\n}}\n")
}

const HAPROXY: &str = "\
resolvers docker
  nameserver dns 127.0.0.11:53
  hold valid 1s
  accepted_payload_size 8192
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend all
  bind :80
  default_backend app
backend app
  option httpchk GET /
  server-template web 1-4 web:PORT check inter 1s resolvers docker init-addr none
";

const TRAEFIK: &str = "\
entryPoints: {web: {address: \":80\"}}
api: {insecure: true}
providers:
  docker:
    exposedByDefault: false
    constraints: Label(`com.docker.compose.project`, `PROJECT`)
";
