//! A helper as a container: pure.

use std::fmt;

use serde_json::json;

use crate::engine::api::{ContainerId, ContainerSpec};
use crate::labels;

/// Whose network namespace a helper is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A container's.
    Container(ContainerId),
    /// The host's own.
    Host,
}

impl Place {
    fn mode(&self) -> String {
        match self {
            Self::Container(id) => format!("container:{id}"),
            Self::Host => "host".into(),
        }
    }

    /// Full id, or `host`.
    fn key(&self) -> &str {
        match self {
            Self::Container(id) => &id.0,
            Self::Host => "host",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(id) => write!(f, "container `{}`", id.short()),
            Self::Host => f.write_str("the host"),
        }
    }
}

/// The helper of a run in a place: it may change the network there, and nothing else; it is gone
/// when it ends.
pub(super) fn helper(run: &str, image: &str, place: &Place) -> ContainerSpec {
    let short = crate::text::short_id(place.key());
    let body = json!({
        "Image": image,
        "Cmd": ["detour-helper", table(run)],
        "Labels": { labels::RUN: run, labels::HELPER: place.key() },
        "AttachStdin": true,
        "AttachStdout": true,
        "OpenStdin": true,
        "StdinOnce": true,
        "HostConfig": {
            "NetworkMode": place.mode(),
            "CapDrop": ["ALL"],
            "CapAdd": ["NET_ADMIN"],
            "SecurityOpt": ["no-new-privileges"],
            "ReadonlyRootfs": true,
            "AutoRemove": true,
            "LogConfig": { "Type": "none" },
        },
    });
    ContainerSpec {
        name: format!("composeup-{run}-{short}"),
        platform: None,
        body,
        connect: Vec::new(),
        files: Vec::new(),
    }
}

/// A helper that only asks a container from where that is: it may not even change the network.
pub(super) fn asking_helper(run: &str, image: &str, place: &Place) -> ContainerSpec {
    let mut spec = helper(run, image, place);
    spec.name += "-ready";
    spec.body["HostConfig"]["CapAdd"] = json!([]);
    spec
}

/// Name of the table that the run's rules are in.
fn table(run: &str) -> String {
    format!("composeup-{run}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_may_change_the_network_of_its_place_and_nothing_else() {
        let place = Place::Container(ContainerId("0123456789abcdef".into()));
        let spec = helper("r1", "composeup-helper:1", &place);
        assert_eq!(spec.name, "composeup-r1-0123456789ab");
        insta::assert_json_snapshot!(spec.body, @r#"
        {
          "Image": "composeup-helper:1",
          "Cmd": [
            "detour-helper",
            "composeup-r1"
          ],
          "Labels": {
            "composeup.run": "r1",
            "composeup.helper": "0123456789abcdef"
          },
          "AttachStdin": true,
          "AttachStdout": true,
          "OpenStdin": true,
          "StdinOnce": true,
          "HostConfig": {
            "NetworkMode": "container:0123456789abcdef",
            "CapDrop": [
              "ALL"
            ],
            "CapAdd": [
              "NET_ADMIN"
            ],
            "SecurityOpt": [
              "no-new-privileges"
            ],
            "ReadonlyRootfs": true,
            "AutoRemove": true,
            "LogConfig": {
              "Type": "none"
            }
          }
        }
        "#);
        let asking = asking_helper("r1", "composeup-helper:1", &place);
        assert_eq!(asking.name, "composeup-r1-0123456789ab-ready");
        assert_eq!(asking.body["HostConfig"]["CapAdd"], json!([]));
        let host = helper("r1", "composeup-helper:1", &Place::Host);
        assert_eq!(host.body["HostConfig"]["NetworkMode"], "host");
        assert_eq!(host.body["Labels"][labels::HELPER], "host");
    }
}
