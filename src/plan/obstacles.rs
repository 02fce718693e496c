//! What keeps two containers of a service from running at the same time.

use super::steps::{Finding, Level};
use super::writers::second_writer;
use crate::compose::model::{Port, Service, ServiceNetwork};
use crate::compose::source::Location;
use crate::engine::api::Inspection;

/// One thing that only one container can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is: a lower-case fragment.
    pub what: String,
    /// How to get rid of it.
    pub hint: String,
    /// Where it stands.
    pub place: Option<Location>,
}

impl Obstacle {
    /// The remark about it.
    #[must_use]
    pub fn finding(&self, level: Level, service: &Service) -> Finding {
        Finding::new(level, Some(&service.name), &self.what)
            .with_hint(&self.hint)
            .with_place(self.place.as_ref())
    }
}

/// Everything that keeps `at_once` containers of the service from running side by side;
/// `containers` are those that run, and it `moves` if the new ones live in the network of another
/// service's container than the old ones.
#[must_use]
pub fn obstacles(
    service: &Service,
    containers: &[Inspection],
    at_once: u32,
    moves: bool,
) -> Vec<Obstacle> {
    let name = fixed_name(service);
    let network = network_mode(service).filter(|_| !moves);
    let ports = service.ports.iter().find(|port| is_fixed(port, at_once));
    let ports = ports.map(|port| fixed_port(service, port));
    let address = static_address(service);
    let writer = second_writer(service, containers);
    [name, network, ports, address, writer].into_iter().flatten().collect()
}

fn fixed_name(service: &Service) -> Option<Obstacle> {
    let fixed = service.container_name.as_ref()?;
    Some(Obstacle {
        what: format!("`{}` has the fixed `container_name: {fixed}`", service.name),
        hint: "remove `container_name` from the file and run `docker compose up -d` once".into(),
        place: service.location_of("container_name"),
    })
}

fn network_mode(service: &Service) -> Option<Obstacle> {
    let mode =
        service.network_mode.as_deref().filter(|mode| *mode != "none" && *mode != "bridge")?;
    let name = &service.name;
    Some(Obstacle {
        what: format!(
            "`{name}` uses `network_mode: {mode}`, where two containers would use the same ports"
        ),
        hint: "put the service on a network of its own".into(),
        place: service.location_of("network_mode"),
    })
}

fn fixed_port(service: &Service, port: &Port) -> Obstacle {
    let (name, published) = (&service.name, port.published.as_deref().unwrap_or_default());
    Obstacle {
        what: format!(
            "`{name}` publishes the fixed host port {published}, which only one container can have"
        ),
        hint: "let the proxy publish the port and reach the service by its network, or give a range with room for one more".into(),
        place: service.location_of("ports"),
    }
}

fn static_address(service: &Service) -> Option<Obstacle> {
    let on_network = service.networks.values().flatten().any(has_static_address);
    (service.mac_address.is_some() || on_network).then(|| Obstacle {
        what: format!("`{}` has a static address, which only one container can have", service.name),
        hint: "remove the address; other containers reach the service by its name".into(),
        place: service.location_of("networks"),
    })
}

fn has_static_address(network: &ServiceNetwork) -> bool {
    network.ipv4_address.is_some()
        || network.ipv6_address.is_some()
        || network.mac_address.is_some()
        || !network.link_local_ips.is_empty()
}

/// Whether the host port leaves no room for `containers` at a time.
fn is_fixed(port: &Port, containers: u32) -> bool {
    let Some(published) = port.published.as_deref().filter(|text| !text.is_empty() && *text != "0")
    else {
        return false;
    };
    let room = match published.split_once('-') {
        Some((first, last)) => match (first.parse::<u32>(), last.parse::<u32>()) {
            (Ok(first), Ok(last)) => last.saturating_sub(first) + 1,
            _ => 1,
        },
        None => 1,
    };
    room < containers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample::{container, project};

    fn found(key: &str, at_once: u32) -> usize {
        let yaml = format!("services:\n  web:\n    image: web:1\n    {key}\n");
        let project = project(&yaml);
        obstacles(&project.services["web"], &[container(&project, "web")], at_once, false).len()
    }

    #[test]
    fn what_only_one_container_can_have_is_an_obstacle() {
        let alone = [
            "container_name: web",
            "network_mode: host",
            "ports: ['8080:80']",
            "ports: ['127.0.0.1:8080:80/udp']",
            "ports: [{target: 80, published: 8080}]",
            "networks: {default: {ipv4_address: 10.1.2.3}}",
            "mac_address: 02:42:ac:11:65:43",
        ];
        for key in alone {
            assert_eq!(found(key, 2), 1, "{key}");
        }
    }

    #[test]
    fn what_two_containers_can_share_is_none() {
        let shared =
            ["restart: always", "ports: ['80']", "ports: ['8080-8081:80']", "expose: ['80']"];
        for key in shared {
            assert_eq!(found(key, 2), 0, "{key}");
        }
    }

    #[test]
    fn a_range_of_ports_needs_room_for_all_that_run_at_once() {
        assert_eq!(found("ports: ['8080-8081:80']", 3), 1);
        assert_eq!(found("ports: ['8080-8082:80']", 3), 0);
    }
}
