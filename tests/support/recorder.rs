//! An engine on which real Compose makes containers, and of which it shows what Compose asked for:
//! every image is there, nothing ever runs.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::task::{LocalSet, spawn_local};

use super::daemon::query::Query;
use super::daemon::reply::{self, Body, Reply};

/// Networks and volumes that nobody makes are there under these names.
const EXTERNAL: [&str; 2] = ["extnet", "extvol"];

/// The engine; it ends with its thread when the test process does.
pub(crate) struct Recorder {
    folder: TempDir,
    created: Receiver<Value>,
}

impl Recorder {
    /// Starts one that holds nothing.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = std::os::unix::net::UnixListener::bind(folder.path().join("sock")).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (sender, created) = channel();
        std::thread::spawn(move || run(listener, sender));
        Self { folder, created }
    }

    /// Its address, as for `DOCKER_HOST`.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("sock").display())
    }

    /// The bodies of the containers that were made since the last question.
    pub(crate) fn created(&self) -> Vec<Value> {
        self.created.try_iter().collect()
    }
}

/// What was made, as the engine shows it, and who is told of containers.
struct Made {
    containers: RefCell<Vec<Value>>,
    networks: RefCell<Vec<Value>>,
    volumes: RefCell<Vec<Value>>,
    told: Sender<Value>,
}

fn run(listener: std::os::unix::net::UnixListener, told: Sender<Value>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (containers, networks, volumes) = Default::default();
    let made = Rc::new(Made { containers, networks, volumes, told });
    LocalSet::new().block_on(&runtime, async {
        let listener = UnixListener::from_std(listener).unwrap();
        while let Ok((stream, _)) = listener.accept().await {
            let made = Rc::clone(&made);
            spawn_local(async move {
                let service = service_fn(move |request| answer(request, Rc::clone(&made)));
                let io = TokioIo::new(stream);
                // A client that leaves ends here.
                let _ = http1::Builder::new().serve_connection(io, service).await;
            });
        }
    });
}

async fn answer(request: Request<Incoming>, made: Rc<Made>) -> Reply {
    let query = Query::of(request.uri());
    let is_change = request.method() == http::Method::POST;
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (_, segments) = query.segments();
    let mut response =
        if is_change { made.change(&segments, &query, body) } else { made.look(&segments, &query) };
    response.headers_mut().insert("Api-Version", http::HeaderValue::from_static("1.41"));
    Ok(response)
}

impl Made {
    fn look(&self, segments: &[&str], query: &Query) -> Response<Body> {
        match segments {
            ["_ping"] => reply::bytes(200, ""),
            ["version"] => reply::json(
                200,
                &json!({ "Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Os": "linux", "Arch": "amd64" }),
            ),
            ["info"] => reply::json(200, &json!({ "OSType": "linux", "Architecture": "x86_64" })),
            ["containers", "json"] => reply::json(200, &self.listed(&query.filter("label"))),
            ["images", "json"] => reply::json(200, &json!([])),
            ["images", name @ .., "json"] => reply::json(200, &image(&name.join("/"))),
            ["networks"] => reply::json(200, &self.networks.borrow().clone().into()),
            ["containers", name, "json"] => shown(&self.containers, name),
            ["networks", name] => shown(&self.networks, name),
            ["volumes", name] => shown(&self.volumes, name),
            _ => reply::message(404, "no such object"),
        }
    }

    fn change(&self, segments: &[&str], query: &Query, body: Value) -> Response<Body> {
        match segments {
            ["containers", "create"] => {
                let id = format!("{:064x}", self.containers.borrow().len() + 1);
                let container = container(&id, &query.value("name"), &body);
                self.containers.borrow_mut().push(container);
                // The test may have seen enough.
                let _ = self.told.send(body);
                reply::json(201, &json!({ "Id": id, "Warnings": [] }))
            }
            ["networks", "create"] => made(&self.networks, body),
            ["volumes", "create"] => made(&self.volumes, body),
            _ => reply::bytes(204, ""),
        }
    }

    /// Containers with all of these labels, each `name` or `name=value`.
    fn listed(&self, labels: &[String]) -> Value {
        let has = |one: &Value, label: &String| match label.split_once('=') {
            Some((name, value)) => one["Config"]["Labels"][name] == value,
            None => one["Config"]["Labels"].get(label).is_some(),
        };
        let all = self.containers.borrow();
        all.iter().filter(|one| labels.iter().all(|label| has(one, label))).map(summary).collect()
    }
}

fn image(name: &str) -> Value {
    json!({ "Id": format!("sha256:{}", "a".repeat(64)), "RepoTags": [name], "Os": "linux", "Architecture": "amd64", "Config": {} })
}

/// What a look at a container shows.
fn container(id: &str, name: &str, body: &Value) -> Value {
    json!({
        "Id": id, "Name": format!("/{name}"), "Created": "2024-01-01T00:00:00Z",
        "Config": body, "HostConfig": body["HostConfig"], "Mounts": [],
        "State": { "Status": "created", "Running": false },
        "NetworkSettings": { "Networks": body["NetworkingConfig"]["EndpointsConfig"] },
    })
}

/// What a list shows of it.
fn summary(container: &Value) -> Value {
    json!({
        "Id": container["Id"], "Names": [container["Name"]], "State": "created",
        "Labels": container["Config"]["Labels"], "NetworkSettings": container["NetworkSettings"],
    })
}

/// Makes a network or volume.
fn made(all: &RefCell<Vec<Value>>, mut body: Value) -> Response<Body> {
    body["Id"] = body["Name"].clone();
    all.borrow_mut().push(body.clone());
    reply::json(201, &body)
}

/// One object by id or name.
fn shown(all: &RefCell<Vec<Value>>, name: &str) -> Response<Body> {
    let is_it = |one: &&Value| {
        one["Id"] == name || one["Name"] == name || one["Name"] == format!("/{name}")
    };
    match all.borrow().iter().find(is_it) {
        Some(found) => reply::json(200, found),
        None if EXTERNAL.contains(&name) => reply::json(200, &json!({ "Id": name, "Name": name })),
        None => reply::message(404, "no such object"),
    }
}
