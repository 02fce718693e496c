//! The fake as an [`Engine`].

use std::time::Duration;

use futures_util::stream;
use serde_json::Value;

use super::container::Container;
use super::fault::{Call, Verb};
use super::handle::{ENDPOINT, Fake};
use super::world::World;
use crate::engine::api::{
    Attachment, ContainerFile, ContainerId, ContainerSpec, EngineInfo, EventStream, Exec,
    ExecResult, Image, Inspection, LayerProgress, Link, Network, RemovalStream, RestartPolicy,
    Volume,
};
use crate::engine::{Engine, EngineError};

impl Engine for Fake {
    async fn info(&self) -> Result<EngineInfo, EngineError> {
        self.call(Verb::Info, "engine", |world, _| {
            Ok(EngineInfo {
                endpoint: ENDPOINT.into(),
                version: "28.5.2".into(),
                api_version: world.api_version.clone().unwrap_or_else(|| "1.51".into()),
                os: "linux".into(),
                architecture: "amd64".into(),
            })
        })
        .await
    }

    async fn containers(&self, labels: &[String]) -> Result<Vec<Inspection>, EngineError> {
        self.call(Verb::Containers, &labels.join(","), |world, _| {
            let all = world.containers.iter();
            let matching = all.filter(|one| labels.iter().all(|label| one.carries(label)));
            Ok(matching.map(Container::inspect).collect())
        })
        .await
    }

    async fn container(&self, id_or_name: &str) -> Result<Option<Inspection>, EngineError> {
        self.call(Verb::Container, id_or_name, |world, _| {
            Ok(world.container(id_or_name).map(Container::inspect))
        })
        .await
    }

    async fn image(&self, reference: &str) -> Result<Option<Image>, EngineError> {
        self.call(Verb::Image, reference, |world, _| Ok(world.image(reference).cloned().map(Image)))
            .await
    }

    async fn network(&self, name: &str) -> Result<Option<Network>, EngineError> {
        self.call(Verb::Network, name, |world, _| {
            Ok(world.networks.get(name).cloned().map(Network))
        })
        .await
    }

    async fn volume(&self, name: &str) -> Result<Option<Volume>, EngineError> {
        self.call(Verb::Volume, name, |world, _| Ok(world.volumes.get(name).cloned().map(Volume)))
            .await
    }

    async fn pull(
        &self,
        reference: &str,
        _platform: Option<&str>,
        progress: &mut dyn FnMut(LayerProgress),
    ) -> Result<(), EngineError> {
        self.call(Verb::Pull, reference, |world, call| world.pull(call, reference)).await?;
        for (status, current) in [("Downloading", Some(1000)), ("Pull complete", None)] {
            let (layer, status) = ("0123456789ab".to_owned(), status.to_owned());
            progress(LayerProgress { layer, status, current, total: current });
        }
        Ok(())
    }

    async fn tag(&self, image: &str, reference: &str) -> Result<(), EngineError> {
        self.call(Verb::Tag, reference, |world, call| world.tag(call, image, reference)).await
    }

    async fn import_image(
        &self,
        _tar: Vec<u8>,
        reference: &str,
        _changes: &[&str],
    ) -> Result<(), EngineError> {
        let image = self.image_value(Value::Null);
        self.call(Verb::ImportImage, reference, |world, _| {
            world.images.insert(reference.to_owned(), image);
            Ok(())
        })
        .await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, EngineError> {
        self.call(Verb::Create, &spec.name, |world, call| world.create(call, spec)).await
    }

    async fn connect(&self, id: &ContainerId, to: &Attachment) -> Result<(), EngineError> {
        self.call(Verb::Connect, &self.name(id), |world, call| world.connect(call, id, to)).await
    }

    async fn write_files(
        &self,
        id: &ContainerId,
        files: &[ContainerFile],
    ) -> Result<(), EngineError> {
        let name = self.name(id);
        self.call(Verb::WriteFiles, &name, |world, call| world.write_files(call, id, files)).await
    }

    async fn start(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.call(Verb::Start, &self.name(id), |world, call| world.start(call, id)).await
    }

    async fn stop(&self, id: &ContainerId, _grace: Option<Duration>) -> Result<(), EngineError> {
        self.call(Verb::Stop, &self.name(id), |world, _| {
            world.stop(id);
            Ok(())
        })
        .await
    }

    async fn set_restart_policy(
        &self,
        id: &ContainerId,
        policy: &RestartPolicy,
    ) -> Result<(), EngineError> {
        self.call(Verb::SetRestartPolicy, &self.name(id), |world, _| {
            world.set_restart_policy(id, policy);
            Ok(())
        })
        .await
    }

    async fn remove(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.call(Verb::Remove, &self.name(id), |world, _| {
            world.remove(id);
            Ok(())
        })
        .await
    }

    async fn rename(&self, id: &ContainerId, name: &str) -> Result<(), EngineError> {
        let old = self.name(id);
        self.call(Verb::Rename, &old, |world, call| world.rename(call, id, name)).await
    }

    async fn exec(
        &self,
        id: &ContainerId,
        exec: &Exec,
        _deadline: Duration,
    ) -> Result<ExecResult, EngineError> {
        let name = self.name(id);
        let end = self.call(Verb::Exec, &name, |world, call| world.exec(call, id, exec)).await;
        Ok(ExecResult { exit_code: end?, output: String::new() })
    }

    async fn attach(&self, id: &ContainerId) -> Result<Link, EngineError> {
        let link = self.link(id);
        self.call(Verb::Attach, &self.name(id), |_, call| {
            let message = "nothing is scripted for it".to_owned();
            link.ok_or(EngineError::Refused { call: call.to_string(), status: 500, message })
        })
        .await
    }

    async fn logs(&self, id: &ContainerId, lines: usize) -> Result<Vec<String>, EngineError> {
        let name = self.name(id);
        self.call(Verb::Logs, &name, |world, _| {
            let all = world.logs.get(&name).cloned().unwrap_or_default();
            Ok(all[all.len().saturating_sub(lines)..].to_vec())
        })
        .await
    }

    async fn events(&self, of: &ContainerId) -> Result<EventStream, EngineError> {
        let start = |world: &mut World, _: &Call| Ok(world.events.len());
        let cursor = self.call(Verb::Events, &self.name(of), start).await?;
        let state = (self.clone(), of.clone(), cursor);
        Ok(Box::pin(stream::unfold(state, |(fake, of, cursor)| async move {
            let (event, cursor) = fake.next_event(&of, cursor).await;
            Some((Ok(event), (fake, of, cursor)))
        })))
    }

    async fn joins(&self) -> Result<EventStream, EngineError> {
        let start = |world: &mut World, _: &Call| Ok(world.joins.len());
        let cursor = self.call(Verb::Joins, "networks", start).await?;
        Ok(Box::pin(stream::unfold((self.clone(), cursor), |(fake, cursor)| async move {
            let (event, cursor) = fake.next_join(cursor).await;
            Some((Ok(event), (fake, cursor)))
        })))
    }

    async fn create_network(&self, body: &Value) -> Result<(), EngineError> {
        let name = named(body);
        self.call(Verb::CreateNetwork, &name, |world, _| {
            let mut network = body.clone();
            network["Id"] = world.id().into();
            world.networks.insert(name.clone(), network);
            Ok(())
        })
        .await
    }

    async fn create_volume(&self, body: &Value) -> Result<(), EngineError> {
        let name = named(body);
        self.call(Verb::CreateVolume, &name, |world, _| {
            world.volumes.entry(name.clone()).or_insert_with(|| body.clone());
            Ok(())
        })
        .await
    }

    async fn locks(&self, project: &str) -> Result<Vec<Volume>, EngineError> {
        self.call(Verb::Locks, project, |world, _| Ok(world.locks(project))).await
    }

    async fn remove_lock(&self, volume: &str, token: &str) -> Result<(), EngineError> {
        // The look and the removal are two, as on a real engine, and whatever two calls of somebody
        // else can do may come in between.
        let is_lock = self.look(|world| world.is_lock(volume, token));
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        self.call(Verb::RemoveLock, volume, |world, _| {
            match is_lock {
                None => return Ok(()),
                Some(true) => world.remove_volume(volume),
                Some(false) => return Err(EngineError::foreign_lock(volume)),
            }
            Ok(())
        })
        .await
    }

    async fn removals(&self, volume: &str) -> Result<RemovalStream, EngineError> {
        let start = |world: &mut World, _: &Call| Ok(world.removed.len());
        let cursor = self.call(Verb::Removals, volume, start).await?;
        let state = (self.clone(), volume.to_owned(), cursor);
        Ok(Box::pin(stream::unfold(state, |(fake, volume, cursor)| async move {
            let cursor = fake.next_removal(&volume, cursor).await;
            Some((Ok(()), (fake, volume, cursor)))
        })))
    }
}

fn named(body: &Value) -> String {
    body.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use futures_util::StreamExt as _;
    use serde_json::json;
    use tokio::time::Instant;

    use super::*;
    use crate::engine::fake::{Behaviour, Call, Fault, How};

    fn shop() -> Fake {
        let fake = Fake::new();
        let check = json!({ "Test": ["CMD", "ok"], "Interval": 30_000_000_000_u64 });
        fake.add_image("shop:1", json!({ "Healthcheck": check }));
        fake
    }

    fn spec(name: &str) -> ContainerSpec {
        ContainerSpec {
            name: name.into(),
            platform: None,
            body: json!({ "Image": "shop:1", "Labels": { "com.docker.compose.service": "web" } }),
            connect: Vec::new(),
            files: Vec::new(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_health_command_succeeds_long_before_the_engine_says_healthy() {
        let fake = shop();
        fake.script("shop:1", Behaviour::ServesAfter(Duration::from_secs(2)));
        let id = fake.create(&spec("web-1")).await.unwrap();
        let mut events = fake.events(&id).await.unwrap();
        fake.start(&id).await.unwrap();
        assert_eq!(events.next().await.unwrap().unwrap().action, "start");
        let start = Instant::now();
        assert_eq!(fake.look(|world| world.serving("web")), 0);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(fake.look(|world| world.serving("web")), 1);
        assert_eq!(
            fake.exec(&id, &Exec::default(), Duration::from_secs(1)).await.unwrap().exit_code,
            0
        );
        assert_eq!(events.next().await.unwrap().unwrap().action, "health_status: healthy");
        assert_eq!(start.elapsed(), Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_restart_loop_shows_in_events_and_in_the_count() {
        let fake = shop();
        fake.script("web-1", Behaviour::RestartsEvery(Duration::from_secs(1), 3));
        let id = fake.create(&spec("web-1")).await.unwrap();
        fake.start(&id).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let state = fake.container("web-1").await.unwrap().unwrap().state();
        assert_eq!((state.running, state.restart_count, state.exit_code), (true, 2, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_after_the_effect_fails_the_call_and_leaves_the_effect() {
        let fake = shop();
        fake.fail(Fault::on(Verb::Create, How::Refused));
        fake.fail(Fault::on(Verb::Create, How::Dropped).nth(2).after_effect());
        assert!(!fake.create(&spec("web-1")).await.unwrap_err().is_ambiguous());
        assert_eq!(fake.look(|world| world.containers().len()), 0);
        assert!(fake.create(&spec("web-1")).await.unwrap_err().is_ambiguous());
        assert_eq!(fake.look(|world| world.containers().len()), 1);
        let again = fake.create(&spec("web-1")).await;
        assert!(matches!(again, Err(EngineError::Conflict { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_crash_nothing_answers_until_it_is_revived() {
        let fake = shop();
        fake.fail(Fault::write(How::Crash));
        assert!(fake.info().await.is_ok());
        assert!(matches!(fake.create(&spec("web-1")).await, Err(EngineError::Dropped { .. })));
        assert!(matches!(fake.info().await, Err(EngineError::Unreachable { .. })));
        fake.revive();
        fake.create_volume(&json!({ "Name": "data" })).await.unwrap();
        assert_eq!(fake.calls().last().unwrap().to_string(), "create volume `data`");
    }

    #[tokio::test(start_paused = true)]
    async fn an_observer_sees_every_change_also_those_nobody_asked_for() {
        let fake = shop();
        let seen = Rc::new(RefCell::new(Vec::new()));
        let copy = Rc::clone(&seen);
        fake.observe(move |world| copy.borrow_mut().push(world.serving("web")));
        let id = fake.create(&spec("web-1")).await.unwrap();
        fake.start(&id).await.unwrap();
        tokio::time::sleep(Duration::from_secs(40)).await;
        fake.stop(&id, None).await.unwrap();
        // created, started, serves, healthy, stopped
        assert_eq!(*seen.borrow(), [0, 0, 1, 1, 0]);
        let calls: Vec<String> = fake.calls().iter().map(Call::to_string).collect();
        assert_eq!(calls, ["create `web-1`", "start `web-1`", "stop `web-1`"]);
    }
}
