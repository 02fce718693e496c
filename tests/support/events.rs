//! What the engine tells of a project while something runs, and what it still has of it.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use composeup::labels;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::engine::RealEngine;

/// Every event of the project's containers, networks and volumes while `work` runs, as
/// `container stop NAME`; health checks aside, which come by themselves.
pub(crate) fn during(engine: &RealEngine, project: &str, work: impl FnOnce()) -> Vec<String> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let end = format!("{project}-end-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    // The engine subscribes a moment after its answer begins; its own time bridges that.
    let since: Timestamp = get("/info")["SystemTime"].as_str().unwrap().parse().unwrap();
    let nanos = since.as_nanosecond();
    let filters = filters(&json!({ "type": ["container", "network", "volume"] }));
    let since = format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000);
    let events = open(&format!("/events?since={since}&filters={filters}"));
    work();
    // Events are in order: what comes before this one is all there was.
    engine.create_volume(&end);
    let mut told = Vec::new();
    for line in events.lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
        let (kind, action) = (text("/Type").unwrap(), text("/Action").unwrap());
        let name = text("/Actor/Attributes/name").or(text("/Actor/ID")).unwrap();
        if name == end {
            break;
        }
        let owner = text(&format!("/Actor/Attributes/{}", labels::PROJECT));
        let is_check = action.starts_with("exec_") || action.starts_with("health_status");
        if (owner == Some(project) || name.contains(project)) && !is_check {
            told.push(format!("{kind} {action} {name}"));
        }
    }
    engine.run(async |docker| docker.remove_volume(&end).await.unwrap());
    told
}

/// The names of the networks that belong to a project.
pub(crate) fn networks(project: &str) -> Vec<String> {
    let filters = filters(&json!({ "label": [format!("{}={project}", labels::PROJECT)] }));
    let found = get(&format!("/networks?filters={filters}"));
    let names = found.as_array().unwrap().iter();
    names.map(|network| network["Name"].as_str().unwrap().to_owned()).collect()
}

/// Filters as a part of a query.
pub(crate) fn filters(filters: &Value) -> String {
    utf8_percent_encode(&filters.to_string(), NON_ALPHANUMERIC).to_string()
}

/// What the engine answers to a `GET`.
pub(crate) fn get(path: &str) -> Value {
    serde_json::from_reader(open(path)).unwrap()
}

/// The same, of something that may be gone.
pub(crate) fn look(path: &str) -> Option<Value> {
    let (status, body) = ask(path);
    (!status.contains(" 404 ")).then(|| serde_json::from_reader(body).unwrap())
}

/// The body of an answer, line by line as it comes: HTTP/1.0 knows no chunks.
pub(crate) fn open(path: &str) -> BufReader<Box<dyn Read + Send>> {
    let (status, body) = ask(path);
    assert!(status.contains(" 200 "), "{path}: {status}");
    body
}

/// The first line of an answer and what follows its head.
fn ask(path: &str) -> (String, BufReader<Box<dyn Read + Send>>) {
    let host = std::env::var("DOCKER_HOST").unwrap_or("unix:///var/run/docker.sock".to_owned());
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    let stream: Box<dyn Read + Send> = if let Some(path) = host.strip_prefix("unix://") {
        let mut stream = UnixStream::connect(path).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        Box::new(stream)
    } else {
        let mut stream = TcpStream::connect(host.trim_start_matches("tcp://")).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        Box::new(stream)
    };
    let mut answer = BufReader::new(stream);
    let mut status = String::new();
    answer.read_line(&mut status).unwrap();
    let mut line = status.clone();
    while line.trim() != "" {
        line.clear();
        answer.read_line(&mut line).unwrap();
    }
    (status, answer)
}
