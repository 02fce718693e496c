//! One HTTP request on a connection of its own.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long an address may take to accept a connection.
const CONNECT: Duration = Duration::from_millis(500);

/// Gets `path` from `address`: status and body.
pub(super) async fn get(address: SocketAddr, path: &str) -> io::Result<(StatusCode, Bytes)> {
    let stream = timeout(CONNECT, TcpStream::connect(address)).await??;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // Ends with this function; what goes wrong on the connection, the sender is told.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let request = Request::get(path)
        .header(header::HOST, address.to_string())
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let answer = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(io::Error::other)?;
    Ok((status, body.to_bytes()))
}
