//! Services that live in containers of others: they share a namespace or volumes with one, by its
//! id. Once that container is replaced they are nowhere: Compose v2 recreates them at its next
//! `up`, and v1 leaves them in a dead namespace.

use std::collections::BTreeSet;

use crate::compose::model::{Project, Service};

/// The word for [`Share::what`] of a network.
pub const NETWORK: &str = "network";

/// What a service shares with the first container of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share<'a> {
    /// In words: `network`, `volumes`.
    pub what: &'static str,
    /// The other service.
    pub with: &'a str,
}

/// Everything `service` shares with other services.
#[must_use]
pub fn shares(service: &Service) -> Vec<Share<'_>> {
    let modes = [
        (NETWORK, &service.network_mode),
        ("IPC namespace", &service.ipc),
        ("process namespace", &service.pid),
    ];
    let namespaces = modes.into_iter().filter_map(|(what, mode)| {
        Some(Share { what, with: mode.as_ref()?.strip_prefix("service:")? })
    });
    let sources = service.volumes_from.iter().filter(|from| !from.starts_with("container:"));
    let volumes = sources.map(|from| Share {
        what: "volumes",
        with: from.split_once(':').map_or(from.as_str(), |(name, _)| name),
    });
    namespaces.chain(volumes).collect()
}

/// The named services, and all that share something with one of them, directly or through others.
#[must_use]
pub fn with_dependents(project: &Project, names: &BTreeSet<String>) -> BTreeSet<String> {
    let mut all = names.clone();
    loop {
        let new: Vec<String> = project
            .services
            .values()
            .filter(|service| !all.contains(&service.name))
            .filter(|service| shares(service).iter().any(|share| all.contains(share.with)))
            .map(|service| service.name.clone())
            .collect();
        if new.is_empty() {
            return all;
        }
        all.extend(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample::project;

    const FILE: &str = "
services:
  vpn: {image: vpn}
  client: {image: client, network_mode: 'service:vpn', pid: 'service:vpn'}
  backup: {image: backup, volumes_from: ['client:ro', 'container:other']}
  other: {image: other, ipc: host}
";

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn namespaces_and_volumes_are_shared_with_services_not_with_containers() {
        let project = project(FILE);
        let of = |name: &str| {
            let all = shares(&project.services[name]);
            all.iter().map(|share| format!("{} of {}", share.what, share.with)).collect::<Vec<_>>()
        };
        assert_eq!(of("client"), ["network of vpn", "process namespace of vpn"]);
        assert_eq!(of("backup"), ["volumes of client"]);
        assert_eq!(of("other"), Vec::<String>::new());
    }

    #[test]
    fn dependents_come_along_also_through_others() {
        let project = project(FILE);
        assert_eq!(
            with_dependents(&project, &names(&["vpn"])),
            names(&["backup", "client", "vpn"])
        );
        assert_eq!(with_dependents(&project, &names(&["backup"])), names(&["backup"]));
        assert_eq!(with_dependents(&project, &names(&["other"])), names(&["other"]));
    }
}
