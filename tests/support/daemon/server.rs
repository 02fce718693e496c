//! The socket, the thread behind it, and how a test talks to that thread.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use composeup::engine::fake::Fake;
use futures_util::stream;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use super::reply::{self, Reply};
use super::routes::Engine;
use super::trouble::{Fault, Trouble, Wire};

type Job = Box<dyn FnOnce(Fake) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// A daemon that runs until it is dropped.
pub(crate) struct Daemon {
    folder: TempDir,
    wire: Arc<Mutex<Wire>>,
    jobs: Option<UnboundedSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Daemon {
    /// Starts one that holds nothing.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let wire = Arc::new(Mutex::new(Wire::default()));
        let (jobs, inbox) = unbounded_channel();
        let listener = std::os::unix::net::UnixListener::bind(folder.path().join("sock")).unwrap();
        listener.set_nonblocking(true).unwrap();
        let shared = Arc::clone(&wire);
        let thread = std::thread::spawn(move || run(listener, inbox, &shared));
        Self { folder, wire, jobs: Some(jobs), thread: Some(thread) }
    }

    /// Its address, as for `DOCKER_HOST`.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("sock").display())
    }

    /// Does something with the engine behind it.
    pub(crate) fn with<T: Send + 'static>(
        &self,
        job: impl AsyncFnOnce(Fake) -> T + Send + 'static,
    ) -> T {
        let (sender, answer) = std::sync::mpsc::channel();
        let job: Job = Box::new(move |fake| {
            Box::pin(async move {
                let _ = sender.send(job(fake).await);
            })
        });
        self.jobs.as_ref().unwrap().send(job).ok().unwrap();
        answer.recv().unwrap()
    }

    /// Arms a fault.
    pub(crate) fn fail(&self, fault: Fault) {
        self.wire.lock().unwrap().faults.push(fault);
    }

    /// Every request so far: method, path and query.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.wire.lock().unwrap().requests.clone()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(
    listener: std::os::unix::net::UnixListener,
    inbox: UnboundedReceiver<Job>,
    wire: &Arc<Mutex<Wire>>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, accept(listener, inbox, wire));
}

async fn accept(
    listener: std::os::unix::net::UnixListener,
    mut inbox: UnboundedReceiver<Job>,
    wire: &Arc<Mutex<Wire>>,
) {
    let listener = UnixListener::from_std(listener).unwrap();
    let fake = Fake::new();
    let engine = Engine::new(fake.clone());
    loop {
        tokio::select! {
            stream = listener.accept() => {
                spawn_local(serve(stream.unwrap().0, engine.clone(), Arc::clone(wire)));
            }
            job = inbox.recv() => match job {
                Some(job) => drop(spawn_local(job(fake.clone()))),
                None => return,
            },
        }
    }
}

async fn serve(stream: UnixStream, engine: Engine, wire: Arc<Mutex<Wire>>) {
    let service = service_fn(move |request| answer(request, engine.clone(), Arc::clone(&wire)));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A client that leaves, and a cut of ours, end here.
    let _ = connection.with_upgrades().await;
}

async fn answer(request: Request<Incoming>, engine: Engine, wire: Arc<Mutex<Wire>>) -> Reply {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let trouble = wire.lock().unwrap().meet(request.method().as_str(), path);
    match trouble {
        Some(Trouble::DropBefore) => return Err(reply::cut()),
        Some(Trouble::StallBefore) => std::future::pending().await,
        Some(Trouble::Answer(status, message)) => return Ok(reply::message(status, message)),
        Some(Trouble::Delay(by)) => sleep(by).await,
        _ => {}
    }
    let reply = engine.answer(request).await.or_else(|error| reply::refusal(&error));
    match trouble {
        Some(Trouble::DropAfter) => Err(reply::cut()),
        Some(Trouble::HalfBody) => {
            Ok(reply::half(reply?, stream::iter([Err::<_, io::Error>(reply::cut())])).await)
        }
        Some(Trouble::StallInBody) => Ok(reply::half(reply?, stream::pending()).await),
        Some(Trouble::Nonsense) => Ok(reply::bytes(200, "<html>It works!</html>")),
        _ => reply,
    }
}
