//! Somebody who asks a service all the while, as a proxy does that follows the engine: one after
//! the other, every container of it that runs.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use composeup::engine::Engine as _;
use composeup::engine::api::Inspection;
use composeup::labels;

use super::engine::RealEngine;

/// An answer that takes longer counts as none.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two requests.
const PAUSE: Duration = Duration::from_millis(10);

/// Requests under way.
pub(crate) struct Client {
    over: Sender<()>,
    thread: JoinHandle<Requests>,
}

/// What became of them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Requests {
    /// Good answers.
    pub(crate) answered: usize,
    /// Requests without one.
    pub(crate) failed: usize,
}

impl Client {
    /// Starts to ask a service on port 8080.
    pub(crate) fn start(project: &str, service: &'static str) -> Self {
        let (over, is_over) = channel();
        let project = project.to_owned();
        let thread = thread::spawn(move || ask_until(&is_over, &project, service));
        Self { over, thread }
    }

    /// Stops asking.
    pub(crate) fn finish(self) -> Requests {
        drop(self.over);
        self.thread.join().unwrap()
    }
}

fn ask_until(is_over: &Receiver<()>, project: &str, service: &str) -> Requests {
    let engine = RealEngine::connect();
    let mut requests = Requests::default();
    loop {
        for address in addresses(&engine, project, service) {
            match ask(address) {
                Ok(()) => requests.answered += 1,
                Err(_) => requests.failed += 1,
            }
            if is_over.recv_timeout(PAUSE) != Err(RecvTimeoutError::Timeout) {
                return requests;
            }
        }
    }
}

/// Where the containers of the service are that run now.
fn addresses(engine: &RealEngine, project: &str, service: &str) -> Vec<SocketAddr> {
    let filters =
        [format!("{}={project}", labels::PROJECT), format!("{}={service}", labels::SERVICE)];
    let found = engine.run(async |docker| docker.containers(&filters).await.unwrap());
    found.iter().filter(|one| one.state().running).filter_map(address).collect()
}

fn address(container: &Inspection) -> Option<SocketAddr> {
    let networks = container.networks();
    let ip = networks.values().next()?.get("IPAddress")?.as_str()?.parse().ok()?;
    Some(SocketAddr::new(ip, 8080))
}

fn ask(address: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let is_good = answer.starts_with("HTTP/1.") && answer.contains(" 200 OK");
    if is_good { Ok(()) } else { Err(std::io::ErrorKind::InvalidData.into()) }
}
