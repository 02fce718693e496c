//! What this program does in the lab's containers, each time as the only test of a run.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use composeup::demo::serve;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{interval, sleep};

use super::docker_gen;

/// Names what an app does on SIGTERM: `finishes` what it has, or `dies`.
pub(super) const END: &str = "LAB_END";
/// How many milliseconds after its start an app answers 503.
pub(super) const WARM_UP: &str = "LAB_WARM_UP_MS";
/// The version that an app says it is.
pub(super) const VERSION: &str = "LAB_VERSION";
/// Where an app listens.
pub(super) const PORT: u16 = 8080;

/// One piece of a long answer, and the time to the next one.
const PIECE: usize = 1024;
const PIECES_EVERY: Duration = Duration::from_millis(100);

/// The arguments that make this program take a role.
pub(super) fn arguments(role: &str) -> [String; 4] {
    let name = format!("{}::{role}", module_path!().split_once("::").unwrap().1);
    [name, "--exact".into(), "--ignored".into(), "--nocapture".into()]
}

#[test]
#[ignore = "not a test: it runs in the lab's containers"]
fn app() {
    let setting = |name| std::env::var(name).expect("this runs in the lab's containers alone");
    let (end, version) = (setting(END), setting(VERSION));
    let warm_up = Duration::from_millis(setting(WARM_UP).parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut term = signal(SignalKind::terminate()).unwrap();
        let ended = async {
            term.recv().await;
            if end == "dies" {
                #[expect(clippy::disallowed_methods, reason = "that is what is to be tested")]
                std::process::exit(143);
            }
        };
        let start = Instant::now();
        let answer = move |request| {
            let is_warm = start.elapsed() >= warm_up;
            answer(request, is_warm, version.clone())
        };
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await.unwrap();
        serve(listener, answer, ended).await.unwrap();
    });
}

#[test]
#[ignore = "not a test: it runs in the lab's containers"]
fn docker_gen_for_nginx() {
    docker_gen::follow(&docker_gen::Nginx);
}

#[test]
#[ignore = "not a test: it runs in the lab's containers"]
fn docker_gen_for_caddy() {
    docker_gen::follow(&docker_gen::Caddy);
}

/// `/?work=MS` takes so long; `/long?work=MS` sends its answer piece by piece for so long.
async fn answer(
    request: Request<Incoming>,
    is_warm: bool,
    version: String,
) -> Response<BoxBody<Bytes, Infallible>> {
    let is_long = request.uri().path() == "/long";
    let query = request.uri().query().unwrap_or_default();
    let work = query.strip_prefix("work=").and_then(|ms| ms.parse().ok()).unwrap_or(0);
    let work = Duration::from_millis(work);
    // All of the request is read, as an app does with what it is sent.
    let sent = request.into_body().collect().await.map(|body| body.to_bytes().len());
    let Ok(sent) = sent else { return text(StatusCode::BAD_REQUEST, "cut short".into()) };
    if !is_warm {
        return text(StatusCode::SERVICE_UNAVAILABLE, "not yet".into());
    }
    if is_long {
        let frames = pieces(work).map(|piece| Ok(Frame::data(piece)));
        return Response::new(BoxBody::new(StreamBody::new(frames)));
    }
    sleep(work).await;
    text(StatusCode::OK, format!("{version} {sent}"))
}

fn pieces(work: Duration) -> impl Stream<Item = Bytes> + Send + Sync {
    let count = usize::try_from(work.as_millis() / PIECES_EVERY.as_millis()).unwrap();
    let piece = |mut clock: tokio::time::Interval| async move {
        clock.tick().await;
        Some((Bytes::from(vec![b'.'; PIECE]), clock))
    };
    stream::unfold(interval(PIECES_EVERY), piece).take(count)
}

/// How many bytes a long answer of so much work has.
pub(super) fn length_of(work: Duration) -> usize {
    usize::try_from(work.as_millis() / PIECES_EVERY.as_millis()).unwrap() * PIECE
}

fn text(status: StatusCode, body: String) -> Response<BoxBody<Bytes, Infallible>> {
    let mut answer = Response::new(BoxBody::new(http_body_util::Full::new(body.into())));
    *answer.status_mut() = status;
    answer
}
