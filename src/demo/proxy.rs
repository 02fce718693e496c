//! The demo's reverse proxy, as ordinary ones are set up: it asks Docker's DNS for the service at
//! every request, and goes on to the next address where one does not answer.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use tokio::net::{TcpListener, lookup_host};

use super::fetch::get;
use super::serve::{Answer, PORT, serve, text};

/// Passes requests on to `upstream` (`host:port`) until `ended` is over.
///
/// # Errors
///
/// If the port is taken.
pub async fn serve_proxy(upstream: String, ended: impl Future<Output = ()>) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    serve(listener, move |request| pass_on(request, upstream.clone()), ended).await
}

async fn pass_on(request: Request<Incoming>, upstream: String) -> Answer {
    // Only what may be said twice is passed on, so that the next address can be tried safely.
    if request.method() != Method::GET {
        return text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n");
    }
    let Ok(addresses) = lookup_host(&upstream).await else {
        return text(StatusCode::BAD_GATEWAY, "no such service\n");
    };
    match first_answer(addresses, request.uri().path()).await {
        Some((status, body)) => text(status, body),
        None => text(StatusCode::BAD_GATEWAY, "no address answers\n"),
    }
}

/// The answer of the first address that gives one.
async fn first_answer(
    addresses: impl Iterator<Item = SocketAddr>,
    path: &str,
) -> Option<(StatusCode, Bytes)> {
    for address in addresses {
        if let Ok(answer) = get(address, path).await {
            return Some(answer);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_refuses_is_passed_over() {
        let open = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addresses = [closed.local_addr().unwrap(), open.local_addr().unwrap()];
        drop(closed);
        let server = serve(open, async |_| text(StatusCode::OK, "2"), std::future::pending());
        let answer = tokio::select! {
            answer = first_answer(addresses.into_iter(), "/") => answer,
            _ = server => None,
        };
        assert_eq!(answer, Some((StatusCode::OK, Bytes::from("2"))));
    }
}
