//! All helpers of a run: one in everybody who may talk to a container that is replaced.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value;
use tokio::sync::{Notify, OnceCell};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::drain::{Drain, Verdict};
use super::image;
use super::members::{members, next_addresses};
use super::routes::{Course, Map, Pair};
use super::spec::{Place, helper};
use super::talk::Helper;
use crate::detour::{Answer, Command, Connection};
use crate::engine::api::{ContainerId, Inspection};
use crate::engine::{Engine, EngineError};
use crate::plan::steps::ReplacementId;

/// How many helpers are started at a time.
const AT_A_TIME: usize = 4;
/// How often a helper is tried: a busy machine may let one fall silent before it is spoken to.
const TRIES: usize = 2;
/// How often the connections of an old container are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long connections are led after their container stopped, for those who remember its address.
const LINGER: Duration = Duration::from_secs(5);
/// How long to wait before listening again to an engine that broke off.
const LISTEN_AGAIN: Duration = Duration::from_millis(500);
/// Networks whose names the engine has given: no service is found there by name, and nobody keeps
/// translating there once a rule is gone.
const NOT_OURS: [&str; 3] = ["bridge", "host", "none"];

/// How the drain of an old container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// No request is under way at it.
    Quiet,
    /// So many connections were still in use at the deadline.
    Busy(usize),
    /// Nobody could look, or some go on connecting to it.
    Unseen,
}

/// A helper, once it is there; `None` if there can be none.
type Slot = Rc<OnceCell<Option<Helper>>>;

/// The helpers of one run and what they are to do. Nothing here fails: where a helper cannot be
/// had, new connections go where they always went, and [`Fleet::refusals`] says so.
pub struct Fleet<'a, E> {
    engine: &'a E,
    run: String,
    image: OnceCell<Option<String>>,
    map: RefCell<Map>,
    slots: RefCell<BTreeMap<Place, Slot>>,
    /// Places without a helper, by the reason.
    refused: RefCell<BTreeMap<String, BTreeSet<String>>>,
    begun: Notify,
    /// When old containers stopped.
    stopped: RefCell<BTreeMap<ReplacementId, Instant>>,
}

impl<E> fmt::Debug for Fleet<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("run", &self.run).finish_non_exhaustive()
    }
}

impl<'a, E: Engine> Fleet<'a, E> {
    /// No helpers yet.
    #[must_use]
    pub fn new(engine: &'a E, run: &str) -> Self {
        Self {
            engine,
            run: run.to_owned(),
            image: OnceCell::new(),
            map: RefCell::default(),
            slots: RefCell::default(),
            refused: RefCell::default(),
            begun: Notify::new(),
            stopped: RefCell::default(),
        }
    }

    /// Starts helpers in everybody who shares a network with a container that will be replaced, and
    /// in itself.
    pub async fn man(&self, of: ReplacementId, old: &ContainerId) {
        self.map.borrow_mut().pairs.entry(of).or_insert_with(|| Pair::of(old.clone()));
        self.begun.notify_one();
        self.refresh(of).await;
        self.apply().await;
    }

    /// The container that comes in its place is about to start: as soon as it has an address, new
    /// connections for it go to the old one.
    pub async fn expect(&self, of: ReplacementId, new: &ContainerId) {
        match self.map.borrow_mut().pairs.get_mut(&of) {
            Some(pair) => (pair.new, pair.is_starting) = (Some(new.clone()), true),
            None => return,
        }
        self.refresh(of).await;
        self.tell_all().await;
    }

    /// From when this returns, new connections for either of a pair go to the one of `course`.
    pub async fn steer(&self, of: ReplacementId, course: Course) {
        match self.map.borrow_mut().pairs.get_mut(&of) {
            Some(pair) => (pair.course, pair.is_starting) = (course, false),
            None => return,
        }
        self.refresh(of).await;
        self.apply().await;
    }

    /// Waits until no request is under way at the old container, at most `deadline`, and closes
    /// connections to it that carry none. `said` tells what is waited for.
    pub async fn drain(
        &self,
        of: ReplacementId,
        deadline: Duration,
        said: &RefCell<String>,
    ) -> Drained {
        if !self.refused.borrow().is_empty() {
            return Drained::Unseen;
        }
        let mut left = 0;
        match timeout(deadline, self.until_quiet(of, said, &mut left)).await {
            Ok(drained) => drained,
            Err(_) => Drained::Busy(left),
        }
    }

    async fn until_quiet(
        &self,
        of: ReplacementId,
        said: &RefCell<String>,
        left: &mut usize,
    ) -> Drained {
        let mut drain = Drain::default();
        loop {
            let Some(connections) = self.connections(of).await else { return Drained::Unseen };
            let Verdict::Wait { quiet, busy, .. } = drain.note(&connections) else {
                return Drained::Quiet;
            };
            *left = busy;
            *said.borrow_mut() = crate::text::count(busy, "connection") + " in use";
            self.close(of, quiet).await;
            sleep(LOOK_EVERY).await;
        }
    }

    /// The connections of the old container, as it sees them itself.
    async fn connections(&self, of: ReplacementId) -> Option<Vec<Connection>> {
        let old = self.map.borrow().pairs.get(&of)?.old.clone();
        let pending = {
            let slots = self.slots.borrow();
            slots.get(&Place::Container(old))?.get()?.as_ref()?.ask(Command::Connections)
        };
        match pending.answer().await? {
            Answer::Connections(connections) => Some(connections),
            _ => None,
        }
    }

    /// Closes connections to the old container at their far ends: who was about to use one notices
    /// before it has sent anything.
    async fn close(&self, of: ReplacementId, quiet: Duration) {
        let to = self.map.borrow().old_addresses(of);
        let quiet_ms = crate::text::millis(quiet);
        let pending: Vec<_> = {
            let slots = self.slots.borrow();
            let helpers = slots.values().filter_map(|slot| slot.get()?.as_ref());
            helpers.map(|one| one.ask(Command::Close { to: to.clone(), quiet_ms })).collect()
        };
        for answer in pending {
            answer.answer().await;
        }
    }

    /// The old container has stopped.
    pub fn note_stop(&self, of: ReplacementId) {
        self.stopped.borrow_mut().insert(of, Instant::now());
    }

    /// Leads connections until some seconds after the stop, and then no more.
    pub async fn linger(&self, of: ReplacementId) {
        let stopped = self.stopped.borrow().get(&of).copied();
        let is_led = self.slots.borrow().values().any(|slot| matches!(slot.get(), Some(Some(_))));
        if let Some(stopped) = stopped.filter(|_| is_led) {
            sleep_until(stopped + LINGER).await;
        }
        self.map.borrow_mut().pairs.remove(&of);
        self.tell_all().await;
    }

    /// Where no helper could be had, with the reason; one line for each reason.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        let refused = self.refused.borrow();
        let line = |(reason, places): (&String, &BTreeSet<String>)| {
            let places: Vec<&str> = places.iter().map(String::as_str).collect();
            format!("no detour in {}: {reason}", crate::text::list(&places))
        };
        refused.iter().map(line).collect()
    }

    /// Keeps helpers and detours true to who comes and goes; never ends.
    pub async fn watch(&self) {
        self.begun.notified().await;
        loop {
            // The next try looks at everything anew.
            let _ = self.watch_once().await;
            sleep(LISTEN_AGAIN).await;
        }
    }

    async fn watch_once(&self) -> Result<(), EngineError> {
        let mut joins = self.engine.joins().await?;
        let networks = self.map.borrow().networks();
        for network in networks {
            self.look(&network).await?;
        }
        self.apply().await;
        while let Some(event) = joins.next().await {
            let Some(network) = event?.attributes.remove("name") else { continue };
            if self.map.borrow().knows(&network) {
                self.look(&network).await?;
                self.apply().await;
            }
        }
        Ok(())
    }

    async fn refresh(&self, of: ReplacementId) {
        let Some(old) = self.map.borrow().pairs.get(&of).map(|pair| pair.old.clone()) else {
            return;
        };
        // What cannot be looked at now is looked at by the next event.
        let Ok(Some(seen)) = self.engine.container(&old.0).await else { return };
        if self.is_reached_from_host(&seen).await {
            self.map.borrow_mut().has_host = true;
        }
        for network in seen.networks().into_keys() {
            if !NOT_OURS.contains(&network.as_str()) {
                let _ = self.look(&network).await;
            }
        }
    }

    /// Whether programs on the host itself connect to a container: by a published port, or from a
    /// container in the host's own network.
    async fn is_reached_from_host(&self, container: &Inspection) -> bool {
        let ports = container.0.pointer("/HostConfig/PortBindings").and_then(Value::as_object);
        if ports.is_some_and(|ports| !ports.is_empty()) {
            return true;
        }
        let host = self.engine.network("host").await.ok().flatten();
        host.is_some_and(|host| !members(&host).is_empty())
    }

    async fn look(&self, network: &str) -> Result<(), EngineError> {
        if let Some(found) = self.engine.network(network).await? {
            let members = members(&found);
            let next = next_addresses(&found, &members);
            self.map.borrow_mut().note(network, members, next);
        }
        Ok(())
    }

    /// Puts the detours in force: where there are helpers at once, then where there are none yet.
    async fn apply(&self) {
        self.tell_all().await;
        let missing: Vec<Place> = {
            let slots = self.slots.borrow();
            let is_manned = |place: &Place| slots.get(place).is_some_and(|slot| slot.initialized());
            self.map.borrow().places().into_iter().filter(|place| !is_manned(place)).collect()
        };
        if !missing.is_empty() {
            let started = stream::iter(missing);
            started.for_each_concurrent(AT_A_TIME, |place| self.start(place)).await;
            self.tell_all().await;
        }
    }

    async fn tell_all(&self) {
        let mut pending = Vec::new();
        for (place, slot) in self.slots.borrow().iter() {
            if let Some(Some(helper)) = slot.get() {
                let detours = self.map.borrow().detours(place);
                pending.push((place.clone(), helper.ask(Command::Set(detours))));
            }
        }
        for (place, answer) in pending {
            match answer.answer().await {
                Some(Answer::Refused(refusal)) => self.refuse(&place, refusal.to_string()),
                Some(_) => {}
                None => _ = self.slots.borrow_mut().remove(&place),
            }
        }
    }

    async fn start(&self, place: Place) {
        let slot = Rc::clone(self.slots.borrow_mut().entry(place.clone()).or_default());
        let make = async || {
            let image = self.image().await?;
            let spec = helper(&self.run, &image, &place);
            let mut reason = String::new();
            for _ in 0..TRIES {
                match Helper::start(self.engine, &spec).await {
                    Ok(helper) => return Some(helper),
                    Err(error) => reason = error,
                }
                if !self.is_running(&place).await {
                    return None;
                }
            }
            self.refuse(&place, reason);
            None
        };
        slot.get_or_init(make).await;
    }

    /// Whether somebody is there to have a helper.
    async fn is_running(&self, place: &Place) -> bool {
        let Place::Container(id) = place else { return true };
        match self.engine.container(&id.0).await {
            Ok(Some(seen)) => seen.state().running,
            Ok(None) => false,
            Err(_) => true,
        }
    }

    async fn image(&self) -> Option<String> {
        let made = self.image.get_or_init(async || match image::ensure(self.engine).await {
            Ok(image) => Some(image),
            Err(reason) => {
                self.refused.borrow_mut().entry(reason).or_default().insert("any container".into());
                None
            }
        });
        made.await.clone()
    }

    fn refuse(&self, place: &Place, reason: String) {
        self.refused.borrow_mut().entry(reason).or_default().insert(place.to_string());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures_util::stream::unfold;
    use serde_json::json;
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, duplex, split};

    use super::*;
    use crate::engine::api::{ContainerSpec, Link};
    use crate::engine::fake::Fake;

    const WEB: ReplacementId = ReplacementId { service: 0, index: 0 };

    /// What each helper was told last, by its container.
    type Told = Arc<Mutex<BTreeMap<ContainerId, String>>>;

    /// A proxy, an old and a new container on one network.
    struct Street {
        fake: Fake,
        old: ContainerId,
        new: ContainerId,
    }

    impl Street {
        async fn build() -> Self {
            let fake = Fake::new();
            fake.add_image("app:1", json!({}));
            let mut ids = Vec::new();
            for name in ["proxy", "old", "new"] {
                let body = json!({
                    "Image": "app:1",
                    "NetworkingConfig": { "EndpointsConfig": { "net": {} } },
                });
                let (connect, files) = (Vec::new(), Vec::new());
                let spec =
                    ContainerSpec { name: name.into(), platform: None, body, connect, files };
                let id = fake.create(&spec).await.unwrap();
                fake.start(&id).await.unwrap();
                ids.push(id);
            }
            let at = |last: u8| json!({ "IPv4Address": format!("10.0.0.{last}/24") });
            let [proxy, old, new] = ids.try_into().unwrap();
            let members = json!({ &proxy.0: at(2), &old.0: at(3), &new.0: at(4) });
            fake.create_network(&json!({ "Name": "net", "Containers": members })).await.unwrap();
            Self { fake, old, new }
        }

        /// Helpers that say yes to everything.
        fn obey(&self) -> Told {
            let told = Told::default();
            let all = Arc::clone(&told);
            self.fake.script_links(move |id| obedient(id.clone(), Arc::clone(&all)));
            told
        }

        /// What the helper beside a container was told last.
        fn told(&self, told: &Told, beside: &str) -> String {
            let id = self.fake.look(|world| world.container(beside).unwrap().id().clone());
            let is_beside = |one: &crate::engine::fake::Container| {
                one.label(crate::labels::HELPER) == Some(&id.0)
            };
            let helper = self.fake.look(|world| {
                world.containers().iter().find(|one| is_beside(one)).unwrap().id().clone()
            });
            told.lock().unwrap()[&helper].clone()
        }
    }

    fn obedient(id: ContainerId, told: Told) -> Link {
        let (near, far) = duplex(4096);
        let (read, write) = split(near);
        tokio::spawn(async move {
            let (read, mut write) = split(far);
            let mut lines = BufReader::new(read).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if !line.is_empty() {
                    told.lock().unwrap().insert(id.clone(), line);
                    write.write_all(b"\"done\"\n").await.unwrap();
                }
            }
        });
        let lines = unfold(BufReader::new(read).lines(), |mut lines| async move {
            let line = lines.next_line().await.ok().flatten()?;
            Some((Ok(line), lines))
        });
        Link { input: Box::pin(write), lines: Box::pin(lines) }
    }

    #[tokio::test]
    async fn a_client_is_led_to_the_old_one_and_then_to_the_new_one_and_neither_of_them_is() {
        let street = Street::build().await;
        let told = street.obey();
        let fleet = Fleet::new(&street.fake, "r1");
        fleet.man(WEB, &street.old).await;
        assert_eq!(street.told(&told, "proxy"), r#"{"set":[]}"#);
        fleet.expect(WEB, &street.new).await;
        fleet.steer(WEB, Course::Old).await;
        let until_ready = r#"{"set":[{"from":"10.0.0.4","to":"10.0.0.3"}]}"#;
        assert_eq!(street.told(&told, "proxy"), until_ready);
        fleet.steer(WEB, Course::New).await;
        let from_the_cutover = r#"{"set":[{"from":"10.0.0.3","to":"10.0.0.4"}]}"#;
        assert_eq!(street.told(&told, "proxy"), from_the_cutover);
        assert_eq!(street.told(&told, "old"), r#"{"set":[]}"#);
        fleet.linger(WEB).await;
        assert_eq!(street.told(&told, "proxy"), r#"{"set":[]}"#);
        assert!(fleet.refusals().is_empty());
    }

    #[tokio::test]
    async fn where_no_helper_can_be_had_it_is_said_and_nothing_waits() {
        let street = Street::build().await;
        let fleet = Fleet::new(&street.fake, "r1");
        fleet.man(WEB, &street.old).await;
        let refusals = fleet.refusals();
        assert_eq!(refusals.len(), 3, "{refusals:?}");
        assert!(refusals[0].starts_with("no detour in container `"), "{refusals:?}");
        let drained = fleet.drain(WEB, Duration::from_mins(1), &RefCell::default()).await;
        assert_eq!(drained, Drained::Unseen);
        let left = street.fake.look(|world| world.containers().len());
        assert_eq!(left, 3, "helpers that failed are removed");
    }
}
