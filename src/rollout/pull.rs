//! Pulls images before the first step. Nothing needs to be taken back: an image harms nobody.

use std::collections::BTreeMap;
use std::pin::pin;

use tokio::time::{Instant, interval};

use super::run::Rollout;
use crate::engine::api::LayerProgress;
use crate::engine::{Engine, EngineError};
use crate::journal::outcome::Signal;
use crate::plan::step_ref::pull_ref;
use crate::plan::steps::{Pin, Pull};
use crate::report::EventKind;
use crate::text::millis;

/// Why not everything was pulled; nothing was changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PullError {
    /// The engine could not pull.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Somebody asked to stop.
    #[error("stopped on request")]
    Cancelled(Signal),
}

impl<E: Engine> Rollout<'_, E> {
    /// Pulls the images, one after another.
    ///
    /// # Errors
    ///
    /// [`PullError`] for the first image that cannot be pulled.
    pub async fn pull(&self, pulls: &[Pull]) -> Result<(), PullError> {
        for pull in pulls {
            self.pull_one(pull).await?;
        }
        Ok(())
    }

    async fn pull_one(&self, pull: &Pull) -> Result<(), PullError> {
        let step = pull_ref(pull);
        self.emitter.emit(EventKind::StepStarted(step.clone()));
        let started = Instant::now();
        match self.watch_pull(pull).await {
            Ok(()) => {
                let took_ms = millis(started.elapsed());
                self.emitter.emit(EventKind::StepFinished { step, took_ms, detail: None });
                Ok(())
            }
            Err(error) => {
                let reason = error.to_string();
                self.emitter.emit(EventKind::StepFailed { step, reason });
                Err(error)
            }
        }
    }

    async fn watch_pull(&self, pull: &Pull) -> Result<(), PullError> {
        let mut layers = Layers::default();
        let mut tell = |news: LayerProgress| {
            layers.note(news);
            self.emitter.emit(layers.progress(&pull.service));
        };
        let mut effect = pin!(self.fetch(pull, &mut tell));
        let mut tick = interval(self.emitter.tick_every());
        loop {
            tokio::select! {
                biased;
                () = self.cancel.requested(1) => {
                    return Err(PullError::Cancelled(self.cancel.first().unwrap_or(Signal::Interrupt)));
                }
                end = &mut effect => return Ok(end?),
                _ = tick.tick() => self.emitter.tick(),
            }
        }
    }
}

impl<E: Engine> Rollout<'_, E> {
    /// Pulls by name, or gives the name back to the image that had it.
    async fn fetch(
        &self,
        pull: &Pull,
        tell: &mut dyn FnMut(LayerProgress),
    ) -> Result<(), EngineError> {
        let platform = pull.platform.as_deref();
        // A reference with a digest always means the same.
        let Some(Pin { id, digest }) = pull.pin.as_ref().filter(|_| !pull.image.contains('@'))
        else {
            return self.engine.pull(&pull.image, platform, tell).await;
        };
        match digest {
            Some(digest) if self.engine.image(id).await?.is_none() => {
                self.engine.pull(digest, platform, tell).await?;
                self.engine.tag(digest, &pull.image).await
            }
            _ => self.engine.tag(id, &pull.image).await,
        }
    }
}

/// What is known of the layers of one image.
#[derive(Debug, Default)]
struct Layers(BTreeMap<String, Layer>);

#[derive(Debug, Default)]
struct Layer {
    done: bool,
    current: u64,
    total: u64,
}

impl Layers {
    fn note(&mut self, news: LayerProgress) {
        if news.layer.is_empty() {
            return;
        }
        let layer = self.0.entry(news.layer).or_default();
        layer.done |= matches!(news.status.as_str(), "Pull complete" | "Already exists");
        // Only the download counts: an extraction counts the same bytes once more.
        if news.status == "Downloading" {
            layer.current = news.current.unwrap_or(layer.current);
            layer.total = news.total.unwrap_or(layer.total);
        } else if layer.done || news.status == "Download complete" {
            layer.current = layer.total;
        }
    }

    fn progress(&self, service: &str) -> EventKind {
        let layers = self.0.values();
        EventKind::PullProgress {
            service: service.to_owned(),
            layers_done: layers.clone().filter(|layer| layer.done).count(),
            layers: self.0.len(),
            bytes: layers.clone().map(|layer| layer.current).sum(),
            total: layers.map(|layer| layer.total).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::fake::Fake;
    use crate::plan::sample;
    use crate::rollout::Cancel;

    async fn fetched(fake: &Fake, digest: Option<&str>, id: &str) -> Result<String, PullError> {
        let (mut events, cancel) = (Vec::new(), Cancel::manual().1);
        let rollout = Rollout::begin(&sample::plan(&[1]), &[], fake, &mut events, &cancel);
        let pin = Pin { id: id.into(), digest: digest.map(str::to_owned) };
        let pull =
            Pull { service: "app".into(), image: "app:1".into(), platform: None, pin: Some(pin) };
        rollout.pull(&[pull]).await?;
        Ok(fake.image("app:1").await.unwrap().unwrap().id())
    }

    #[tokio::test]
    async fn a_tag_that_moved_goes_back_to_the_image_that_had_it() {
        let fake = Fake::new();
        fake.add_image("app:1", json!({}));
        let older = fake.image("app:1").await.unwrap().unwrap().id();
        fake.add_to_registry("app:1", Value::Null);
        fake.pull("app:1", None, &mut |_| {}).await.unwrap();
        assert_ne!(fake.image("app:1").await.unwrap().unwrap().id(), older);
        assert_eq!(fetched(&fake, None, &older).await.unwrap(), older);
    }

    #[tokio::test]
    async fn an_image_that_the_engine_lost_comes_from_the_registry_by_its_digest() {
        let fake = Fake::new();
        fake.add_to_registry("app@sha256:1", json!({}));
        fetched(&fake, Some("app@sha256:1"), "sha256:lost").await.unwrap();
        let error = fetched(&Fake::new(), None, "sha256:lost").await.unwrap_err();
        assert!(error.to_string().contains("No such image"), "{error}");
    }
}
