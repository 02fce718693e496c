//! Which proxy a container is, told by its program, image and environment.

use std::fmt;

use serde_json::Value;

use crate::engine::api::Inspection;

/// A reverse proxy that composeup knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// nginx with docker-gen in one container: it is told addresses.
    NginxProxy,
    /// Traefik with its Docker provider: it is told addresses.
    Traefik,
    /// Caddy with the Docker proxy plugin: it is told addresses.
    CaddyDockerProxy,
    /// Caddy.
    Caddy,
    /// `HAProxy`.
    Haproxy,
    /// nginx.
    Nginx,
}

impl Kind {
    /// The proxy that a container is, if it is one. Source: the entry points, environments and names
    /// of the official images.
    #[must_use]
    pub fn of(container: &Inspection) -> Option<Self> {
        let words = words(container);
        let program = words.first().map_or("", |word| base(word));
        let image = container.image();
        let image = base(image.split(['@', ':']).next().unwrap_or_default());
        let has_env = |name: &str| env(container).any(|one| one.split('=').next() == Some(name));
        let is = |name: &str| program == name || image == name;
        let has_word = |name: &str| words.iter().any(|word| base(word) == name);
        if is("nginx-proxy") || has_env("NGINX_PROXY_VERSION") {
            Some(Self::NginxProxy)
        } else if is("traefik") || has_word("traefik") {
            Some(Self::Traefik)
        } else if is("caddy-docker-proxy") || (has_word("caddy") && has_word("docker-proxy")) {
            Some(Self::CaddyDockerProxy)
        } else if is("caddy") || has_word("caddy") {
            Some(Self::Caddy)
        } else if is("haproxy") || has_word("haproxy") {
            Some(Self::Haproxy)
        } else if is("nginx") || is("openresty") || has_word("nginx") || has_env("NGINX_VERSION") {
            Some(Self::Nginx)
        } else {
            None
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NginxProxy => "nginx-proxy",
            Self::Traefik => "Traefik",
            Self::CaddyDockerProxy => "caddy-docker-proxy",
            Self::Caddy => "Caddy",
            Self::Haproxy => "HAProxy",
            Self::Nginx => "nginx",
        })
    }
}

/// The program and its arguments.
fn words(container: &Inspection) -> Vec<String> {
    let path = container.0.get("Path").and_then(Value::as_str);
    let arguments = container.0.get("Args").and_then(Value::as_array).into_iter().flatten();
    path.into_iter().chain(arguments.filter_map(Value::as_str)).map(str::to_owned).collect()
}

fn env(container: &Inspection) -> impl Iterator<Item = &str> {
    let env = container.0.pointer("/Config/Env").and_then(Value::as_array);
    env.into_iter().flatten().filter_map(Value::as_str)
}

/// The last part of a path.
fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind(image: &str, words: &[&str], env: &[&str]) -> Option<Kind> {
        Kind::of(&Inspection(json!({
            "Path": words[0], "Args": words[1..], "Config": { "Image": image, "Env": env },
        })))
    }

    #[test]
    fn the_official_images_are_known_by_their_programs() {
        let start = ["/docker-entrypoint.sh", "nginx", "-g", "daemon off;"];
        assert_eq!(kind("nginx:1.29-alpine", &start, &[]), Some(Kind::Nginx));
        assert_eq!(kind("registry.example/web@sha256:0", &start, &[]), Some(Kind::Nginx));
        let forego = ["/app/docker-entrypoint.sh", "forego", "start", "-r"];
        assert_eq!(
            kind("nginxproxy/nginx-proxy:1.8", &forego, &["DOCKER_GEN_VERSION=0.14.4"]),
            Some(Kind::NginxProxy)
        );
        assert_eq!(kind("mine", &forego, &["NGINX_PROXY_VERSION=1.8"]), Some(Kind::NginxProxy));
        assert_eq!(kind("traefik:v3.7", &["/entrypoint.sh", "traefik"], &[]), Some(Kind::Traefik));
        let caddy = ["caddy", "run", "--config", "/etc/caddy/Caddyfile"];
        assert_eq!(kind("caddy:2", &caddy, &[]), Some(Kind::Caddy));
        let plugin = ["/bin/caddy", "docker-proxy"];
        assert_eq!(kind("lucaslorentz/x:ci", &plugin, &[]), Some(Kind::CaddyDockerProxy));
        let haproxy = ["docker-entrypoint.sh", "haproxy", "-f", "/usr/local/etc/haproxy"];
        assert_eq!(kind("haproxy:3.2", &haproxy, &[]), Some(Kind::Haproxy));
    }

    #[test]
    fn an_application_is_no_proxy() {
        assert_eq!(
            kind("ghost:5", &["docker-entrypoint.sh", "node", "current/index.js"], &[]),
            None
        );
    }
}
