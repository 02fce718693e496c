//! One request on a connection of its own.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::expect::Expect;
use super::target::{Header, Target};

/// Headers that say who answers, the best one first.
const SERVERS: [&str; 3] = ["x-served-by", "x-version", "server"];
/// How much of such a header is kept.
const SERVER_CHARS: usize = 40;
/// How much of a body is looked through, in bytes.
const BODY_BYTES: usize = 1 << 20;

/// How every request is sent and judged.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) headers: Vec<Header>,
    pub(super) expect: Expect,
    /// Absent where no URL needs it.
    pub(super) tls: Option<Arc<ClientConfig>>,
}

impl Sender {
    /// Sends one request, and reads the answer to its end; who gave it, if it is a good one.
    ///
    /// # Errors
    ///
    /// Why there is no good answer: a lower-case fragment.
    pub(super) async fn ask(&self, target: &Target) -> Result<String, String> {
        let stream = TcpStream::connect((target.host.as_str(), target.port)).await;
        let stream = stream.map_err(|error| told(&error))?;
        let address = stream.peer_addr().map(|address| address.to_string()).unwrap_or_default();
        let by = match &self.tls {
            Some(tls) if target.is_secure => {
                let name = ServerName::try_from(target.host.clone());
                let name = name.map_err(|error| error.to_string())?;
                let connector = TlsConnector::from(Arc::clone(tls));
                let stream = connector.connect(name, stream).await;
                self.ask_on(stream.map_err(|error| told(&error))?, target).await
            }
            _ => self.ask_on(stream, target).await,
        }?;
        Ok(by.unwrap_or(address))
    }

    /// The same on a connection; nothing if the answer does not say whose it is.
    async fn ask_on(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        target: &Target,
    ) -> Result<Option<String>, String> {
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|error| told(&error))?;
        // Ends with this function; what goes wrong on the connection, the sender is told.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let request = self.request(target).map_err(|error| error.to_string())?;
        let answer = sender.send_request(request).await.map_err(|error| told(&error))?;
        let status = answer.status();
        let by = server(answer.headers());
        let body = read(answer.into_body(), self.expect.needs_body()).await;
        let body = body.map_err(|error| format!("the answer broke off: {}", told(&error)))?;
        self.expect.judge(status, &body).map(|()| by)
    }

    fn request(&self, target: &Target) -> http::Result<Request<Empty<Bytes>>> {
        let mut request = Request::get(target.path.as_str()).body(Empty::new())?;
        let headers = request.headers_mut();
        headers.insert(header::HOST, HeaderValue::from_str(&target.authority)?);
        let agent = concat!("composeup/", env!("CARGO_PKG_VERSION"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
        for Header { name, value } in &self.headers {
            headers.insert(name, value.clone());
        }
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        Ok(request)
    }
}

/// Reads a body to its end, and keeps the beginning of it if it is needed.
async fn read(mut body: Incoming, is_needed: bool) -> hyper::Result<Vec<u8>> {
    let mut kept = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data()
            && is_needed
            && kept.len() < BODY_BYTES
        {
            kept.extend_from_slice(&data);
        }
    }
    Ok(kept)
}

fn server(headers: &HeaderMap) -> Option<String> {
    let value = SERVERS.iter().find_map(|name| headers.get(*name)?.to_str().ok())?;
    Some(value.chars().take(SERVER_CHARS).collect())
}

/// The innermost cause, which is the one that a person can do something about.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let Some(cause) = causes.last() else { return error.to_string() };
    match cause.downcast_ref::<io::Error>() {
        Some(error) if error.raw_os_error().is_some() => error.kind().to_string(),
        _ => cause.to_string(),
    }
}
