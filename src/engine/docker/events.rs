//! What happens to a container, as the engine tells it.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::header::DATE;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::classify::{broken, nonsense};
use super::client::Docker;
use super::raw::encoded;
use crate::engine::EngineError;
use crate::engine::api::{ContainerId, EngineEvent, EventStream};

/// `GET /events` for one container, without a deadline: silence is normal.
///
/// The engine sends the head of its answer a moment before it subscribes, so the subscription
/// begins at the engine's own time of a moment ago: what happens in between is told all the same.
/// The stream may therefore begin with events of the second before.
pub(super) async fn subscribe(
    docker: &Docker,
    of: &ContainerId,
) -> Result<EventStream, EngineError> {
    let call = format!("listen to container `{}`", of.short());
    let filters = json!({ "type": ["container"], "container": [of] }).to_string();
    let since = engine_time(docker, &call).await?;
    let path = format!("/events?since={since}&filters={}", encoded(&filters));
    let response = docker.open(&call, &path).await?;
    let chunks = response.into_body().into_data_stream();
    let events = lines(chunks).filter_map(move |line| {
        let event = match line {
            Ok(line) => event(&call, &line).transpose(),
            Err(error) => Some(Err(broken(&error, &call))),
        };
        async move { event }
    });
    Ok(Box::pin(events))
}

/// The engine's clock in seconds, from the date of its answer to a ping.
async fn engine_time(docker: &Docker, call: &str) -> Result<i64, EngineError> {
    let response = docker.open(call, "/_ping").await?;
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
    let time = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    time.map(|time| time.timestamp().as_second()).ok_or_else(|| nonsense(call, &"it has no date"))
}

/// A stream of chunks as a stream of lines; what follows the last line break is half an event.
fn lines<E>(
    chunks: impl Stream<Item = Result<Bytes, E>>,
) -> impl Stream<Item = Result<Vec<u8>, E>> {
    chunks
        .scan(Vec::new(), |rest: &mut Vec<u8>, chunk| {
            let split = chunk.map(|chunk| {
                rest.extend_from_slice(&chunk);
                whole_lines(rest)
            });
            async move { Some(split) }
        })
        .flat_map(|split| {
            stream::iter(match split {
                Ok(lines) => lines.into_iter().map(Ok).collect::<VecDeque<_>>(),
                Err(error) => VecDeque::from([Err(error)]),
            })
        })
}

/// Takes the whole lines out of `rest`.
fn whole_lines(rest: &mut Vec<u8>) -> Vec<Vec<u8>> {
    let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
    let whole: Vec<u8> = rest.drain(..=end).collect();
    let lines = whole.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

/// One line; `None` for what is not about a container.
fn event(call: &str, line: &[u8]) -> Result<Option<EngineEvent>, EngineError> {
    let value: Value = serde_json::from_slice(line).map_err(|error| nonsense(call, &error))?;
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    if text("/Type").is_some_and(|kind| kind != "container") {
        return Ok(None);
    }
    let attributes = value.pointer("/Actor/Attributes").and_then(Value::as_object);
    let attributes: BTreeMap<String, String> = attributes
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    let pair = text("/Actor/ID").zip(text("/Action"));
    Ok(pair.map(|(id, action)| EngineEvent { container: ContainerId(id), action, attributes }))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    async fn split(chunks: &[&str]) -> Vec<String> {
        let chunks: Vec<Result<Bytes, Infallible>> =
            chunks.iter().map(|chunk| Ok(Bytes::copy_from_slice(chunk.as_bytes()))).collect();
        let lines = lines(stream::iter(chunks)).map(|line| {
            let Ok(line) = line;
            String::from_utf8(line).unwrap()
        });
        lines.collect().await
    }

    #[tokio::test]
    async fn lines_are_whole_wherever_the_chunks_end() {
        assert_eq!(split(&["{\"a\":1}\n{\"b\":2}\n"]).await, ["{\"a\":1}", "{\"b\":2}"]);
        assert_eq!(split(&["{\"a\"", ":1}", "\r\n\n{}", "\n{\"half\""]).await, ["{\"a\":1}", "{}"]);
    }

    #[test]
    fn kinds_of_events_that_are_unknown_are_passed_over() {
        assert_eq!(event("x", br#"{"Type":"moon","Action":"rise"}"#).unwrap(), None);
        let known = br#"{"Type":"container","Action":"health_status: healthy","Actor":{"ID":"ab","Attributes":{"k":"v"}}}"#;
        let known = event("x", known).unwrap().unwrap();
        assert_eq!((known.container.0.as_str(), known.attributes["k"].as_str()), ("ab", "v"));
        assert!(matches!(event("x", b"nonsense"), Err(EngineError::Protocol { .. })));
    }
}
