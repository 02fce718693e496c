//! The part of the Docker Engine API that composeup uses, over the engine in memory.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use composeup::engine::api::{
    Attachment, ContainerFile, ContainerId, ContainerSpec, EngineEvent, Exec, ExecResult,
    Inspection, LayerProgress, RestartPolicy, Volume,
};
use composeup::engine::fake::Fake;
use composeup::engine::{Engine as _, EngineError};
use composeup::labels;
use futures_util::StreamExt as _;
use http::header::{CONNECTION, HeaderValue, UPGRADE};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::task::spawn_local;

use super::query::Query;
use super::reply::{self, Body};

type Answer = Result<Response<Body>, EngineError>;

/// The engine in memory, and the commands that were run on it.
#[derive(Clone)]
pub(super) struct Engine {
    fake: Fake,
    execs: Rc<RefCell<Vec<ExecResult>>>,
}

impl Engine {
    pub(super) fn new(fake: Fake) -> Self {
        Self { fake, execs: Rc::default() }
    }

    /// Answers one request. Only `/version` and `/_ping` may come without an API version.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Answer {
        let query = Query::of(request.uri());
        let (versioned, segments) = query.segments();
        if !versioned && !["version", "_ping"].contains(&segments[0]) {
            return Ok(reply::message(400, "the path has no API version"));
        }
        match (request.method().as_str(), segments.as_slice()) {
            ("GET", segments) => self.look(segments, &query).await,
            ("POST", ["exec", number, "start"]) => Ok(self.exec_output(number, request)),
            (method, segments) => {
                let method = method.to_owned();
                let body = request.into_body().collect().await.unwrap().to_bytes();
                let body = serde_json::from_slice(&body).unwrap_or_default();
                self.change(&method, segments, &query, body).await
            }
        }
    }

    async fn look(&self, segments: &[&str], query: &Query) -> Answer {
        let fake = &self.fake;
        match segments {
            ["version"] => self.version().await,
            ["_ping"] => Ok(reply::bytes(200, "OK")),
            ["events"] => self.events(query).await,
            ["containers", "json"] => self.list(query).await,
            ["containers", id, "logs"] => self.logs(id).await,
            ["containers", id, "json"] => Ok(object(fake.container(id).await?.map(|it| it.0))),
            ["images", name @ .., "json"] => {
                Ok(object(fake.image(&name.join("/")).await?.map(|it| it.0)))
            }
            ["networks", name] => Ok(object(fake.network(name).await?.map(|it| it.0))),
            ["volumes"] => self.locks(query).await,
            ["volumes", name] => Ok(object(fake.volume(name).await?.map(|it| it.0))),
            ["exec", number, "json"] => {
                let exit_code = self.exec_result(number).exit_code;
                Ok(reply::json(200, &json!({ "Running": false, "ExitCode": exit_code })))
            }
            _ => Ok(object(None)),
        }
    }

    async fn change(&self, method: &str, path: &[&str], query: &Query, body: Value) -> Answer {
        let fake = &self.fake;
        let id = |id: &str| ContainerId(id.to_owned());
        match (method, path) {
            ("POST", ["containers", "create"]) => return self.create(query, body).await,
            ("POST", ["containers", of, "exec"]) => return self.exec(&id(of), &body).await,
            ("POST", ["images", "create"]) => return self.pull(query).await,
            ("POST", ["images", image @ .., "tag"]) => {
                let name = format!("{}:{}", query.value("repo"), query.value("tag"));
                fake.tag(&image.join("/"), &name).await?;
            }
            ("POST", ["containers", of, "start"]) => fake.start(&id(of)).await?,
            ("POST", ["containers", of, "stop"]) => fake.stop(&id(of), None).await?,
            ("POST", ["containers", of, "rename"]) => {
                fake.rename(&id(of), &query.value("name")).await?;
            }
            ("PUT", ["containers", of, "archive"]) => {
                let path = query.value("path");
                let file = ContainerFile { path, content: Vec::new(), mode: 0, uid: 0, gid: 0 };
                fake.write_files(&id(of), &[file]).await?;
            }
            ("POST", ["containers", of, "update"]) => {
                let policy = json!({ "HostConfig": body });
                let policy = RestartPolicy::of(&Inspection(policy));
                fake.set_restart_policy(&id(of), &policy).await?;
            }
            ("DELETE", ["containers", of]) => fake.remove(&id(of)).await?,
            ("POST", ["networks", "create"]) => fake.create_network(&body).await?,
            ("POST", ["networks", network, "connect"]) => {
                let of = id(body["Container"].as_str().unwrap_or_default());
                let endpoint = body["EndpointConfig"].clone();
                fake.connect(&of, &Attachment::new((*network).into(), endpoint)).await?;
            }
            ("POST", ["volumes", "create"]) => fake.create_volume(&body).await?,
            ("DELETE", ["volumes", name]) => self.remove_lock(name).await?,
            _ => return Ok(object(None)),
        }
        Ok(reply::bytes(204, ""))
    }

    async fn version(&self) -> Answer {
        let info = self.fake.info().await?;
        let version = json!({
            "Version": info.version, "ApiVersion": info.api_version, "MinAPIVersion": "1.24",
            "Os": info.os, "Arch": info.architecture,
        });
        Ok(reply::json(200, &version))
    }

    async fn list(&self, query: &Query) -> Answer {
        let all = self.fake.containers(&query.filter("label")).await?;
        let ids: Vec<Value> = all.iter().map(|one| json!({ "Id": one.id() })).collect();
        Ok(reply::json(200, &ids.into()))
    }

    async fn locks(&self, query: &Query) -> Answer {
        let label = query.filter("label").concat();
        let project = label.strip_prefix(&format!("{}=", labels::LOCK)).unwrap();
        let volumes: Vec<Volume> = self.fake.locks(project).await?;
        Ok(reply::json(200, &json!({ "Volumes": volumes, "Warnings": null })))
    }

    /// Only locks are ever removed.
    async fn remove_lock(&self, name: &str) -> Result<(), EngineError> {
        let Some(volume) = self.fake.volume(name).await? else { return Ok(()) };
        self.fake.remove_lock(name, &volume.labels()[labels::LOCK_TOKEN]).await
    }

    async fn create(&self, query: &Query, body: Value) -> Answer {
        let (name, connect, files) = (query.value("name"), Vec::new(), Vec::new());
        let spec = ContainerSpec { name, platform: None, body, connect, files };
        let id = self.fake.create(&spec).await?;
        Ok(reply::json(201, &json!({ "Id": id, "Warnings": [] })))
    }

    async fn pull(&self, query: &Query) -> Answer {
        let mut lines = Vec::new();
        let mut tell = |news: LayerProgress| {
            let detail = json!({ "current": news.current, "total": news.total });
            let line = json!({ "id": news.layer, "status": news.status, "progressDetail": detail });
            lines.extend(format!("{line}\n").into_bytes());
        };
        self.fake.pull(&query.value("fromImage"), None, &mut tell).await?;
        Ok(reply::bytes(200, lines))
    }

    async fn logs(&self, id: &str) -> Answer {
        let lines = self.fake.logs(&ContainerId(id.to_owned()), usize::MAX).await?;
        let frames = lines.iter().flat_map(|line| frame(&format!("{line}\n")));
        Ok(reply::bytes(200, frames.collect::<Vec<u8>>()))
    }

    async fn events(&self, query: &Query) -> Answer {
        let of = ContainerId(query.filter("container").concat());
        let events = self.fake.events(&of).await?;
        Ok(reply::stream(events.map(|event| match event {
            Ok(event) => Ok(Bytes::from(format!("{}\n", line(&event)))),
            Err(_) => Err(reply::cut()),
        })))
    }

    async fn exec(&self, id: &ContainerId, body: &Value) -> Answer {
        let words = body["Cmd"].as_array().into_iter().flatten();
        let exec = Exec::of(words.filter_map(Value::as_str));
        let end = self.fake.exec(id, &exec, Duration::MAX).await?;
        let number = self.execs.borrow().len().to_string();
        self.execs.borrow_mut().push(end);
        Ok(reply::json(201, &json!({ "Id": number })))
    }

    fn exec_result(&self, number: &str) -> ExecResult {
        self.execs.borrow()[number.parse::<usize>().unwrap()].clone()
    }

    /// The output goes over the connection itself, once it is no longer HTTP.
    fn exec_output(&self, number: &str, request: Request<Incoming>) -> Response<Body> {
        let output = self.exec_result(number).output;
        spawn_local(async move {
            if let Ok(connection) = hyper::upgrade::on(request).await {
                let mut connection = TokioIo::new(connection);
                // The client may have left.
                let _ = connection.write_all(&frame(&output)).await;
                let _ = connection.shutdown().await;
            }
        });
        let mut response = reply::bytes(101, "");
        response.headers_mut().insert(UPGRADE, HeaderValue::from_static("tcp"));
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        response
    }
}

fn object(seen: Option<Value>) -> Response<Body> {
    seen.map_or_else(|| reply::message(404, "no such object"), |seen| reply::json(200, &seen))
}

fn line(event: &EngineEvent) -> Value {
    let actor = json!({ "ID": event.container, "Attributes": event.attributes });
    json!({ "Type": "container", "Action": event.action, "Actor": actor })
}

/// Output of the first stream, as logs and commands send it.
fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![1, 0, 0, 0];
    frame.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
    frame.extend(text.as_bytes());
    frame
}
