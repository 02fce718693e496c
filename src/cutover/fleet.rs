//! Leads connections while containers are replaced: what each helper of a run is to do, and when.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::sync::{Notify, OnceCell};
use tokio::time::{Instant, sleep};

use super::crew::Crew;
use super::members::{members, next_addresses};
use super::proxies::Proxies;
use super::routes::{Course, Map, Pair};
use crate::detour::Command;
use crate::engine::api::{ContainerId, Inspection};
use crate::engine::{Engine, EngineError};
use crate::plan::has_names;
use crate::plan::steps::ReplacementId;

/// How long connections are led after the last container stopped, for those who remember its
/// address.
pub(super) const LINGER: Duration = Duration::from_secs(5);
/// How long to wait before listening again to an engine that broke off.
const LISTEN_AGAIN: Duration = Duration::from_millis(500);

/// The helpers of one run and what they are to do. Nothing here fails: where a helper cannot be
/// had, new connections go where they always went, and [`Fleet::refusals`] says so.
pub struct Fleet<'a, E> {
    pub(super) engine: &'a E,
    pub(super) proxies: Proxies,
    pub(super) crew: Crew<'a, E>,
    pub(super) map: RefCell<Map>,
    /// The networks of each pair on which services are found by name.
    networks: RefCell<BTreeMap<ReplacementId, BTreeSet<String>>>,
    /// Whether a container is in the host's own network.
    has_neighbours_on_host: OnceCell<bool>,
    begun: Notify,
    last_stop: Cell<Option<Instant>>,
}

impl<E> fmt::Debug for Fleet<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").finish_non_exhaustive()
    }
}

impl<'a, E: Engine> Fleet<'a, E> {
    /// No helpers yet.
    #[must_use]
    pub fn new(engine: &'a E, run: &str) -> Self {
        Self {
            engine,
            proxies: Proxies::default(),
            crew: Crew::new(engine, run),
            map: RefCell::default(),
            networks: RefCell::default(),
            has_neighbours_on_host: OnceCell::new(),
            begun: Notify::new(),
            last_stop: Cell::new(None),
        }
    }

    /// Starts helpers in everybody who shares a network with a pair.
    pub async fn man(&self, of: ReplacementId, pair: Pair) {
        self.map.borrow_mut().pairs.entry(of).or_insert(pair);
        self.begun.notify_one();
        self.survey(of).await;
        self.apply().await;
    }

    /// The container that comes in its place is about to start: as soon as it has an address, new
    /// connections for it go to the old one.
    pub async fn expect(&self, of: ReplacementId, new: &ContainerId) {
        match self.map.borrow_mut().pairs.get_mut(&of) {
            Some(pair) => (pair.new, pair.is_starting) = (Some(new.clone()), true),
            None => return,
        }
        self.look_at_all(of).await;
        self.tell_all().await;
    }

    /// From when this returns, new connections for either of a pair go to the one of `course`.
    pub async fn steer(&self, of: ReplacementId, course: Course) {
        match self.map.borrow_mut().pairs.get_mut(&of) {
            Some(pair) => (pair.course, pair.is_starting) = (course, false),
            None => return,
        }
        // One of them has just started, and has got its address.
        if course == Course::Old {
            self.look_at_all(of).await;
        }
        self.apply().await;
    }

    /// One of a pair has stopped.
    pub fn note_stop(&self) {
        self.last_stop.set(Some(Instant::now()));
    }

    /// Lets the helpers go on alone: until some seconds after the last stop they lead those who
    /// remember an address, unless somebody else has it by then.
    pub async fn leave(&self) {
        let until = self.last_stop.get().map(|stop| stop + LINGER);
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        if let Some(left) = left.filter(|left| !left.is_zero()) {
            let stay = Command::Stay(crate::text::millis(left));
            self.crew.tell(|_| stay.clone()).await;
        }
    }

    /// Where no helper could be had, with the reason; one line for each reason.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.crew.refusals()
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
            let mut about = event?.attributes;
            let Some(network) = about.remove("name") else { continue };
            let who = about.remove("container").map(ContainerId);
            // A new container is looked at when it starts.
            let is_ours = who.is_some_and(|who| self.map.borrow().is_new(&who));
            if !is_ours && self.map.borrow().knows(&network) {
                self.look(&network).await?;
                self.apply().await;
            }
        }
        Ok(())
    }

    /// Finds the networks of a pair, and who is on them.
    async fn survey(&self, of: ReplacementId) {
        let anchors = self.map.borrow().anchors(of);
        for anchor in anchors {
            // What cannot be looked at now is looked at by the next event.
            let Ok(Some(seen)) = self.engine.container(&anchor.0).await else { continue };
            if self.is_reached_from_host(&seen).await {
                self.map.borrow_mut().has_host = true;
            }
            let names = seen.networks().into_keys();
            let names: Vec<String> = names.filter(|name| has_names(name)).collect();
            self.networks.borrow_mut().entry(of).or_default().extend(names);
        }
        self.look_at_all(of).await;
    }

    /// Sees who is on the networks of a pair by now.
    async fn look_at_all(&self, of: ReplacementId) {
        let networks = self.networks.borrow().get(&of).cloned().unwrap_or_default();
        for network in networks {
            let _ = self.look(&network).await;
        }
    }

    /// Whether programs on the host itself connect to a container: by a published port, or from a
    /// container in the host's own network.
    async fn is_reached_from_host(&self, container: &Inspection) -> bool {
        let ports = container.0.pointer("/HostConfig/PortBindings").and_then(Value::as_object);
        if ports.is_some_and(|ports| !ports.is_empty()) {
            return true;
        }
        let look = async || {
            let host = self.engine.network("host").await.ok().flatten();
            host.is_some_and(|host| !members(&host).is_empty())
        };
        *self.has_neighbours_on_host.get_or_init(look).await
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
        let places = self.map.borrow().places();
        if self.crew.enlist(places).await {
            self.tell_all().await;
        }
    }

    async fn tell_all(&self) {
        self.crew.tell(|place| Command::Set(self.map.borrow().detours(place))).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::*;
    use crate::cutover::{Drained, End};
    use crate::engine::api::ContainerSpec;
    use crate::engine::fake::{Fake, answering};

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

        fn pair(&self) -> Pair {
            Pair::of(Some(self.old.clone()), None)
        }

        /// Helpers that say yes to everything.
        fn obey(&self) -> Told {
            let told = Told::default();
            let all = Arc::clone(&told);
            self.fake.script_links(move |id| {
                let (id, told) = (id.clone(), Arc::clone(&all));
                answering(move |line| {
                    told.lock().unwrap().insert(id.clone(), line);
                    Some("\"done\"".into())
                })
            });
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

    #[tokio::test]
    async fn a_client_is_led_to_the_old_one_and_then_to_the_new_one() {
        let street = Street::build().await;
        let told = street.obey();
        let fleet = Fleet::new(&street.fake, "r1");
        fleet.man(WEB, street.pair()).await;
        assert_eq!(street.told(&told, "proxy"), r#"{"set":[]}"#);
        fleet.expect(WEB, &street.new).await;
        fleet.steer(WEB, Course::Old).await;
        let until_ready = r#"{"set":[{"from":"10.0.0.4","to":"10.0.0.3"}]}"#;
        assert_eq!(street.told(&told, "proxy"), until_ready);
        fleet.steer(WEB, Course::New).await;
        let from_the_cutover = r#"{"set":[{"from":"10.0.0.3","to":"10.0.0.4"}]}"#;
        assert_eq!(street.told(&told, "proxy"), from_the_cutover);
        fleet.note_stop();
        fleet.leave().await;
        assert!(street.told(&told, "proxy").starts_with(r#"{"stay":"#));
        assert!(fleet.refusals().is_empty());
    }

    #[tokio::test]
    async fn where_no_helper_can_be_had_it_is_said_and_nothing_waits() {
        let street = Street::build().await;
        let fleet = Fleet::new(&street.fake, "r1");
        fleet.man(WEB, street.pair()).await;
        let refusals = fleet.refusals();
        assert_eq!(refusals.len(), 2, "{refusals:?}");
        assert!(refusals[0].starts_with("no detour in container `"), "{refusals:?}");
        let drained = fleet.drain(WEB, End::Old, Duration::from_mins(1), &RefCell::default()).await;
        assert_eq!(drained, Drained::Unseen);
        let left = street.fake.look(|world| world.containers().len());
        assert_eq!(left, 3, "helpers that failed are removed");
    }
}
