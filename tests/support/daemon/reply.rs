//! Answers as HTTP.

use std::io;

use bytes::Bytes;
use composeup::engine::EngineError;
use futures_util::stream::{self, LocalBoxStream, Stream, StreamExt as _};
use http::{Response, StatusCode, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};

pub(in crate::support) type Body = StreamBody<LocalBoxStream<'static, io::Result<Frame<Bytes>>>>;
/// An error here is a connection that is cut without a word.
pub(in crate::support) type Reply = io::Result<Response<Body>>;

pub(in crate::support) fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "cut")
}

pub(in crate::support) fn stream(
    chunks: impl Stream<Item = io::Result<Bytes>> + 'static,
) -> Response<Body> {
    Response::new(StreamBody::new(chunks.map(|chunk| chunk.map(Frame::data)).boxed_local()))
}

pub(in crate::support) fn bytes(status: u16, bytes: impl Into<Bytes>) -> Response<Body> {
    let bytes = bytes.into();
    let length = bytes.len();
    let mut response = stream(stream::iter((length > 0).then_some(Ok(bytes))));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    if ![101, 204, 304].contains(&status) {
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    response
}

pub(in crate::support) fn json(status: u16, value: &Value) -> Response<Body> {
    bytes(status, value.to_string())
}

pub(in crate::support) fn message(status: u16, message: &str) -> Response<Body> {
    json(status, &json!({ "message": message }))
}

/// An error of the engine in memory, as the real one would say it.
pub(in crate::support) fn refusal(error: &EngineError) -> Reply {
    match error {
        EngineError::NotFound { message: words, .. } => Ok(message(404, words)),
        EngineError::Conflict { message: words, .. } => Ok(message(409, words)),
        EngineError::Refused { status, message: words, .. } => Ok(message(*status, words)),
        _ => Err(cut()),
    }
}

/// The same answer, of which only the first half comes; `end` follows it.
pub(in crate::support) async fn half(
    response: Response<Body>,
    end: impl Stream<Item = io::Result<Bytes>> + 'static,
) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let whole = BodyExt::collect(body).await.unwrap().to_bytes();
    let first = whole.slice(..whole.len() / 2);
    let mut response = stream(stream::iter([Ok(first)]).chain(end));
    *response.status_mut() = parts.status;
    *response.headers_mut() = parts.headers;
    response
}
