//! Caddy's configuration as its admin API shows it. Source: Caddy's documentation, JSON structure of
//! `http.handlers.reverse_proxy` and its `dynamic_upstreams`.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde_json::Value;

use super::names::{Lookup, Names};

/// How long `dynamic a` remembers addresses, unless `refresh` is given.
const REFRESH: Duration = Duration::from_mins(1);

/// The addresses that requests are passed to.
#[must_use]
pub(super) fn addresses(configuration: &Value) -> BTreeSet<IpAddr> {
    let proxies = reverse_proxies(configuration);
    let dials = proxies.iter().flat_map(|proxy| dials(proxy));
    dials.filter_map(|dial| Some(dial.parse::<SocketAddr>().ok()?.ip())).collect()
}

/// How Caddy looks up these names. One that is dialled is looked up for every connection.
#[must_use]
pub(super) fn lookup(configuration: &Value, names: &Names) -> Lookup {
    let mut found = Lookup::Unconcerned;
    for proxy in reverse_proxies(configuration) {
        if dials(proxy).any(|dial| names.are_meant(dial)) {
            found = found.max(Lookup::Again(Duration::ZERO));
        }
        let dynamic = &proxy["dynamic_upstreams"];
        if dynamic["name"].as_str().is_some_and(|name| names.are_meant(name)) {
            let refresh = dynamic["refresh"].as_u64().map_or(REFRESH, Duration::from_nanos);
            found = found.max(Lookup::Again(refresh));
        }
    }
    found
}

fn dials(proxy: &Value) -> impl Iterator<Item = &str> {
    let upstreams = proxy["upstreams"].as_array();
    upstreams.into_iter().flatten().filter_map(|one| one["dial"].as_str())
}

/// Every `reverse_proxy` handler, however deep.
fn reverse_proxies(value: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::Object(map) => {
                if map.get("handler").and_then(Value::as_str) == Some("reverse_proxy") {
                    found.push(value);
                }
                left.extend(map.values());
            }
            Value::Array(all) => left.extend(all),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(proxy: Value) -> Value {
        let mut proxy = proxy;
        proxy["handler"] = json!("reverse_proxy");
        let route =
            json!({ "handle": [{ "handler": "subroute", "routes": [{ "handle": [proxy] }] }] });
        json!({ "apps": { "http": { "servers": { "srv0": { "routes": [route] } } } } })
    }

    fn looked_up(proxy: Value) -> Lookup {
        lookup(&with(proxy), &Names::of(["web".to_owned()]))
    }

    #[test]
    fn a_name_that_is_dialled_is_looked_up_each_time() {
        assert_eq!(
            looked_up(json!({ "upstreams": [{ "dial": "web:8080" }] })),
            Lookup::Again(Duration::ZERO)
        );
        assert_eq!(
            looked_up(json!({ "upstreams": [{ "dial": "other:80" }] })),
            Lookup::Unconcerned
        );
    }

    #[test]
    fn dynamic_upstreams_are_looked_up_every_refresh() {
        let dynamic = |refresh: Value| {
            let mut dynamic = json!({ "source": "a", "name": "web", "port": "8080" });
            if !refresh.is_null() {
                dynamic["refresh"] = refresh;
            }
            looked_up(json!({ "dynamic_upstreams": dynamic }))
        };
        assert_eq!(dynamic(Value::Null), Lookup::Again(REFRESH));
        assert_eq!(dynamic(json!(1_000_000_000)), Lookup::Again(Duration::from_secs(1)));
    }

    #[test]
    fn addresses_that_are_dialled_are_listed() {
        let listed = addresses(&with(
            json!({ "upstreams": [{ "dial": "172.18.0.3:80" }, { "dial": "web:1" }] }),
        ));
        assert_eq!(listed, BTreeSet::from([[172, 18, 0, 3].into()]));
    }
}
