//! Calls as raw JSON, for whatever bollard's models would lose or cannot say.

use std::fmt;

use bollard::{BollardRequest, body_full};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::classify::{broken, classify, nonsense, refusal, words};
use super::transport::Transport;
use crate::engine::EngineError;

/// What stays as it is in a path; an image reference is one segment to the engine.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'/');

/// Text as a segment of a path or as the value of a query.
pub(super) fn encoded(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, PATH)
}

impl Transport {
    /// `GET`, as the JSON that the engine sent.
    pub(super) async fn get(&self, call: &str, path: &str) -> Result<Value, EngineError> {
        parse(call, &collect(call, self.open(call, path).await?).await?)
    }

    /// `POST` of a body that goes out as it is; `Null` where the answer is empty.
    pub(super) async fn post(
        &self,
        call: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, EngineError> {
        let request = Request::post(path).header(CONTENT_TYPE, "application/json");
        let request = request.body(body_full(body.to_string().into()));
        let answer = collect(call, self.head(call, request).await?).await?;
        if answer.is_empty() { Ok(Value::Null) } else { parse(call, &answer) }
    }

    /// The head of a `GET`, whose body the caller reads.
    pub(super) async fn open(
        &self,
        call: &str,
        path: &str,
    ) -> Result<Response<Incoming>, EngineError> {
        let request = Request::get(path);
        self.head(call, request.body(body_full(Bytes::new()))).await
    }

    /// The head of an answer that says yes.
    async fn head(
        &self,
        call: &str,
        request: http::Result<BollardRequest>,
    ) -> Result<Response<Incoming>, EngineError> {
        let request = request.map_err(|error| nonsense(call, &error))?;
        let response = self.send(request).await.map_err(|error| classify(error, call))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = collect(call, response).await?;
        Err(refusal(status.as_u16(), &words(&body), call))
    }
}

async fn collect(call: &str, response: Response<Incoming>) -> Result<Bytes, EngineError> {
    let body = response.into_body().collect().await;
    Ok(body.map_err(|error| broken(&error, call))?.to_bytes())
}

fn parse(call: &str, body: &[u8]) -> Result<Value, EngineError> {
    serde_json::from_slice(body).map_err(|error| nonsense(call, &error))
}
