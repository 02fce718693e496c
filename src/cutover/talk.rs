//! One helper: started, spoken to, and kept alive by the sound of it.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::detour::{Answer, BEAT_EVERY, Command, SILENCE};
use crate::engine::api::{ContainerId, ContainerSpec, Link};
use crate::engine::{Engine, EngineError};

/// How long a helper may take from its start to its first answer.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// A helper that answers. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Helper {
    asks: mpsc::UnboundedSender<Ask>,
}

#[derive(Debug)]
struct Ask {
    command: Command,
    answer: oneshot::Sender<Answer>,
}

/// An answer on its way.
pub(super) struct Pending(oneshot::Receiver<Answer>);

impl Pending {
    /// The answer; none if the helper is gone.
    pub(super) async fn answer(self) -> Option<Answer> {
        self.0.await.ok()
    }
}

impl Helper {
    /// Starts a helper and lets it try.
    ///
    /// # Errors
    ///
    /// Why it cannot be had, as a lower-case fragment.
    pub(super) async fn start(engine: &impl Engine, spec: &ContainerSpec) -> Result<Self, String> {
        let (helper, id) = begin(engine, spec).await?;
        match helper.try_out().await {
            Ok(()) => Ok(helper),
            Err(reason) => Err(remove(engine, &id, reason).await),
        }
    }

    /// Starts a helper that changes nothing where it is.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub(super) async fn start_untried(
        engine: &impl Engine,
        spec: &ContainerSpec,
    ) -> Result<Self, String> {
        Ok(begin(engine, spec).await?.0)
    }

    async fn try_out(&self) -> Result<(), String> {
        let first = self.ask(Command::Set(Vec::new())).answer();
        match timeout(FIRST_ANSWER, first).await {
            Ok(Some(Answer::Refused(refusal))) => Err(refusal.to_string()),
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err("its helper ended".into()),
            Err(_) => Err("its helper does not answer".into()),
        }
    }

    /// Asks; what was asked before is answered before.
    pub(super) fn ask(&self, command: Command) -> Pending {
        let (answer, pending) = oneshot::channel();
        // A helper that is gone drops the ask, which the receiver notices.
        let _ = self.asks.send(Ask { command, answer });
        Pending(pending)
    }
}

async fn begin(
    engine: &impl Engine,
    spec: &ContainerSpec,
) -> Result<(Helper, ContainerId), String> {
    let text = |error: EngineError| error.to_string();
    let id = create(engine, spec).await.map_err(text)?;
    match connect(engine, &id).await.map_err(text) {
        Ok(helper) => Ok((helper, id)),
        Err(reason) => Err(remove(engine, &id, reason).await),
    }
}

/// One that an earlier process left behind is replaced.
async fn create(engine: &impl Engine, spec: &ContainerSpec) -> Result<ContainerId, EngineError> {
    match engine.create(spec).await {
        Err(EngineError::Conflict { .. }) => {
            if let Some(seen) = engine.container(&spec.name).await? {
                engine.remove(&seen.id()).await?;
            }
            engine.create(spec).await
        }
        end => end,
    }
}

async fn connect(engine: &impl Engine, id: &ContainerId) -> Result<Helper, EngineError> {
    let link = engine.attach(id).await?;
    let (asks, asked) = mpsc::unbounded_channel();
    // It listens from its first moment, which may be long before the engine says that it started.
    tokio::spawn(talk(link, asked));
    engine.start(id).await?;
    Ok(Helper { asks })
}

/// A helper that was never started does not remove itself.
async fn remove(engine: &impl Engine, id: &ContainerId, reason: String) -> String {
    match engine.remove(id).await {
        Ok(()) => reason,
        Err(error) => format!("{reason}; {error}"),
    }
}

/// Speaks with a helper until nobody asks any more or it is gone.
async fn talk(mut link: Link, mut asked: mpsc::UnboundedReceiver<Ask>) {
    let mut beat = interval(BEAT_EVERY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            ask = asked.recv() => {
                let Some(Ask { command, answer }) = ask else { return };
                let Ok(Some(said)) = timeout(SILENCE, exchange(&mut link, &command)).await else {
                    return;
                };
                // Who asked may have gone on.
                let _ = answer.send(said);
            }
            _ = beat.tick() => {
                if say(&mut link, "").await.is_none() {
                    return;
                }
            }
            // It says nothing unless it is asked.
            _ = link.lines.next() => return,
        }
    }
}

async fn exchange(link: &mut Link, command: &Command) -> Option<Answer> {
    say(link, &serde_json::to_string(command).ok()?).await?;
    let said = link.lines.next().await?.ok()?;
    serde_json::from_str(&said).ok()
}

async fn say(link: &mut Link, words: &str) -> Option<()> {
    link.input.write_all(format!("{words}\n").as_bytes()).await.ok()?;
    link.input.flush().await.ok()
}
