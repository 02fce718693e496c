//! The way of a request to the engine: one connection per call, the API version on the path.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bollard::BollardRequest;
use bollard::errors::Error;
use http::Response;
use http::header::{HOST, HeaderValue};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::connect::Address;
use super::version::ApiVersion;
use crate::engine::EngineError;

/// Sends requests to one engine.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    address: Arc<Address>,
    connect_within: Duration,
    version: Option<ApiVersion>,
}

impl Transport {
    /// A transport that does not yet say which version it speaks.
    pub(super) fn new(address: Address, connect_within: Duration) -> Self {
        Self { address: Arc::new(address), connect_within, version: None }
    }

    /// The same, speaking this version.
    pub(super) fn speaking(self, version: ApiVersion) -> Self {
        Self { version: Some(version), ..self }
    }

    pub(super) fn endpoint(&self) -> String {
        self.address.to_string()
    }

    /// Sends one request and returns the head of the answer. An engine that cannot be reached is an
    /// [`Error::IOError`] around [`EngineError::Unreachable`].
    pub(super) async fn send(&self, request: BollardRequest) -> Result<Response<Incoming>, Error> {
        let request = self.versioned(request)?;
        match &*self.address {
            Address::Unix(path) => {
                exchange(self.reach(UnixStream::connect(path)).await?, request).await
            }
            Address::Tcp { host, port } => {
                let stream = self.reach(TcpStream::connect((host.as_str(), *port))).await?;
                exchange(stream, request).await
            }
        }
    }

    async fn reach<S>(&self, connect: impl Future<Output = io::Result<S>>) -> Result<S, Error> {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the connection timed out");
        let end = timeout(self.connect_within, connect).await.map_err(late);
        end.and_then(|end| end).map_err(|error| {
            let kind = error.kind();
            let unreachable = EngineError::Unreachable {
                endpoint: self.endpoint(),
                kind,
                reason: error.to_string(),
            };
            io::Error::new(kind, unreachable).into()
        })
    }

    fn versioned(&self, mut request: BollardRequest) -> Result<BollardRequest, Error> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let uri = match self.version {
            Some(version) => format!("/v{version}{path}").parse()?,
            None => path.parse()?,
        };
        *request.uri_mut() = uri;
        request.headers_mut().insert(HOST, HeaderValue::from_static("docker"));
        Ok(request)
    }
}

async fn exchange<S>(stream: S, request: BollardRequest) -> Result<Response<Incoming>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Its errors reach the reader of the answer.
    tokio::spawn(connection.with_upgrades());
    Ok(sender.send_request(request).await?)
}
