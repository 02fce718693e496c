//! Every fault on the wire comes out of the Docker backend as the error that says what the caller
//! can do, and no call hangs.

use std::time::Duration;

use crate::support::daemon::{Daemon, Fault, Trouble};
use composeup::engine::api::{ContainerId, ContainerSpec, Exec};
use composeup::engine::docker::{Address, Deadlines, Docker};
use composeup::engine::fake::Behaviour;
use composeup::engine::{Engine, EngineError};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

const SOON: Duration = Duration::from_secs(1);
const DEADLINES: Deadlines = Deadlines { connect: SOON, read: SOON, write: SOON, silence: SOON };

/// A daemon with one image, and the backend connected to it.
async fn shop() -> (Daemon, Docker) {
    let daemon = Daemon::start();
    daemon.with(async |fake| {
        fake.add_image("shop:1", json!({ "Healthcheck": { "Test": ["CMD", "ok"] } }));
        fake.add_to_registry("shop:2", json!({}));
    });
    let docker = connect(&daemon).await.unwrap();
    (daemon, docker)
}

async fn connect(daemon: &Daemon) -> Result<Docker, EngineError> {
    Docker::connect(Address::parse(&daemon.host()).unwrap(), DEADLINES).await
}

fn spec(name: &str) -> ContainerSpec {
    ContainerSpec {
        name: name.into(),
        platform: None,
        body: json!({ "Image": "shop:1", "Labels": { "a": "b" } }),
        connect: Vec::new(),
        files: Vec::new(),
    }
}

/// Creates a container under `trouble`; returns the error and whether the container is there.
async fn create_under(trouble: Trouble) -> (EngineError, bool) {
    let (daemon, docker) = shop().await;
    daemon.fail(Fault::on("POST", "/containers/create", trouble));
    let error = docker.create(&spec("web-1")).await.unwrap_err();
    let exists = docker.container("web-1").await.unwrap().is_some();
    (error, exists)
}

#[tokio::test]
async fn a_cut_connection_is_dropped_whether_or_not_the_effect_happened() {
    for (trouble, happened) in
        [(Trouble::DropBefore, false), (Trouble::DropAfter, true), (Trouble::HalfBody, true)]
    {
        let (error, exists) = create_under(trouble).await;
        assert!(matches!(error, EngineError::Dropped { .. }), "{trouble:?}: {error:?}");
        assert!(error.is_ambiguous());
        assert_eq!(exists, happened, "{trouble:?}");
        assert_eq!(
            error.to_string(),
            "create container `web-1`: the engine dropped the connection"
        );
    }
}

#[tokio::test]
async fn a_stall_before_or_inside_the_answer_is_a_timeout() {
    for (trouble, happened) in [(Trouble::StallBefore, false), (Trouble::StallInBody, true)] {
        let (error, exists) = create_under(trouble).await;
        assert!(matches!(error, EngineError::Timeout { after: SOON, .. }), "{error:?}");
        assert_eq!(exists, happened, "{trouble:?}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_engines_words_and_its_kind() {
    let refused = async |status, message| create_under(Trouble::Answer(status, message)).await.0;
    let missing = refused(404, "No such image: shop:1").await;
    assert!(matches!(missing, EngineError::NotFound { .. }), "{missing:?}");
    let taken = refused(409, "name is in use").await;
    assert!(matches!(taken, EngineError::Conflict { .. }), "{taken:?}");
    let full = refused(500, "no space left on device").await;
    assert!(matches!(full, EngineError::Refused { status: 500, .. }), "{full:?}");
    assert_eq!(full.to_string(), "create container `web-1`: no space left on device");
    assert!(!full.is_ambiguous());
}

#[tokio::test]
async fn an_answer_that_is_no_json_makes_no_sense_and_its_effect_is_unknown() {
    let (error, exists) = create_under(Trouble::Nonsense).await;
    assert!(matches!(error, EngineError::Protocol { .. }) && error.is_ambiguous(), "{error:?}");
    assert!(exists);
}

#[tokio::test]
async fn a_delay_within_the_deadline_is_no_error() {
    let (daemon, docker) = shop().await;
    daemon.fail(Fault::on("POST", "/create", Trouble::Delay(SOON / 3)));
    docker.create(&spec("web-1")).await.unwrap();
}

#[tokio::test]
async fn bollards_calls_fail_like_our_own() {
    let troubles = [Trouble::DropBefore, Trouble::StallBefore, Trouble::Answer(500, "no")];
    for trouble in troubles {
        let (daemon, docker) = shop().await;
        let id = docker.create(&spec("web-1")).await.unwrap();
        daemon.fail(Fault::on("POST", "/start", trouble));
        let error = docker.start(&id).await.unwrap_err();
        let fits = match trouble {
            Trouble::DropBefore => matches!(error, EngineError::Dropped { .. }),
            Trouble::StallBefore => matches!(error, EngineError::Timeout { after: SOON, .. }),
            _ => matches!(error, EngineError::Refused { status: 500, .. }),
        };
        assert!(fits, "{trouble:?}: {error:?}");
        docker.start(&id).await.unwrap();
    }
}

#[tokio::test]
async fn a_pull_that_breaks_or_falls_silent_fails_and_a_whole_one_tells_its_progress() {
    let (daemon, docker) = shop().await;
    let mut told = Vec::new();
    let mut pull = async || docker.pull("shop:2", None, &mut |news| told.push(news.status)).await;
    daemon.fail(Fault::on("POST", "/images/create", Trouble::HalfBody));
    assert!(matches!(pull().await, Err(EngineError::Dropped { .. })));
    daemon.fail(Fault::on("POST", "/images/create", Trouble::StallInBody));
    assert!(matches!(pull().await, Err(EngineError::Timeout { .. })));
    pull().await.unwrap();
    assert_eq!(told.last().unwrap(), "Pull complete");
    let missing = docker.pull("shop:3", None, &mut |_| {}).await.unwrap_err();
    assert_eq!(missing.to_string(), "pull image `shop:3`: manifest for shop:3 not found");
}

#[tokio::test]
async fn a_probe_without_answer_is_an_ambiguous_timeout() {
    let (daemon, docker) = shop().await;
    let id = docker.create(&spec("web-1")).await.unwrap();
    docker.start(&id).await.unwrap();
    let probe = async || docker.exec(&id, &Exec::of(["ok"]), SOON).await;
    assert_eq!(probe().await.unwrap().exit_code, 0);
    daemon.fail(Fault::on("POST", "/exec", Trouble::StallBefore).nth(2));
    assert!(probe().await.unwrap_err().is_ambiguous());
    assert_eq!(probe().await.unwrap().exit_code, 0);
}

#[tokio::test]
async fn a_broken_event_stream_ends_with_an_error() {
    let (daemon, docker) = shop().await;
    daemon.with(async |fake| fake.script("shop:1", Behaviour::ExitsAfter(SOON / 3, 7)));
    let id = docker.create(&spec("web-1")).await.unwrap();
    let mut events = docker.events(&id).await.unwrap();
    docker.start(&id).await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().action, "start");
    assert_eq!(events.next().await.unwrap().unwrap().action, "die");
    drop(daemon);
    assert!(matches!(events.next().await, Some(Err(EngineError::Dropped { .. }))));
}

#[tokio::test]
async fn every_request_but_the_first_carries_the_version() {
    let (daemon, docker) = shop().await;
    let id = docker.create(&spec("web-1")).await.unwrap();
    docker.start(&id).await.unwrap();
    docker.exec(&id, &Exec::of(["ok"]), SOON).await.unwrap();
    docker.logs(&id, 5).await.unwrap();
    docker.containers(&["a=b".into()]).await.unwrap();
    docker.stop(&id, None).await.unwrap();
    docker.remove(&id).await.unwrap();
    let requests = daemon.requests();
    assert_eq!(requests[0], "GET /version");
    for request in &requests[1..] {
        assert!(request.contains(" /v1.51/"), "{request}");
    }
}

#[tokio::test]
async fn a_container_that_vanishes_between_list_and_look_is_left_out() {
    let (daemon, docker) = shop().await;
    let ids = [docker.create(&spec("a")).await.unwrap(), docker.create(&spec("b")).await.unwrap()];
    daemon.fail(Fault::on("GET", "/containers/0", Trouble::Answer(404, "gone")));
    let seen = docker.containers(&["a=b".into()]).await.unwrap();
    let seen: Vec<ContainerId> = seen.iter().map(composeup::engine::api::Inspection::id).collect();
    assert_eq!(seen, ids[1..]);
}

#[tokio::test]
async fn an_engine_that_is_too_old_is_refused_by_its_version() {
    let daemon = Daemon::start();
    daemon.with(async |fake| fake.set_api_version("1.40"));
    let error = connect(&daemon).await.unwrap_err();
    assert!(matches!(&error, EngineError::TooOld { found, .. } if found == "1.40"), "{error:?}");
}

#[tokio::test]
async fn what_is_no_engine_at_all_makes_no_sense() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let greet = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
        stream
    };
    let connect = Docker::connect(Address::Unix(path.clone()), DEADLINES);
    let (error, _stream) = tokio::join!(connect, greet);
    assert!(matches!(error, Err(EngineError::Protocol { .. })), "{error:?}");
}

#[tokio::test]
async fn an_engine_that_goes_silent_at_once_is_a_timeout() {
    let daemon = Daemon::start();
    daemon.fail(Fault::on("GET", "/version", Trouble::StallBefore));
    let error = connect(&daemon).await.unwrap_err();
    assert!(matches!(error, EngineError::Timeout { .. }), "{error:?}");
    daemon.fail(Fault::on("GET", "/version", Trouble::Nonsense).times(2));
    let error = connect(&daemon).await.unwrap_err();
    assert!(matches!(error, EngineError::Protocol { .. }), "{error:?}");
}
