//! A socket in front of the real engine that counts the calls. It can hold one of them for ever, so
//! that the caller can be killed at exactly that point; or be gone for a while from there on.

use std::io;
use std::path::Path;
use std::rc::Rc;
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
use tokio::sync::Notify;
use tokio::task::{AbortHandle, LocalSet, spawn_local};

/// How long a test waits for a call or for the end of the program.
const PATIENCE: Duration = Duration::from_mins(1);

/// The tap; it ends with its thread when the test process does.
pub(crate) struct Tap {
    folder: TempDir,
    met: Receiver<()>,
}

/// What happens to one call.
#[derive(Clone, Copy)]
enum Fate {
    /// Its answer never comes.
    Held,
    /// It is cut off with every other one, and the socket refuses for so long.
    Cut(Duration),
}

struct State {
    /// Calls that count, still to come before the one that something happens to.
    ahead: usize,
    /// Whether a call that only looks counts.
    counts_looks: bool,
    fate: Fate,
    /// Tells that the call has come.
    meets: Sender<()>,
    /// Everything that is under way.
    tasks: Vec<AbortHandle>,
}

impl Tap {
    /// Holds the answer of the n-th call (counted from 1) that changes the engine, or of the n-th
    /// call at all.
    pub(crate) fn holding(nth: usize, counts_looks: bool) -> Self {
        Self::with(nth, counts_looks, Fate::Held)
    }

    /// Cuts every connection at the answer of the n-th call that changes the engine, and refuses
    /// others for so long.
    pub(crate) fn cutting(nth: usize, away: Duration) -> Self {
        Self::with(nth, false, Fate::Cut(away))
    }

    fn with(nth: usize, counts_looks: bool, fate: Fate) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (meets, met) = channel();
        let state = State { ahead: nth, counts_looks, fate, meets, tasks: Vec::new() };
        let path = folder.path().join("sock");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        std::thread::spawn(move || run(listener, &path, &Arc::new(Mutex::new(state))));
        Self { folder, met }
    }

    /// Its address, as for `DOCKER_HOST`.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("sock").display())
    }

    /// Waits until the call has come; `false` if `has_ended` says that it will never come.
    pub(crate) fn wait(&self, mut has_ended: impl FnMut() -> bool) -> bool {
        let step = Duration::from_millis(20);
        for _ in 0..PATIENCE.as_millis() / step.as_millis() {
            match self.met.recv_timeout(step) {
                Ok(()) => return true,
                Err(_) if has_ended() => return false,
                Err(_) => {}
            }
        }
        panic!("neither the call nor the end came");
    }
}

fn run(listener: std::os::unix::net::UnixListener, path: &Path, state: &Arc<Mutex<State>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let cut = Rc::new(Notify::new());
        let mut listener = UnixListener::from_std(listener).unwrap();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { return };
                    spawn(state, serve(stream, Arc::clone(state), Rc::clone(&cut)));
                }
                () = cut.notified() => {
                    drop(listener);
                    state.lock().unwrap().tasks.drain(..).for_each(|task| task.abort());
                    let Fate::Cut(away) = state.lock().unwrap().fate else { return };
                    tokio::time::sleep(away).await;
                    std::fs::remove_file(path).unwrap();
                    listener = UnixListener::bind(path).unwrap();
                }
            }
        }
    });
}

/// Begins what a cut ends.
fn spawn(state: &Mutex<State>, task: impl Future<Output = ()> + 'static) {
    let task = spawn_local(task).abort_handle();
    state.lock().unwrap().tasks.push(task);
}

async fn serve(stream: UnixStream, state: Arc<Mutex<State>>, cut: Rc<Notify>) {
    let service = service_fn(move |request| pass_on(request, Arc::clone(&state), Rc::clone(&cut)));
    let connection = server::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A caller that was killed ends here.
    let _ = connection.with_upgrades().await;
}

async fn pass_on(
    mut request: Request<Incoming>,
    state: Arc<Mutex<State>>,
    cut: Rc<Notify>,
) -> io::Result<Response<Incoming>> {
    let is_look = request.method() == http::Method::GET;
    let is_upgrade = request.headers().contains_key(UPGRADE);
    let theirs = is_upgrade.then(|| hyper::upgrade::on(&mut request));
    let engine = UnixStream::connect(engine_socket()).await?;
    let (mut sender, connection) =
        client::handshake(TokioIo::new(engine)).await.map_err(io::Error::other)?;
    spawn(&state, async move { _ = connection.with_upgrades().await });
    let mut response = sender.send_request(request).await.map_err(io::Error::other)?;
    if let Some(theirs) = theirs.filter(|_| response.status() == 101) {
        let ours = hyper::upgrade::on(&mut response);
        spawn(&state, async move {
            if let (Ok(theirs), Ok(ours)) = tokio::join!(theirs, ours) {
                let (mut theirs, mut ours) = (TokioIo::new(theirs), TokioIo::new(ours));
                let _ = tokio::io::copy_bidirectional(&mut theirs, &mut ours).await;
            }
        });
    }
    match meet(&state, is_look) {
        None => Ok(response),
        Some(fate) => {
            if matches!(fate, Fate::Cut(_)) {
                cut.notify_one();
            }
            std::future::pending().await
        }
    }
}

/// Counts the call, and says what happens to it if it is the one.
fn meet(state: &Mutex<State>, is_look: bool) -> Option<Fate> {
    let mut state = state.lock().unwrap();
    if is_look && !state.counts_looks {
        return None;
    }
    let is_it = state.ahead == 1;
    state.ahead = state.ahead.saturating_sub(1);
    if is_it {
        let _ = state.meets.send(());
    }
    is_it.then_some(state.fate)
}

fn engine_socket() -> String {
    let host = std::env::var("DOCKER_HOST").unwrap_or("unix:///var/run/docker.sock".to_owned());
    host.strip_prefix("unix://").expect("the engine is on a socket").to_owned()
}
