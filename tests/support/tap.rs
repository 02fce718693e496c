//! A socket in front of the real engine that counts the calls and can hold one of them for ever, so
//! that the caller can be killed at exactly that point.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::UPGRADE;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{LocalSet, spawn_local};

/// How long a test waits for a call or for the end of the program.
const PATIENCE: Duration = Duration::from_mins(1);

/// The tap; it ends with its thread when the test process does.
pub(crate) struct Tap {
    folder: TempDir,
    held: Receiver<()>,
}

struct State {
    /// Calls that count, still to come before the one that is held.
    ahead: usize,
    /// Whether a call that only looks counts.
    counts_looks: bool,
    held: Sender<()>,
}

impl Tap {
    /// Holds the answer of the n-th call (counted from 1) that changes the engine, or of the n-th
    /// call at all.
    pub(crate) fn holding(nth: usize, counts_looks: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (sender, held) = channel();
        let state = State { ahead: nth, counts_looks, held: sender };
        let listener = std::os::unix::net::UnixListener::bind(folder.path().join("sock")).unwrap();
        listener.set_nonblocking(true).unwrap();
        std::thread::spawn(move || run(listener, &Arc::new(Mutex::new(state))));
        Self { folder, held }
    }

    /// Its address, as for `DOCKER_HOST`.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("sock").display())
    }

    /// Waits until the call is held; `false` if `has_ended` says that it will never come.
    pub(crate) fn wait(&self, mut has_ended: impl FnMut() -> bool) -> bool {
        let step = Duration::from_millis(20);
        for _ in 0..PATIENCE.as_millis() / step.as_millis() {
            match self.held.recv_timeout(step) {
                Ok(()) => return true,
                Err(_) if has_ended() => return false,
                Err(_) => {}
            }
        }
        panic!("neither the call nor the end came");
    }
}

fn run(listener: std::os::unix::net::UnixListener, state: &Arc<Mutex<State>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let listener = UnixListener::from_std(listener).unwrap();
        while let Ok((stream, _)) = listener.accept().await {
            let state = Arc::clone(state);
            spawn_local(async move {
                let service = service_fn(move |request| pass_on(request, Arc::clone(&state)));
                let io = TokioIo::new(stream);
                let connection = server::Builder::new().serve_connection(io, service);
                // A caller that was killed ends here.
                let _ = connection.with_upgrades().await;
            });
        }
    });
}

async fn pass_on(
    mut request: Request<Incoming>,
    state: Arc<Mutex<State>>,
) -> io::Result<Response<Incoming>> {
    let is_look = request.method() == http::Method::GET;
    let is_upgrade = request.headers().contains_key(UPGRADE);
    let theirs = is_upgrade.then(|| hyper::upgrade::on(&mut request));
    let engine = UnixStream::connect(engine_socket()).await?;
    let (mut sender, connection) =
        client::handshake(TokioIo::new(engine)).await.map_err(io::Error::other)?;
    spawn_local(connection.with_upgrades());
    let mut response = sender.send_request(request).await.map_err(io::Error::other)?;
    if let Some(theirs) = theirs.filter(|_| response.status() == 101) {
        let ours = hyper::upgrade::on(&mut response);
        spawn_local(async move {
            if let (Ok(theirs), Ok(ours)) = tokio::join!(theirs, ours) {
                let (mut theirs, mut ours) = (TokioIo::new(theirs), TokioIo::new(ours));
                let _ = tokio::io::copy_bidirectional(&mut theirs, &mut ours).await;
            }
        });
    }
    if is_the_one(&state, is_look) {
        std::future::pending::<()>().await;
    }
    Ok(response)
}

/// Counts the call, and says whether it is the one to hold.
fn is_the_one(state: &Mutex<State>, is_look: bool) -> bool {
    let mut state = state.lock().unwrap();
    if is_look && !state.counts_looks {
        return false;
    }
    let is_it = state.ahead == 1;
    state.ahead = state.ahead.saturating_sub(1);
    if is_it {
        let _ = state.held.send(());
    }
    is_it
}

fn engine_socket() -> String {
    let host = std::env::var("DOCKER_HOST").unwrap_or("unix:///var/run/docker.sock".to_owned());
    host.strip_prefix("unix://").expect("the engine is on a socket").to_owned()
}
