//! What happens to containers, networks and volumes, as the engine tells it.

use std::collections::BTreeMap;
use std::io;

use futures_util::{AsyncBufReadExt as _, Stream, StreamExt as _, TryStreamExt as _};
use http::header::DATE;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::classify::{broken, nonsense};
use super::client::Docker;
use super::raw::encoded;
use crate::engine::EngineError;
use crate::engine::api::{ContainerId, EngineEvent, EventStream, RemovalStream};

/// What happens to one container.
pub(super) async fn subscribe(
    docker: &Docker,
    of: &ContainerId,
) -> Result<EventStream, EngineError> {
    let call = format!("listen to container `{}`", of.short());
    let lines = listen(docker, &call, &json!({ "type": ["container"], "container": [of] })).await?;
    let events = lines.map(move |line| event(&call, &line?));
    Ok(Box::pin(events.filter_map(async |event| event.transpose())))
}

/// Everybody who joins a network.
pub(super) async fn joins(docker: &Docker) -> Result<EventStream, EngineError> {
    let call = "listen to the networks".to_owned();
    let filters = json!({ "type": ["network"], "event": ["connect"] });
    let lines = listen(docker, &call, &filters).await?;
    let events = lines.map(move |line| join(&call, &line?));
    Ok(Box::pin(events.filter_map(async |event| event.transpose())))
}

/// The removals of one volume.
pub(super) async fn removals(docker: &Docker, volume: &str) -> Result<RemovalStream, EngineError> {
    let call = format!("listen to volume `{volume}`");
    let filters = json!({ "type": ["volume"], "volume": [volume], "event": ["destroy"] });
    let lines = listen(docker, &call, &filters).await?;
    Ok(Box::pin(lines.map_ok(|_| ())))
}

/// `GET /events` line by line, without a deadline: silence is normal.
///
/// The engine sends the head of its answer a moment before it subscribes, so the subscription
/// begins at the engine's own time of a moment ago: what happens in between is told all the same.
/// The stream may therefore begin with events of the second before.
async fn listen(
    docker: &Docker,
    call: &str,
    filters: &Value,
) -> Result<impl Stream<Item = Result<String, EngineError>> + use<>, EngineError> {
    let since = engine_time(docker, call).await?;
    let path = format!("/events?since={since}&filters={}", encoded(&filters.to_string()));
    let response = docker.open(call, &path).await?;
    let chunks = response.into_body().into_data_stream().map_err(io::Error::other);
    let call = call.to_owned();
    let lines = chunks.into_async_read().lines();
    Ok(lines.map_err(move |error| cut(&error, &call)).try_filter(|line| {
        let has_words = !line.trim().is_empty();
        async move { has_words }
    }))
}

/// The engine's clock in seconds, from the date of its answer to a ping.
async fn engine_time(docker: &Docker, call: &str) -> Result<i64, EngineError> {
    let response = docker.open(call, "/_ping").await?;
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
    let time = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    time.map(|time| time.timestamp().as_second()).ok_or_else(|| nonsense(call, &"it has no date"))
}

/// An error in the middle of the answer.
fn cut(error: &io::Error, call: &str) -> EngineError {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(error) => broken(error, call),
        None => nonsense(call, error),
    }
}

/// One line; `None` for what is not about a container.
fn event(call: &str, line: &str) -> Result<Option<EngineEvent>, EngineError> {
    let (actor, event) = told(call, line, "container")?;
    Ok(actor.zip(event).map(|(id, event)| EngineEvent { container: ContainerId(id), ..event }))
}

/// One line about a network: the container is among its attributes.
fn join(call: &str, line: &str) -> Result<Option<EngineEvent>, EngineError> {
    let (_, event) = told(call, line, "network")?;
    Ok(event.and_then(|mut event| {
        let id = event.attributes.remove("container")?;
        Some(EngineEvent { container: ContainerId(id), ..event })
    }))
}

/// Whom a line is about, if that is one of a `kind`, and what happened to it.
fn told(
    call: &str,
    line: &str,
    kind: &str,
) -> Result<(Option<String>, Option<EngineEvent>), EngineError> {
    let value: Value = serde_json::from_str(line).map_err(|error| nonsense(call, &error))?;
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    if text("/Type").is_some_and(|own| own != kind) {
        return Ok((None, None));
    }
    let attributes = value.pointer("/Actor/Attributes").and_then(Value::as_object);
    let attributes: BTreeMap<String, String> = attributes
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    let container = ContainerId(String::new());
    let event = text("/Action").map(|action| EngineEvent { container, action, attributes });
    Ok((text("/Actor/ID"), event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_events_that_are_unknown_are_passed_over() {
        assert_eq!(event("x", r#"{"Type":"moon","Action":"rise"}"#).unwrap(), None);
        let known = r#"{"Type":"container","Action":"health_status: healthy","Actor":{"ID":"ab","Attributes":{"k":"v"}}}"#;
        let known = event("x", known).unwrap().unwrap();
        assert_eq!((known.container.0.as_str(), known.attributes["k"].as_str()), ("ab", "v"));
        assert!(matches!(event("x", "nonsense"), Err(EngineError::Protocol { .. })));
    }

    #[test]
    fn a_network_tells_who_joins_it() {
        let line = r#"{"Type":"network","Action":"connect","Actor":{"ID":"ff","Attributes":{"container":"ab","name":"shop_default"}}}"#;
        let joined = join("x", line).unwrap().unwrap();
        assert_eq!((joined.container.0.as_str(), joined.action.as_str()), ("ab", "connect"));
        assert_eq!(joined.attributes["name"], "shop_default");
        assert_eq!(event("x", line).unwrap(), None);
    }
}
