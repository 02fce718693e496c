//! A connected engine: bollard and raw JSON over one transport, every call with its deadline.

use std::fmt;
use std::time::Duration;

use bollard::ClientVersion;
use http::Response;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::timeout;

use super::classify::{classify, nonsense, timed_out};
use super::connect::Address;
use super::transport::Transport;
use super::version::ApiVersion;
use crate::engine::EngineError;
use crate::engine::api::EngineInfo;

/// How long bollard itself waits for the head of an answer: longer than any deadline of ours.
const NO_DEADLINE: u64 = u32::MAX as u64;
/// How long calls may take, from the connect to the last byte of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Until the connection is made.
    pub connect: Duration,
    /// Calls that only look.
    pub read: Duration,
    /// Calls that change something; on top of the grace period for a stop.
    pub write: Duration,
    /// Silence in a stream that should tell of progress.
    pub silence: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(30),
            write: Duration::from_mins(2),
            silence: Duration::from_mins(5),
        }
    }
}

/// A Docker Engine.
#[derive(Clone)]
pub struct Docker {
    pub(super) client: bollard::Docker,
    pub(super) deadlines: Deadlines,
    pub(super) info: EngineInfo,
    transport: Transport,
}

impl fmt::Debug for Docker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Docker").field("info", &self.info).finish_non_exhaustive()
    }
}

impl Docker {
    /// Connects to the engine and agrees on an API version.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unreachable`], [`EngineError::TooOld`], [`EngineError::TooNew`], or whatever
    /// `GET /version` runs into.
    pub async fn connect(address: Address, deadlines: Deadlines) -> Result<Self, EngineError> {
        let transport = Transport::new(address, deadlines.connect);
        let call = "ask for the engine's version";
        let looked = within(call, deadlines.read, transport.get(call, "/version")).await?;
        let text = |key: &str| looked[key].as_str().unwrap_or_default().to_owned();
        let version = |key: &str| {
            let version = text(key).parse::<ApiVersion>();
            version.map_err(|_| nonsense(call, &format!("it has no `{key}`")))
        };
        let endpoint = transport.endpoint();
        let spoken =
            ApiVersion::negotiate(&endpoint, version("MinAPIVersion")?, version("ApiVersion")?)?;
        let transport = transport.speaking(spoken);
        let info = EngineInfo {
            endpoint,
            version: text("Version"),
            api_version: spoken.to_string(),
            os: text("Os"),
            architecture: text("Arch"),
        };
        Ok(Self { client: bollard_over(transport.clone())?, deadlines, info, transport })
    }

    /// One call through bollard.
    pub(super) async fn ask<T>(
        &self,
        call: &str,
        deadline: Duration,
        answer: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, EngineError> {
        let answer = async { answer.await.map_err(|error| classify(error, call)) };
        within(call, deadline, answer).await
    }

    /// One look, as the JSON that the engine sent.
    pub(super) async fn get(&self, call: &str, path: &str) -> Result<Value, EngineError> {
        within(call, self.deadlines.read, self.transport.get(call, path)).await
    }

    /// One change by a body that goes out as it is; `Null` where the answer is empty.
    pub(super) async fn post(
        &self,
        call: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, EngineError> {
        within(call, self.deadlines.write, self.transport.post(call, path, body)).await
    }

    /// The head of a look whose body the caller reads, without a deadline for the body.
    pub(super) async fn open(
        &self,
        call: &str,
        path: &str,
    ) -> Result<Response<Incoming>, EngineError> {
        within(call, self.deadlines.read, self.transport.open(call, path)).await
    }
}

/// Ends a call that is not over by its deadline.
pub(super) async fn within<T>(
    call: &str,
    deadline: Duration,
    answer: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    // Boxed, or the future of every rollout would have room for the largest call.
    timeout(deadline, Box::pin(answer)).await.unwrap_or_else(|_| Err(timed_out(call, deadline)))
}

fn bollard_over(transport: Transport) -> Result<bollard::Docker, EngineError> {
    let send = move |request| {
        let transport = transport.clone();
        async move { transport.send(request).await }
    };
    // The transport puts the version on the path; bollard's own is never sent.
    let version = ClientVersion { major_version: 1, minor_version: 51 };
    let client = bollard::Docker::connect_with_custom_transport(
        send,
        Some("http://docker"),
        NO_DEADLINE,
        &version,
    );
    client.map_err(|error| nonsense("connect", &error))
}
