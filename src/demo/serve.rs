//! A small HTTP server that ends as servers should: on SIGTERM it takes no new connections and
//! finishes the requests it has.

use std::convert::Infallible;
use std::io;
use std::pin::pin;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The port that app and proxy listen on in their containers.
pub(super) const PORT: u16 = 8080;

/// A whole answer.
pub(super) type Answer = Response<Full<Bytes>>;

/// An answer of text.
pub(super) fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer
}

/// Answers requests on `listener` until `ended` is over, then finishes those it has.
///
/// # Errors
///
/// If the listener breaks.
pub async fn serve<A, F, B>(
    listener: TcpListener,
    answer: A,
    ended: impl Future<Output = ()>,
) -> io::Result<()>
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: std::error::Error + Send + Sync> + Send + 'static,
{
    let (end, ending) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut ended = pin!(ended);
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                connections.spawn(connection(stream, answer.clone(), ending.clone()));
            }
            () = &mut ended => break,
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    // Nobody listens where no connection is left.
    let _ = end.send(true);
    while connections.join_next().await.is_some() {}
    Ok(())
}

async fn connection<A, F, B>(stream: TcpStream, answer: A, mut ending: watch::Receiver<bool>)
where
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body<Error: std::error::Error + Send + Sync> + 'static,
{
    let service = service_fn(|request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let mut connection =
        pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    // A client that leaves early ends only its own connection.
    tokio::select! {
        _ = &mut connection => return,
        _ = ending.wait_for(|ending| *ending) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
