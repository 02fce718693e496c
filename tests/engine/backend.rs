//! The Docker backend against a real engine: the one that `DOCKER_HOST` names, else the default
//! socket. Without an engine these tests fail; what they make carries a label of its own and is
//! removed even where a test fails.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use composeup::engine::api::{
    Attachment, ContainerFile, ContainerId, ContainerSpec, Exec, Inspection,
};
use composeup::engine::docker::{Address, Deadlines, Docker};
use composeup::engine::{Engine, EngineError};
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};

const LABEL: &str = "composeup.test";

/// One test's corner of the engine.
pub(super) struct Lab {
    pub(super) docker: Docker,
    pub(super) name: String,
}

impl Lab {
    /// Runs a test in its own corner and clears it afterwards.
    pub(super) fn run(name: &str, test: &impl AsyncFn(&Lab)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let env: BTreeMap<String, String> = std::env::vars().collect();
            let address = Address::resolve(None, &env).unwrap();
            let docker = Docker::connect(address, Deadlines::default())
                .await
                .unwrap_or_else(|error| panic!("this test needs a Docker Engine: {error}"));
            let lab = Lab { docker, name: format!("cu-{name}-{}", std::process::id()) };
            lab.import().await;
            let end = AssertUnwindSafe(test(&lab)).catch_unwind().await;
            lab.clear().await;
            if let Err(panic) = end {
                std::panic::resume_unwind(panic);
            }
        });
    }

    async fn import(&self) {
        let tar = busybox();
        let changes = ["ENV MADE_BY=import", "LABEL a=b"];
        self.docker.import_image(tar, &self.image(), &changes).await.unwrap();
    }

    async fn clear(&self) {
        let labels = [format!("{LABEL}={}", self.name)];
        for container in self.docker.containers(&labels).await.unwrap() {
            self.docker.remove(&container.id()).await.unwrap();
        }
        self.docker.remove_network(&self.network(1)).await.unwrap();
        self.docker.remove_network(&self.network(2)).await.unwrap();
        self.docker.remove_volume(&self.name).await.unwrap();
        for lock in self.docker.locks(&self.name).await.unwrap() {
            self.docker.remove_volume(&lock.name()).await.unwrap();
        }
        self.docker.remove_image(&self.image()).await.unwrap();
    }

    pub(super) fn image(&self) -> String {
        format!("{}:1", self.name)
    }

    pub(super) fn network(&self, number: usize) -> String {
        format!("{}-net{number}", self.name)
    }

    pub(super) fn labels(&self) -> Value {
        json!({ LABEL: self.name })
    }

    /// A container of this test that runs a shell script; `more` goes into its body.
    pub(super) fn spec(&self, suffix: &str, script: &str, more: &Value) -> ContainerSpec {
        let mut body = json!({
            "Image": self.image(),
            "Entrypoint": ["/bin/sh", "-c", script],
            "Labels": self.labels(),
        });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        let name = format!("{}-{suffix}", self.name);
        ContainerSpec { name, platform: None, body, connect: Vec::new(), files: Vec::new() }
    }

    pub(super) async fn running(&self, suffix: &str, script: &str, more: &Value) -> ContainerId {
        let id = self.docker.create(&self.spec(suffix, script, more)).await.unwrap();
        self.docker.start(&id).await.unwrap();
        id
    }

    pub(super) async fn shell(&self, id: &ContainerId, script: &str) -> (i64, String) {
        let command = Exec::of(["/bin/sh", "-c", script]);
        let end = self.docker.exec(id, &command, Duration::from_secs(20)).await.unwrap();
        (end.exit_code, end.output)
    }
}

/// A root file system of the static busybox and links to it.
fn busybox() -> Vec<u8> {
    let binary = std::fs::read("/bin/busybox").expect("this test needs busybox-static");
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(binary.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, "bin/busybox", &*binary).unwrap();
    for applet in ["sh", "sleep", "cat", "stat", "head", "tr", "echo"] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, format!("bin/{applet}"), "busybox").unwrap();
    }
    tar.into_inner().unwrap()
}

const SERVE: &str = "trap 'exit 0' TERM; echo serving; while :; do sleep 0.1; done";

#[test]
fn the_engine_says_who_it_is_and_which_version_is_spoken() {
    Lab::run("info", &async |lab| {
        let info = lab.docker.info().await.unwrap();
        assert!(info.speaks(1, 41) && !info.speaks(1, 52), "{info:?}");
        assert!(!info.version.is_empty() && info.os == "linux", "{info:?}");
    });
}

#[test]
fn a_container_lives_and_every_verb_may_be_said_twice() {
    Lab::run("life", &async |lab| {
        let docker = &lab.docker;
        let id = docker.create(&lab.spec("a", SERVE, &json!({}))).await.unwrap();
        assert_eq!(docker.container(&id.0).await.unwrap().unwrap().state().status, "created");
        for _ in 0..2 {
            docker.start(&id).await.unwrap();
        }
        let name = format!("{}-b", lab.name);
        for _ in 0..2 {
            docker.rename(&id, &name).await.unwrap();
        }
        let seen = docker.container(&name).await.unwrap().unwrap();
        assert!(seen.state().running);
        assert_eq!((seen.id(), seen.label("a")), (id.clone(), Some("b")));
        for _ in 0..2 {
            docker.stop(&id, Some(Duration::from_secs(5))).await.unwrap();
        }
        assert_eq!(docker.container(&name).await.unwrap().unwrap().state().exit_code, 0);
        for _ in 0..2 {
            docker.remove(&id).await.unwrap();
        }
        assert_eq!(docker.container(&name).await.unwrap(), None);
        docker.stop(&id, None).await.unwrap();
        assert!(matches!(docker.start(&id).await, Err(EngineError::NotFound { .. })));
    });
}

#[test]
fn a_command_gives_its_exit_code_and_at_most_a_mib_of_output() {
    Lab::run("exec", &async |lab| {
        let id = lab.running("a", SERVE, &json!({})).await;
        assert_eq!(lab.shell(&id, "echo out; echo err >&2; exit 3").await.0, 3);
        assert_eq!(lab.shell(&id, "echo $MADE_BY").await, (0, "import\n".into()));
        let (code, output) = lab.shell(&id, "head -c 2000000 /dev/zero | tr '\\0' x").await;
        assert_eq!((code, output.len()), (0, 1024 * 1024));
        let command = Exec::of(["/no/such"]);
        let missing = lab.docker.exec(&id, &command, Duration::from_secs(20)).await.unwrap();
        assert!([126, 127].contains(&missing.exit_code), "{missing:?}");
        assert!(missing.output.contains("no such file"), "{missing:?}");
        lab.docker.stop(&id, None).await.unwrap();
        let stopped = lab.docker.exec(&id, &Exec::of(["/bin/echo"]), Duration::from_secs(5)).await;
        assert!(matches!(stopped, Err(EngineError::Conflict { .. })), "{stopped:?}");
    });
}

#[test]
fn a_command_runs_as_who_where_and_with_what_it_is_asked_to() {
    Lab::run("execas", &async |lab| {
        let id = lab.running("a", SERVE, &json!({})).await;
        let run = async |exec: Exec| {
            lab.docker.exec(&id, &exec, Duration::from_secs(20)).await.unwrap().output
        };
        let who_and_where =
            Exec::of(["/bin/sh", "-c", "echo $(busybox id -u) $PWD $GREETING $MADE_BY"]);
        let as_asked = Exec {
            user: Some("1000".into()),
            working_dir: Some("/bin".into()),
            env: vec!["GREETING=hello".into()],
            ..who_and_where.clone()
        };
        assert_eq!(run(who_and_where).await, "0 / import\n");
        assert_eq!(run(as_asked).await, "1000 /bin hello import\n");
        // All rights are more than the usual ones, and an engine without them says so.
        let rights = Exec::of(["/bin/busybox", "grep", "CapEff", "/proc/self/status"]);
        let all = Exec { privileged: true, ..rights.clone() };
        assert_ne!(run(rights).await, run(all).await);
    });
}

#[test]
fn a_command_past_its_deadline_is_an_ambiguous_timeout() {
    Lab::run("execlate", &async |lab| {
        let id = lab.running("a", SERVE, &json!({})).await;
        let command = Exec::of(["/bin/sleep", "5"]);
        let late = lab.docker.exec(&id, &command, Duration::from_millis(300)).await.unwrap_err();
        assert!(matches!(late, EngineError::Timeout { .. }) && late.is_ambiguous(), "{late:?}");
    });
}

#[test]
fn the_log_gives_its_last_lines_of_both_streams_with_and_without_a_terminal() {
    Lab::run("logs", &async |lab| {
        let script = "echo one; sleep 0.3; echo two >&2; sleep 0.3; echo three";
        for (suffix, tty) in [("plain", false), ("tty", true)] {
            let id = lab.running(suffix, script, &json!({ "Tty": tty })).await;
            while lab.docker.container(&id.0).await.unwrap().unwrap().state().running {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let all = lab.docker.logs(&id, 20).await.unwrap();
            assert_eq!(all.len(), 3, "{all:?}");
            assert_eq!(lab.docker.logs(&id, 2).await.unwrap(), ["two", "three"]);
        }
    });
}

#[test]
fn events_are_heard_from_the_moment_of_the_subscription() {
    Lab::run("events", &async |lab| {
        let check =
            json!({ "Test": ["CMD", "/bin/sh", "-c", "true"], "Interval": 300_000_000_u64 });
        let more = json!({ "Healthcheck": check });
        let id = lab.docker.create(&lab.spec("a", SERVE, &more)).await.unwrap();
        let other = lab.docker.create(&lab.spec("b", SERVE, &json!({}))).await.unwrap();
        let mut events = lab.docker.events(&id).await.unwrap();
        lab.docker.start(&other).await.unwrap();
        lab.docker.start(&id).await.unwrap();
        let mut heard = Vec::new();
        let listen = async {
            while let Some(event) = events.next().await {
                let event = event.unwrap();
                assert_eq!(event.container, id);
                if event.action == "health_status: healthy" {
                    lab.docker.stop(&id, None).await.unwrap();
                }
                heard.push(event.action);
                if heard.last().is_some_and(|action| action == "die") {
                    assert_eq!(event.attributes["exitCode"], "0");
                    break;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), listen).await.unwrap();
        let told: Vec<&str> = heard
            .iter()
            .map(String::as_str)
            .filter(|action| ["start", "health_status: healthy", "die"].contains(action))
            .collect();
        assert_eq!(told, ["start", "health_status: healthy", "die"]);
    });
}

#[test]
fn further_networks_are_connected_before_the_start_and_a_second_time_without_harm() {
    Lab::run("nets", &async |lab| {
        let docker = &lab.docker;
        for number in [1, 2] {
            let body = json!({ "Name": lab.network(number), "Labels": lab.labels() });
            docker.create_network(&body).await.unwrap();
            let seen = docker.network(&lab.network(number)).await.unwrap().unwrap();
            assert_eq!(seen.labels()[LABEL], lab.name);
        }
        let one = json!({ lab.network(1): { "Aliases": ["web"] } });
        let more = json!({ "NetworkingConfig": { "EndpointsConfig": one } });
        let id = docker.create(&lab.spec("a", SERVE, &more)).await.unwrap();
        let network = lab.network(2);
        let to = Attachment::new(network, json!({ "Aliases": ["shop"] }));
        for _ in 0..2 {
            docker.connect(&id, &to).await.unwrap();
        }
        docker.start(&id).await.unwrap();
        docker.connect(&id, &to).await.unwrap();
        let networks = docker.container(&id.0).await.unwrap().unwrap().networks();
        assert!(networks[&lab.network(1)]["Aliases"].to_string().contains("web"));
        assert!(networks[&lab.network(2)]["Aliases"].to_string().contains("shop"));
        let nowhere = Attachment::new(format!("{}-no", lab.name), json!({}));
        let end = docker.connect(&id, &nowhere).await;
        assert!(matches!(end, Err(EngineError::NotFound { .. })), "{end:?}");
    });
}

#[test]
fn files_arrive_with_their_mode_and_owner() {
    Lab::run("files", &async |lab| {
        let id = lab.docker.create(&lab.spec("a", SERVE, &json!({}))).await.unwrap();
        let long = format!("/run/secrets/{}", "x".repeat(120));
        let file = |path: &str| ContainerFile {
            path: path.into(),
            content: b"sesame\n".to_vec(),
            mode: 0o440,
            uid: 33,
            gid: 44,
        };
        lab.docker.write_files(&id, &[file("/run/secrets/key"), file(&long)]).await.unwrap();
        lab.docker.start(&id).await.unwrap();
        let (_, seen) =
            lab.shell(&id, "cat /run/secrets/key; stat -c '%a %u %g' /run/secrets/*").await;
        assert_eq!(seen, "sesame\n440 33 44\n440 33 44\n");
    });
}

#[test]
fn what_is_missing_is_none_to_look_at_and_a_clear_error_to_use() {
    Lab::run("missing", &async |lab| {
        let docker = &lab.docker;
        let id = docker.create(&lab.spec("a", SERVE, &json!({}))).await.unwrap();
        assert_eq!(docker.container(id.short()).await.unwrap(), None, "the beginning of an id");
        assert_eq!(docker.container("no/such").await.unwrap(), None);
        assert_eq!(docker.network(&lab.network(9)).await.unwrap(), None);
        assert_eq!(docker.volume(&lab.name).await.unwrap(), None);
        assert_eq!(docker.image(&format!("{}:2", lab.name)).await.unwrap(), None);
        let mut spec = lab.spec("b", SERVE, &json!({}));
        spec.body["Image"] = "no-such-image:1".into();
        let error = docker.create(&spec).await.unwrap_err();
        assert!(matches!(error, EngineError::NotFound { .. }), "{error:?}");
        let error = docker.create(&lab.spec("a", SERVE, &json!({}))).await.unwrap_err();
        assert!(matches!(error, EngineError::Conflict { .. }), "{error:?}");
    });
}

#[test]
fn an_image_that_cannot_be_pulled_is_one_error_in_the_engines_words() {
    Lab::run("pull", &async |lab| {
        let reference = "localhost:1/no/such:1";
        let error = lab.docker.pull(reference, None, &mut |_| {}).await.unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("pull image `{reference}`: ")), "{text}");
        assert!(matches!(error, EngineError::Refused { .. } | EngineError::NotFound { .. }));
        assert!(!error.is_ambiguous() && !text.contains('\n'), "{text}");
    });
}

#[test]
fn containers_are_found_by_all_their_labels() {
    Lab::run("list", &async |lab| {
        let mut labels = lab.labels();
        labels["tier"] = "front=1".into();
        let more = json!({ "Labels": labels });
        let front = lab.docker.create(&lab.spec("a", SERVE, &more)).await.unwrap();
        lab.docker.create(&lab.spec("b", SERVE, &json!({}))).await.unwrap();
        let ours = format!("{LABEL}={}", lab.name);
        let by = async |labels: &[String]| lab.docker.containers(labels).await.unwrap();
        assert_eq!(by(std::slice::from_ref(&ours)).await.len(), 2);
        let found = by(&[ours.clone(), "tier=front=1".into()]).await;
        assert_eq!(found.iter().map(Inspection::id).collect::<Vec<_>>(), [front]);
        assert!(by(&[ours, "tier=front".into()]).await.is_empty());
    });
}

#[test]
fn a_stop_waits_for_the_grace_period_and_no_longer() {
    Lab::run("grace", &async |lab| {
        let deaf = "trap '' TERM; while :; do sleep 0.1; done";
        let id = lab.running("a", deaf, &json!({ "StopTimeout": 1 })).await;
        let start = Instant::now();
        lab.docker.stop(&id, None).await.unwrap();
        let took = start.elapsed();
        assert!((0.9..6.0).contains(&took.as_secs_f64()), "{took:?}");
        let seen = lab.docker.container(&id.0).await.unwrap().unwrap();
        assert_eq!(seen.state().exit_code, 137);
    });
}

#[test]
fn volumes_are_made_with_their_labels() {
    Lab::run("vol", &async |lab| {
        let body = json!({ "Name": lab.name, "Labels": lab.labels() });
        for _ in 0..2 {
            lab.docker.create_volume(&body).await.unwrap();
        }
        let seen = lab.docker.volume(&lab.name).await.unwrap().unwrap();
        assert_eq!(seen.labels()[LABEL], lab.name);
    });
}

#[test]
fn an_engine_that_is_not_there_is_unreachable_and_the_hint_fits() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fails = |endpoint: &str| {
        let address = Address::parse(endpoint).unwrap();
        let error = runtime.block_on(Docker::connect(address, Deadlines::default())).unwrap_err();
        assert!(matches!(error, EngineError::Unreachable { .. }), "{error:?}");
        format!("{error}; {}", error.hints().join("; "))
    };
    assert!(fails("unix:///nowhere/docker.sock").contains("systemctl start docker"));
    assert!(fails("tcp://127.0.0.1:1").contains("systemctl start docker"));
    assert!(fails("tcp://no-such-host.invalid:2375").contains("check the address"));
}

#[test]
fn an_engine_on_a_tcp_port_serves_the_same_calls() {
    Lab::run("tcp", &async |lab| {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = format!("tcp://{}", listener.local_addr().unwrap());
        let endpoint = lab.docker.info().await.unwrap().endpoint;
        let socket = endpoint.strip_prefix("unix://").unwrap().to_owned();
        let forward = tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let mut far = tokio::net::UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(async move {
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        let docker = Docker::connect(Address::parse(&host).unwrap(), Deadlines::default());
        let docker = docker.await.unwrap();
        assert_eq!(docker.info().await.unwrap().endpoint, host);
        let id = docker.create(&lab.spec("a", SERVE, &json!({}))).await.unwrap();
        let mut events = docker.events(&id).await.unwrap();
        docker.start(&id).await.unwrap();
        let actions = async { events.next().await.unwrap().unwrap().action };
        assert!(["create", "start"].contains(&actions.await.as_str()));
        let command = Exec::of(["/bin/echo", "hello"]);
        let end = docker.exec(&id, &command, Duration::from_secs(20)).await.unwrap();
        assert_eq!((end.exit_code, end.output.as_str()), (0, "hello\n"));
        docker.remove(&id).await.unwrap();
        forward.abort();
    });
}

#[test]
fn a_published_port_is_known_once_the_container_runs() {
    Lab::run("ports", &async |lab| {
        let ports = json!({ "ExposedPorts": { "80/tcp": {} },
            "HostConfig": { "PortBindings": { "80/tcp": [{ "HostIp": "127.0.0.1" }] } } });
        let id = lab.running("a", SERVE, &ports).await;
        let seen = lab.docker.container(&id.0).await.unwrap().unwrap();
        assert!(seen.published("80/tcp").is_some_and(|port| port > 0));
        assert_eq!(seen.published("81/tcp"), None);
    });
}

#[test]
fn a_join_is_told_before_the_start_is_over_and_the_network_knows_the_address_by_then() {
    Lab::run("joins", &async |lab| {
        lab.docker.create_network(&json!({ "Name": lab.network(1) })).await.unwrap();
        let on = json!({ "HostConfig": { "NetworkMode": lab.network(1) } });
        let id = lab.docker.create(&lab.spec("a", SERVE, &on)).await.unwrap();
        let mut joins = lab.docker.joins().await.unwrap();
        let joined = async {
            loop {
                let event = joins.next().await.unwrap().unwrap();
                if event.container == id {
                    break event;
                }
            }
        };
        let starting = lab.docker.start(&id);
        let mut starting = std::pin::pin!(starting);
        let event = tokio::select! {
            biased;
            event = joined => event,
            end = &mut starting => panic!("it started first: {end:?}"),
        };
        assert_eq!(
            (event.action.as_str(), &event.attributes["name"]),
            ("connect", &lab.network(1))
        );
        let network = lab.docker.network(&lab.network(1)).await.unwrap().unwrap();
        let address = network.0["Containers"][&id.0]["IPv4Address"].as_str().unwrap();
        assert!(address.contains('/'), "{address}");
        starting.await.unwrap();
    });
}
