//! The fake as tests hold it: what it is given, what is watched, and the way of one call.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::behaviour::Behaviour;
use super::fault::{Call, Fault, Faults, Hit, How, Verb};
use super::world::World;
use crate::engine::EngineError;
use crate::engine::api::{ContainerId, EngineEvent, Link};

/// The fake's address.
pub(super) const ENDPOINT: &str = "fake://";

type Observer = Box<dyn FnMut(&World)>;
type Linker = Box<dyn Fn(&ContainerId) -> Link>;

/// The engine in memory; clones share one world.
#[derive(Clone, Default)]
pub struct Fake(Rc<Shared>);

#[derive(Default)]
struct Shared {
    world: RefCell<World>,
    faults: RefCell<Faults>,
    calls: RefCell<Vec<Call>>,
    observers: RefCell<Vec<Observer>>,
    linker: RefCell<Option<Linker>>,
    changed: Notify,
    killed: Notify,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fake").field("world", &self.0.world).finish_non_exhaustive()
    }
}

impl Fake {
    /// An engine that holds nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts an image on the engine; `config` is the image's `Config`.
    pub fn add_image(&self, reference: &str, config: Value) {
        let image = self.image_value(config);
        self.0.world.borrow_mut().images.insert(reference.to_owned(), image);
    }

    /// Puts an image where a pull finds it.
    pub fn add_to_registry(&self, reference: &str, config: Value) {
        let image = self.image_value(config);
        self.0.world.borrow_mut().registry.insert(reference.to_owned(), image);
    }

    pub(super) fn image_value(&self, config: Value) -> Value {
        let id = format!("sha256:{}", self.0.world.borrow_mut().id());
        let mut image = json!({ "Id": id, "Os": "linux", "Architecture": "amd64" });
        image["Config"] = config;
        image
    }

    /// Makes it an older or a newer engine than Docker Engine 28.5.
    pub fn set_api_version(&self, version: &str) {
        self.0.world.borrow_mut().api_version = Some(version.to_owned());
    }

    /// Scripts containers of this name, or else of this image reference.
    pub fn script(&self, name_or_image: &str, behaviour: Behaviour) {
        self.0.world.borrow_mut().scripts.insert(name_or_image.to_owned(), behaviour);
    }

    /// Lets a program, run in any container, end with this exit code.
    pub fn script_program(&self, program: &str, exit_code: i64) {
        self.0.world.borrow_mut().programs.insert(program.to_owned(), exit_code);
    }

    /// Gives the container of this name something to have logged.
    pub fn add_log(&self, name: &str, lines: &[&str]) {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        self.0.world.borrow_mut().logs.insert(name.to_owned(), lines);
    }

    /// What is behind the standard input and output of every container.
    pub fn script_links(&self, linker: impl Fn(&ContainerId) -> Link + 'static) {
        *self.0.linker.borrow_mut() = Some(Box::new(linker));
    }

    pub(super) fn link(&self, id: &ContainerId) -> Option<Link> {
        self.0.linker.borrow().as_ref().map(|linker| linker(id))
    }

    /// Arms a fault. Calls made before do not count.
    pub fn fail(&self, fault: Fault) {
        self.0.faults.borrow_mut().add(fault);
    }

    /// Takes away every fault that still waits.
    pub fn disarm(&self) {
        *self.0.faults.borrow_mut() = Faults::default();
    }

    /// Ends a crash.
    pub fn revive(&self) {
        self.0.faults.borrow_mut().revive();
    }

    /// Calls `observer` after every change, also after those that containers do by themselves.
    pub fn observe(&self, observer: impl FnMut(&World) + 'static) {
        self.0.observers.borrow_mut().push(Box::new(observer));
    }

    /// Kills the caller, as [`super::How::Killed`] does.
    pub fn kill(&self) {
        self.0.killed.notify_one();
    }

    /// Ends when the caller is killed.
    pub async fn killed(&self) {
        self.0.killed.notified().await;
    }

    async fn meet(&self, hit: Hit, call: &Call) -> EngineError {
        if hit.how == How::Killed {
            self.kill();
            std::future::pending::<()>().await;
        }
        hit.error(call)
    }

    /// Every call made so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.0.calls.borrow().clone()
    }

    /// The world as it is now.
    pub fn look<T>(&self, at: impl FnOnce(&World) -> T) -> T {
        self.settle();
        at(&self.0.world.borrow())
    }

    /// Lets everything happen that is due.
    fn settle(&self) {
        loop {
            let acted = self.0.world.borrow_mut().act(Instant::now());
            if !acted {
                return;
            }
            self.tell();
        }
    }

    fn tell(&self) {
        let world = self.0.world.borrow();
        for observer in self.0.observers.borrow_mut().iter_mut() {
            observer(&world);
        }
        self.0.changed.notify_waiters();
    }

    /// One call: it is counted, meets its fault, and has its effect.
    pub(super) async fn call<T>(
        &self,
        verb: Verb,
        subject: &str,
        effect: impl FnOnce(&mut World, &Call) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        tokio::task::yield_now().await;
        self.settle();
        let call = Call { verb, subject: subject.to_owned() };
        self.0.calls.borrow_mut().push(call.clone());
        let hit = self.0.faults.borrow_mut().meet(&call)?;
        if let Some(hit) = hit.filter(|hit| !hit.after) {
            return Err(self.meet(hit, &call).await);
        }
        let end = effect(&mut self.0.world.borrow_mut(), &call);
        if verb.writes() {
            self.tell();
        }
        match hit {
            Some(hit) => Err(self.meet(hit, &call).await),
            None => end,
        }
    }

    /// The name behind an id, so that calls read well.
    pub(super) fn name(&self, id: &ContainerId) -> String {
        let world = self.0.world.borrow();
        world.container(&id.0).map_or_else(|| id.short().to_owned(), |one| one.name.clone())
    }

    /// The first event of the container at or after `cursor`, waited for.
    pub(super) async fn next_event(&self, of: &ContainerId, cursor: usize) -> (EngineEvent, usize) {
        self.next(cursor, |world| &world.events, |event| event.container == *of).await
    }

    /// The first join at or after `cursor`, waited for.
    pub(super) async fn next_join(&self, cursor: usize) -> (EngineEvent, usize) {
        self.next(cursor, |world| &world.joins, |_| true).await
    }

    /// The first removal of the volume at or after `cursor`, waited for; the cursor behind it.
    pub(super) async fn next_removal(&self, volume: &str, cursor: usize) -> usize {
        self.next(cursor, |world| &world.removed, |name| name == volume).await.1
    }

    /// The first entry at or after `cursor` that is wanted, and the cursor behind it.
    async fn next<T: Clone>(
        &self,
        mut cursor: usize,
        list: impl Fn(&World) -> &Vec<T>,
        is_wanted: impl Fn(&T) -> bool,
    ) -> (T, usize) {
        loop {
            let changed = self.0.changed.notified();
            self.settle();
            {
                let world = self.0.world.borrow();
                let list = list(&world);
                if let Some(later) = list[cursor..].iter().position(&is_wanted) {
                    return (list[cursor + later].clone(), cursor + later + 1);
                }
                cursor = list.len();
            }
            let due = self.0.world.borrow().due();
            tokio::select! {
                () = changed => {}
                () = at(due) => {}
            }
        }
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
