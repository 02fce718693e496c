//! What a proxy says of itself.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use super::names::{Lookup, Names};
use super::{caddy, haproxy, nginx, traefik};

/// A proxy's configuration, in its own form.
#[derive(Debug, Clone, PartialEq)]
pub enum Configuration {
    /// What `nginx -T` prints.
    Nginx(String),
    /// `HAProxy`'s configuration files.
    Haproxy(String),
    /// `GET /config/` of Caddy's admin API.
    Caddy(Value),
    /// `GET /api/http/services` of Traefik's API.
    Traefik(Value),
}

impl Configuration {
    /// The addresses it sends requests to; none if it never names addresses.
    #[must_use]
    pub fn addresses(&self) -> Option<BTreeSet<IpAddr>> {
        match self {
            Self::Nginx(text) => Some(nginx::addresses(text)),
            Self::Caddy(value) => Some(caddy::addresses(value)),
            Self::Traefik(value) => Some(traefik::addresses(value)),
            Self::Haproxy(_) => None,
        }
    }

    /// How it looks up these names.
    #[must_use]
    pub fn lookup(&self, names: &Names) -> Lookup {
        match self {
            Self::Nginx(text) => nginx::lookup(text, names),
            Self::Haproxy(text) => haproxy::lookup(text, names),
            Self::Caddy(value) => caddy::lookup(value, names),
            Self::Traefik(_) => Lookup::Unconcerned,
        }
    }
}
