//! Which Compose made a container, and what that means for the one that replaces it.

use serde::{Deserialize, Serialize};

/// A release of Compose: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Release(pub u32, pub u32, pub u32);

/// What Compose changed in the calls it sends. Each began with one release and stayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `driver_opts` of a service's network is sent.
    EndpointDriverOpts,
    /// A bind without options is a bind string; one with a propagation, a recursion or without
    /// `create_host_path` is a mount. Before, only `create_host_path` made a bind string.
    PlainBinds,
    /// An external network is named by its name. Before, by its id.
    ExternalNetworkByName,
    /// `gpus`, CDI devices and the options of device requests are sent.
    DeviceRequests,
    /// `gw_priority` is sent.
    GatewayPriority,
    /// `post_start` and `pre_stop` are run.
    Hooks,
    /// Networks carry their hash as a label.
    NetworkHash,
    /// Volumes carry their hash as a label.
    VolumeHash,
    /// A named volume without options is a bind string. Before, a mount.
    NamedVolumesAsBinds,
    /// `create_host_path` is true where a bind does not say. Before, only the short form made it so.
    HostPathByDefault,
    /// The `replace` label holds a name. Before, the full id.
    ReplaceByName,
    /// Capabilities are sent sorted and as `CAP_X`.
    CanonicalCapabilities,
}

/// The first release with each change, as read in the sources of Compose.
const SINCE: [(Change, Release); 12] = [
    (Change::EndpointDriverOpts, Release(2, 27, 1)),
    (Change::PlainBinds, Release(2, 30, 0)),
    (Change::ExternalNetworkByName, Release(2, 30, 0)),
    (Change::DeviceRequests, Release(2, 30, 0)),
    (Change::Hooks, Release(2, 30, 0)),
    (Change::NetworkHash, Release(2, 31, 0)),
    (Change::VolumeHash, Release(2, 32, 0)),
    (Change::GatewayPriority, Release(2, 33, 1)),
    (Change::NamedVolumesAsBinds, Release(2, 35, 1)),
    (Change::ReplaceByName, Release(2, 39, 0)),
    (Change::HostPathByDefault, Release(5, 0, 2)),
    // It came with a library; 2.40 is the first release it was seen with.
    (Change::CanonicalCapabilities, Release(2, 40, 0)),
];

impl Release {
    /// Reads a version label such as `2.40.3`, `v2.26.1-4` or `1.29.2`. What cannot be read counts
    /// as 0.
    #[must_use]
    pub fn parse(version: &str) -> Self {
        let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
        let mut next = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        Self(next(), next(), next())
    }

    /// Whether this is Compose v1, the one written in Python.
    #[must_use]
    pub fn is_v1(self) -> bool {
        self.0 == 1
    }

    /// Whether this release has `change`.
    #[must_use]
    pub fn has(self, change: Change) -> bool {
        SINCE.iter().any(|(known, since)| *known == change && self >= *since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_labels_are_read_with_and_without_a_distribution_s_suffix() {
        assert_eq!(Release::parse("2.40.3"), Release(2, 40, 3));
        assert_eq!(Release::parse("v2.26.1-4"), Release(2, 26, 1));
        assert!(Release::parse("1.29.2").is_v1());
    }

    #[test]
    fn a_change_is_there_from_its_release_on() {
        assert!(!Release(2, 35, 0).has(Change::NamedVolumesAsBinds));
        assert!(Release(2, 35, 1).has(Change::NamedVolumesAsBinds));
        assert!(Release(5, 0, 0).has(Change::NamedVolumesAsBinds));
    }

    #[test]
    fn compose_v1_has_none_of_the_changes() {
        assert!(SINCE.iter().all(|(change, _)| !Release(1, 29, 2).has(*change)));
    }
}
