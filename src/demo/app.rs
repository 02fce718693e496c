//! The demo's web app: needs a second to warm up, then answers every request with its version.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use http::StatusCode;
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::fetch::get;
use super::serve::{PORT, serve, text};

/// From the start to the first connection.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long one answer takes, so that there are requests in flight at any moment.
const WORK: Duration = Duration::from_millis(20);

/// Serves `version` until `ended` is over.
///
/// # Errors
///
/// If the port is taken.
pub async fn serve_app(version: String, ended: impl Future<Output = ()>) -> io::Result<()> {
    sleep(WARM_UP).await;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    let answer = move |_| {
        let body = version.clone();
        async move {
            sleep(WORK).await;
            text(StatusCode::OK, body)
        }
    };
    serve(listener, answer, ended).await
}

/// Asks the app beside it, as its HEALTHCHECK.
///
/// # Errors
///
/// If it does not answer with success.
pub async fn check() -> io::Result<()> {
    let (status, _) = get((Ipv4Addr::LOCALHOST, PORT).into(), "/").await?;
    if status.is_success() {
        return Ok(());
    }
    Err(io::Error::other(format!("the app answers with {status}")))
}
