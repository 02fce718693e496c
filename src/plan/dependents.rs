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
    use serde_json::json;

    use super::*;
    use crate::compose::hash::{Generation, Shared, label_hash};
    use crate::engine::Observed;
    use crate::engine::api::Inspection;
    use crate::labels;
    use crate::plan::sample::{self, container, project};
    use crate::plan::steps::{Order, ReplacementId, ServicePlan};
    use crate::plan::{Plan, plan};

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

    /// Plans `services` after an edit of the image of `vpn`, with everything running as the file
    /// said but for what `change` does.
    fn plan_for(services: &[&str], change: impl Fn(&mut Observed)) -> Plan {
        let (before, after) =
            (project(FILE), project(&FILE.replace("image: vpn", "image: 'vpn:2'")));
        let containers = [container(&before, "vpn"), at_home("client"), at_home("backup")];
        let mut observed = sample::observed(&after, &containers);
        change(&mut observed);
        let situation = sample::situation(&before, &after, &observed);
        plan(&situation, &sample::options(services)).unwrap()
    }

    /// The container of a service that shares with the others there are.
    fn at_home(service: &str) -> Inspection {
        let project = project(FILE);
        let mut found = container(&project, service);
        let shared = Shared::from(["vpn", "client"].map(|name| (name.to_owned(), found.id().0)));
        let hash = label_hash(&project, &project.services[service], Generation::V2_36, &shared);
        found.0["Config"]["Labels"][labels::CONFIG_HASH] = hash.into();
        found
    }

    fn planned(plan: &Plan) -> Vec<(&str, Vec<String>)> {
        let causes = |service: &ServicePlan| {
            service.causes.iter().map(|cause| cause.0.clone()).collect::<Vec<String>>()
        };
        plan.services.iter().map(|one| (one.service.as_str(), causes(one))).collect()
    }

    #[test]
    fn whoever_lives_in_a_container_that_goes_is_replaced_with_it_and_says_why() {
        let plan = plan_for(&["vpn"], |_| {});
        let cause = |text: &str| vec![text.to_owned()];
        let expected = [
            ("vpn", cause("image changed (vpn → vpn:2)")),
            (
                "client",
                ["network", "process namespace"]
                    .map(|it| format!("shares the {it} of `vpn`"))
                    .into(),
            ),
            ("backup", cause("shares the volumes of `client`")),
        ];
        assert_eq!(planned(&plan), expected);
        let client = &plan.services[1];
        assert_eq!(client.order, Order::StartFirst);
        assert_eq!(client.replacements[0].shares, [ReplacementId { service: 0, index: 0 }; 2]);
    }

    #[test]
    fn alone_it_is_replaced_only_if_it_changed_itself() {
        let plan = plan_for(&["client", "backup"], |_| {});
        assert_eq!(planned(&plan), []);
        assert_eq!(plan.up_to_date, ["client", "backup"]);
    }

    #[test]
    fn one_that_does_not_run_is_left_and_one_that_is_not_there_is_nothing() {
        let plan = plan_for(&["vpn"], |observed| {
            observed.containers.remove("backup");
            let client = &mut observed.containers.get_mut("client").unwrap()[0];
            client.0["State"] = json!({ "Status": "exited", "Running": false });
        });
        assert_eq!(planned(&plan).len(), 1);
        let notes: Vec<&str> = plan.findings.iter().map(|one| one.message.as_str()).collect();
        let left =
            "`client` shares the network of `vpn` and does not run; it is left to the next `up`";
        assert!(notes.contains(&left), "{notes:?}");
    }
}
