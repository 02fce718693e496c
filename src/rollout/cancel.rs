//! Requests to stop: the first takes the rollout back, the second leaves at once.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::error::Error;
use crate::journal::outcome::Signal;

/// Listens for requests to stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cancel(watch::Receiver<Requests>);

/// Asks to stop.
#[derive(Debug)]
pub struct Canceller(watch::Sender<Requests>);

#[derive(Debug, Clone, Copy, Default)]
struct Requests {
    first: Option<Signal>,
    count: u32,
}

impl Cancel {
    /// A pair that is not bound to the signals of the process.
    #[must_use]
    pub fn manual() -> (Canceller, Self) {
        let (sender, receiver) = watch::channel(Requests::default());
        (Canceller(sender), Self(receiver))
    }

    /// Listens for SIGINT, SIGTERM and SIGHUP of this process, from now on. Needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// The operating system's, if a handler cannot be installed.
    pub fn by_signals() -> io::Result<Self> {
        let (canceller, cancel) = Self::manual();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            loop {
                let kind = tokio::select! {
                    _ = interrupt.recv() => Signal::Interrupt,
                    _ = terminate.recv() => Signal::Terminate,
                    _ = hangup.recv() => Signal::Terminate,
                };
                canceller.request(kind);
            }
        });
        Ok(cancel)
    }

    /// Who asked first, if somebody has asked.
    #[must_use]
    pub fn first(&self) -> Option<Signal> {
        self.0.borrow().first
    }

    /// Ends with `work`, or with [`Error::Cancelled`] as soon as somebody asks to stop; for work that
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// Those of `work`.
    pub async fn guard<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.requested(1) => {
                Err(Error::Cancelled(self.first().unwrap_or(Signal::Interrupt)))
            }
            ended = work => ended,
        }
    }

    /// Ends once somebody has asked `times` times.
    pub async fn requested(&self, times: u32) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|requests| requests.count >= times).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Canceller {
    /// Asks once more.
    pub fn request(&self, kind: Signal) {
        self.0.send_modify(|requests| {
            requests.first.get_or_insert(kind);
            requests.count += 1;
        });
    }
}
