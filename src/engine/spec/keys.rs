//! Every key of a service and what becomes of it: nothing is dropped silently.

use super::{SpecError, SpecInput};
use crate::compose::model::Service;

/// Keys that become part of a container.
#[cfg(test)]
const MAPPED: &str = "\
    annotations blkio_config cap_add cap_drop cgroup cgroup_parent command configs \
    container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime \
    cpu_shares cpus cpuset depends_on deploy device_cgroup_rules devices dns dns_opt dns_search \
    domainname entrypoint environment expose external_links extra_hosts gpus group_add \
    healthcheck hostname image init ipc isolation labels links logging mac_address mem_limit \
    mem_reservation mem_swappiness memswap_limit network_mode networks oom_kill_disable \
    oom_score_adj pid pids_limit platform ports privileged read_only restart runtime secrets \
    security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs \
    tty ulimits user userns_mode uts volumes volumes_from working_dir";

/// Keys that concern Compose alone and never reach a container, each with the reason.
#[cfg(test)]
const OF_COMPOSE: [(&str, &str); 12] = [
    ("attach", "whether `compose up` shows the output"),
    ("build", "how the image is made; the container is made of the image"),
    ("credential_spec", "Compose reads it and sends nothing of it"),
    ("develop", "what `compose watch` does"),
    ("env_file", "merged into `environment` by the loader"),
    ("extends", "merged by the loader"),
    ("label_file", "merged into `labels` by the loader"),
    ("post_start", "a command run in the container once it is started"),
    ("pre_stop", "a command run in a container that stops for good, not in one that is replaced"),
    ("profiles", "whether the service is active"),
    ("pull_policy", "when the image is pulled"),
    ("scale", "how many containers there are"),
];

/// A key composeup does not map, how to see that it is given, and why it stops the upgrade.
type Refused = (&'static str, fn(&Service) -> bool, &'static str);

const REFUSED: [Refused; 3] = [
    ("models", |service| !service.models.is_empty(), "Compose starts the models itself"),
    ("provider", |service| service.provider.is_some(), "the service has no container"),
    (
        "use_api_socket",
        |service| service.use_api_socket,
        "Compose hands the credentials of the command line to the container",
    ),
];

/// An error for the first key that is given and not mapped.
pub(super) fn check(input: &SpecInput) -> Result<(), SpecError> {
    let service = input.service;
    let given = REFUSED.iter().find(|(_, is_given, _)| is_given(service));
    given.map_or(Ok(()), |(key, _, reason)| {
        Err(SpecError::Unsupported {
            service: service.name.clone(),
            key: (*key).to_owned(),
            reason: (*reason).to_owned(),
            location: service.location_of(key),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_specification_is_mapped_explained_or_refused() {
        let of_compose = OF_COMPOSE.iter().map(|(key, _)| *key);
        let refused = REFUSED.iter().map(|(key, ..)| *key);
        let mut listed: Vec<&str> = MAPPED.split(' ').chain(of_compose).chain(refused).collect();
        listed.sort_unstable();
        let mut known = Service::KEYS.to_vec();
        known.sort_unstable();
        assert_eq!(listed, known);
    }
}
