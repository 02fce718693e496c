//! The helper in somebody's network namespace, on a real engine and a real kernel.

use std::time::Duration;

use composeup::detour::{Answer, Command, Connection, Detour, Refusal};
use composeup::engine::Engine as _;
use composeup::engine::api::{ContainerId, ContainerSpec, Link};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::time::sleep;

use super::backend::Lab;

/// Answers every line with its own name before it.
fn echo(name: &str) -> String {
    format!(
        "busybox nc -ll -p 9000 -e /bin/sh -c 'while read l; do sleep 0.05; echo {name}-$l; done'"
    )
}

/// A container that answers, with its IPv4 and its IPv6 address.
struct Server {
    id: ContainerId,
    v4: String,
    v6: String,
}

/// A client, and two servers that it can reach, on one network of both families.
struct Street {
    client: ContainerId,
    old: Server,
    new: Server,
}

impl Street {
    async fn build(lab: &Lab, subnet: &str) -> Self {
        let body = json!({
            "Name": lab.network(1), "CheckDuplicate": true, "EnableIPv6": true,
            "IPAM": { "Config": [{ "Subnet": subnet }] },
        });
        lab.docker.create_network(&body).await.unwrap();
        let on = json!({ "HostConfig": { "NetworkMode": lab.network(1) } });
        let client = lab.running("client", "while :; do sleep 60; done", &on).await;
        let old = Server::start(lab, "old", &on).await;
        let new = Server::start(lab, "new", &on).await;
        Self { client, old, new }
    }

    fn v4(&self) -> Detour {
        Detour { from: self.old.v4.parse().unwrap(), to: self.new.v4.parse().unwrap() }
    }

    fn v6(&self) -> Detour {
        Detour { from: self.old.v6.parse().unwrap(), to: self.new.v6.parse().unwrap() }
    }

    /// Lets the client do something meanwhile.
    async fn background(&self, lab: &Lab, script: &str) {
        lab.shell(&self.client, &format!("sh -c '{script}' >/dev/null 2>&1 &")).await;
    }

    /// Who answers the client under an address.
    async fn answers(&self, lab: &Lab, address: &str) -> String {
        let ask = format!("echo hi | busybox nc -w 5 {address} 9000");
        lab.shell(&self.client, &ask).await.1.trim_end().to_owned()
    }
}

impl Server {
    async fn start(lab: &Lab, name: &str, more: &Value) -> Self {
        let id = lab.running(name, &echo(name), more).await;
        let seen = lab.docker.container(&id.0).await.unwrap().unwrap();
        let end = seen.networks().remove(&lab.network(1)).unwrap();
        let text = |key: &str| end[key].as_str().unwrap().to_owned();
        Self { id, v4: text("IPAddress"), v6: text("GlobalIPv6Address") }
    }
}

/// A helper: composeup as it was built, on the host's own libraries.
struct Helper(ContainerId, Link);

impl Helper {
    async fn start(lab: &Lab, inside: &ContainerId, capabilities: &[&str]) -> Self {
        let host = json!({
            "NetworkMode": format!("container:{inside}"),
            "CapDrop": ["ALL"], "CapAdd": capabilities, "ReadonlyRootfs": true,
            "AutoRemove": true, "LogConfig": { "Type": "none" },
            "Binds": [
                "/lib:/lib:ro", "/lib64:/lib64:ro", "/usr:/usr:ro",
                concat!(env!("CARGO_BIN_EXE_composeup"), ":/composeup:ro"),
            ],
        });
        let body = json!({
            "Image": lab.image(), "Labels": lab.labels(), "HostConfig": host,
            "Entrypoint": ["/composeup", "detour-helper", "composeup-test"],
            "OpenStdin": true, "StdinOnce": true, "AttachStdin": true, "AttachStdout": true,
        });
        let name = format!("{}-helper", lab.name);
        let spec =
            ContainerSpec { name, platform: None, body, connect: Vec::new(), files: Vec::new() };
        let id = lab.docker.create(&spec).await.unwrap();
        let link = lab.docker.attach(&id).await.unwrap();
        lab.docker.start(&id).await.unwrap();
        Self(id, link)
    }

    async fn ask(&mut self, command: &Command) -> Answer {
        let line = serde_json::to_string(command).unwrap() + "\n";
        self.1.input.write_all(line.as_bytes()).await.unwrap();
        self.1.input.flush().await.unwrap();
        serde_json::from_str(&self.1.lines.next().await.unwrap().unwrap()).unwrap()
    }

    async fn connections(&mut self) -> Vec<Connection> {
        match self.ask(&Command::Connections).await {
            Answer::Connections(connections) => connections,
            other => panic!("{other:?}"),
        }
    }

    async fn is_gone(id: &ContainerId, lab: &Lab) -> bool {
        for _ in 0..100 {
            if lab.docker.container(&id.0).await.unwrap().is_none() {
                return true;
            }
            sleep(Duration::from_millis(50)).await;
        }
        false
    }
}

#[test]
fn new_connections_go_to_the_other_container_in_both_families_and_old_ones_stay() {
    Lab::run("detour", &async |lab| {
        let street = Street::build(lab, "fd00:c0:1::/64").await;
        let (old, new) = (&street.old, &street.new);
        let long =
            format!("(echo 1; sleep 6; echo 2; sleep 1) | busybox nc {} 9000 >/long", old.v4);
        street.background(lab, &long).await;
        let mut helper = Helper::start(lab, &street.client, &["NET_ADMIN"]).await;
        let set = Command::Set(vec![street.v4(), street.v6()]);
        assert_eq!(helper.ask(&set).await, Answer::Done);
        assert_eq!(street.answers(lab, &old.v4).await, "new-hi");
        assert_eq!(helper.ask(&set).await, Answer::Done);
        assert_eq!(street.answers(lab, &old.v6).await, "new-hi");
        assert_eq!(street.answers(lab, &new.v4).await, "new-hi");
        assert_eq!(helper.ask(&Command::Set(Vec::new())).await, Answer::Done);
        assert_eq!(street.answers(lab, &old.v4).await, "old-hi");
        assert_eq!(helper.ask(&set).await, Answer::Done);
        let said = lab.shell(&street.client, "until busybox grep 2 /long; do sleep 0.2; done");
        let ((), said) = tokio::join!(beats(&mut helper.1), said);
        assert_eq!(said.1, "old-2\n", "the connection that was there stayed");
    });
}

/// Keeps the helper alive for some seconds.
async fn beats(link: &mut Link) {
    for _ in 0..25 {
        link.input.write_all(b"\n").await.unwrap();
        link.input.flush().await.unwrap();
        sleep(Duration::from_millis(250)).await;
    }
}

#[test]
fn a_helper_that_nobody_speaks_to_takes_its_rules_with_it() {
    Lab::run("silence", &async |lab| {
        let street = Street::build(lab, "fd00:c0:2::/64").await;
        let old = &street.old;
        for is_cut in [true, false] {
            let mut helper = Helper::start(lab, &street.client, &["NET_ADMIN"]).await;
            assert_eq!(helper.ask(&Command::Set(vec![street.v4()])).await, Answer::Done);
            assert_eq!(street.answers(lab, &old.v4).await, "new-hi");
            let Helper(id, link) = helper;
            let _silent = (!is_cut).then_some(link);
            assert!(Helper::is_gone(&id, lab).await);
            assert_eq!(street.answers(lab, &old.v4).await, "old-hi");
        }
    });
}

#[test]
fn a_helper_that_is_killed_takes_its_rules_with_it() {
    Lab::run("killed", &async |lab| {
        let street = Street::build(lab, "fd00:c0:3::/64").await;
        let mut helper = Helper::start(lab, &street.client, &["NET_ADMIN"]).await;
        let both = vec![street.v4(), street.v6()];
        assert_eq!(helper.ask(&Command::Set(both)).await, Answer::Done);
        lab.docker.remove(&helper.0).await.unwrap();
        assert_eq!(street.answers(lab, &street.old.v4).await, "old-hi");
        assert_eq!(street.answers(lab, &street.old.v6).await, "old-hi");
    });
}

#[test]
fn without_the_right_to_change_the_network_it_says_so() {
    Lab::run("rights", &async |lab| {
        let street = Street::build(lab, "fd00:c0:4::/64").await;
        let mut helper = Helper::start(lab, &street.client, &[]).await;
        let answer = helper.ask(&Command::Set(vec![street.v4()])).await;
        assert_eq!(answer, Answer::Refused(Refusal::NotPermitted));
    });
}

#[test]
fn the_old_containers_own_sockets_tell_what_is_under_way_and_idle_ones_are_closed() {
    Lab::run("sockets", &async |lab| {
        let street = Street::build(lab, "fd00:c0:5::/64").await;
        let at = &street.old.v4;
        street.background(lab, &format!("(echo 1; sleep 30) | busybox nc {at} 9000 >/idle")).await;
        lab.shell(&street.client, "until busybox grep -q old-1 /idle; do sleep 0.1; done").await;
        let mut inside = Helper::start(lab, &street.old.id, &["NET_ADMIN"]).await;
        let found = inside.connections().await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].accepted && found[0].established, "{found:?}");
        assert_eq!((found[0].local.port(), found[0].local.ip()), (9000, at.parse().unwrap()));
        lab.docker.remove(&inside.0).await.unwrap();
        let mut client = Helper::start(lab, &street.client, &["NET_ADMIN"]).await;
        let close = |quiet_ms| Command::Close { to: vec![at.parse().unwrap()], quiet_ms };
        assert_eq!(client.ask(&close(60_000)).await, Answer::Closed(0));
        assert_eq!(client.ask(&close(0)).await, Answer::Closed(1));
        assert!(client.connections().await.is_empty());
    });
}

#[test]
fn a_connection_is_known_by_where_it_leads_whatever_address_it_shows() {
    Lab::run("ends", &async |lab| {
        let street = Street::build(lab, "fd00:c0:6::/64").await;
        let Detour { from: old, to: new } = street.v4();
        let mut helper = Helper::start(lab, &street.client, &["NET_ADMIN"]).await;
        let warming = Command::Set(vec![Detour { from: new, to: old }]);
        assert_eq!(helper.ask(&warming).await, Answer::Done);
        let idle = |at| format!("(echo 1; sleep 30) | busybox nc {at} 9000 >/to-{at}");
        street.background(lab, &idle(new)).await;
        lab.shell(&street.client, &format!("until busybox grep -q old-1 /to-{new}; do :; done"))
            .await;
        assert_eq!(helper.ask(&Command::Set(vec![street.v4()])).await, Answer::Done);
        street.background(lab, &idle(old)).await;
        lab.shell(&street.client, &format!("until busybox grep -q new-1 /to-{old}; do :; done"))
            .await;
        let mut found: Vec<_> = {
            let all = helper.connections().await;
            all.iter().map(|one| (one.peer.ip(), one.reached)).collect()
        };
        found.sort_unstable();
        assert_eq!(found, [(old, new), (new, old)]);
        let close = Command::Close { to: vec![old], quiet_ms: 0 };
        assert_eq!(helper.ask(&close).await, Answer::Closed(1));
        let left = helper.connections().await;
        assert_eq!(left.iter().map(|one| one.reached).collect::<Vec<_>>(), [new]);
    });
}

#[test]
fn what_an_earlier_helper_led_is_known_by_where_it_leads() {
    Lab::run("earlier", &async |lab| {
        let street = Street::build(lab, "fd00:c0:8::/64").await;
        let Detour { from: old, to: new } = street.v4();
        let mut earlier = Helper::start(lab, &street.client, &["NET_ADMIN"]).await;
        assert_eq!(earlier.ask(&Command::Set(vec![street.v4()])).await, Answer::Done);
        let idle = format!("(echo 1; sleep 30) | busybox nc {old} 9000 >/idle");
        street.background(lab, &idle).await;
        lab.shell(&street.client, "until busybox grep -q new-1 /idle; do :; done").await;
        lab.docker.remove(&earlier.0).await.unwrap();
        let mut helper = Helper::start(lab, &street.client, &["NET_ADMIN"]).await;
        let found = helper.connections().await;
        let ends: Vec<_> = found.iter().map(|one| (one.peer.ip(), one.reached)).collect();
        assert_eq!(ends, [(old, new)]);
    });
}

#[test]
fn a_helper_that_stays_leads_until_somebody_else_has_the_address() {
    Lab::run("staying", &async |lab| {
        let street = Street::build(lab, "fd00:c0:7::/64").await;
        assert_eq!(street.answers(lab, &street.old.v4).await, "old-hi", "it is a neighbour");
        let mut helper = Helper::start(lab, &street.client, &["NET_ADMIN"]).await;
        assert_eq!(helper.ask(&Command::Set(vec![street.v4()])).await, Answer::Done);
        lab.docker.remove(&street.old.id).await.unwrap();
        assert_eq!(helper.ask(&Command::Stay(60_000)).await, Answer::Done);
        let Helper(id, link) = helper;
        drop(link);
        sleep(Duration::from_millis(2500)).await;
        let old = &street.old.v4;
        assert_eq!(street.answers(lab, old).await, "new-hi", "longer than silence is borne");
        let on = json!({ "HostConfig": { "NetworkMode": lab.network(1) } });
        let other = Server::start(lab, "other", &on).await;
        assert_eq!(other.v4, *old, "the engine hands out the lowest free address");
        let soon = format!(
            "until echo hi | busybox nc -w 5 {old} 9000 | busybox grep -q other-hi; do i=$((i+1)); [ $i -lt 40 ] || exit 1; done"
        );
        assert_eq!(lab.shell(&street.client, &soon).await.0, 0);
        assert!(lab.docker.container(&id.0).await.unwrap().is_some(), "the time is not over");
        lab.docker.remove(&id).await.unwrap();
    });
}
