//! What Traefik's API shows. Source: Traefik's documentation, `GET /api/http/services`.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

/// The addresses of all servers, as `/api/http/services` lists them.
#[must_use]
pub(super) fn addresses(services: &Value) -> BTreeSet<IpAddr> {
    let services = services.as_array().into_iter().flatten();
    let servers = services.filter_map(|one| one.pointer("/loadBalancer/servers")?.as_array());
    let urls = servers.flatten().filter_map(|server| server["url"].as_str());
    urls.filter_map(address).collect()
}

fn address(url: &str) -> Option<IpAddr> {
    url.parse::<http::Uri>().ok()?.host()?.trim_matches(['[', ']']).parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_addresses_of_all_servers_are_listed() {
        let services = json!([
            { "name": "web@docker", "loadBalancer": { "servers": [
                { "url": "http://172.18.0.3:8080" }, { "url": "http://[fd00::3]:80" },
            ] } },
            { "name": "api@internal" },
        ]);
        let listed: Vec<String> = addresses(&services).iter().map(ToString::to_string).collect();
        assert_eq!(listed, ["172.18.0.3", "fd00::3"]);
    }
}
