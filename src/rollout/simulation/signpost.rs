//! A proxy with the servers of each service in a list by name, and the user's command that points
//! it: `sed` over the list, then a reload. The reload resolves the names; if one is nobody's, it
//! fails, and what was loaded before stays.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use tokio::task::yield_now;

use crate::engine::api::ContainerId;
use crate::engine::fake::{Container, Fake, World};
use crate::env::switch;
use crate::plan::Plan;
use crate::rollout::host::{Host, HostCommand};

/// The proxy.
#[derive(Clone)]
pub(super) struct Signpost {
    fake: Fake,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    /// The file: names by service.
    names: BTreeMap<String, Vec<String>>,
    /// What is loaded.
    loaded: BTreeMap<String, Vec<ContainerId>>,
    runs: usize,
    /// Which run fails, and whether after its effect.
    fault: Option<(usize, bool)>,
}

impl Signpost {
    /// Points at the old container of every replica that is switched.
    pub(super) fn of(plan: &Plan, fake: &Fake) -> Self {
        let mut state = State::default();
        for service in plan.services.iter().filter(|service| service.switch.is_some()) {
            let old = || service.replacements.iter().filter_map(|pair| pair.old.as_ref());
            let name = service.service.clone();
            state.names.insert(name.clone(), old().map(|old| old.name.clone()).collect());
            state.loaded.insert(name, old().map(|old| old.id.clone()).collect());
        }
        Self { fake: fake.clone(), state: Rc::new(RefCell::new(state)) }
    }

    /// The n-th run from now on fails.
    pub(super) fn fail(&self, nth: usize, after_effect: bool) {
        let mut state = self.state.borrow_mut();
        state.fault = Some((state.runs + nth, after_effect));
    }

    /// How often the command was run.
    pub(super) fn runs(&self) -> usize {
        self.state.borrow().runs
    }

    /// Wherever it points, somebody serves, or is excused.
    pub(super) fn assert_serves(&self, world: &World, is_excused: impl Fn(&ContainerId) -> bool) {
        for id in self.state.borrow().loaded.values().flatten() {
            let serves = world.container(&id.0).is_some_and(Container::is_serving);
            assert!(serves || is_excused(id), "the proxy points at {id}, which does not serve");
        }
    }

    /// Its file names containers there are, so that it can be reloaded whenever somebody likes.
    pub(super) fn assert_file_holds(&self) {
        let names: Vec<String> = self.state.borrow().names.values().flatten().cloned().collect();
        self.fake.look(|world| {
            for name in &names {
                assert!(world.container(name).is_some(), "the proxy's file names `{name}`");
            }
        });
    }

    fn sed_and_reload(&self, command: &HostCommand) -> Result<(), String> {
        let value = |name| {
            let found = command.env.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.clone()).unwrap()
        };
        let (service, old, new) =
            (value(switch::SERVICE), value(switch::OLD_NAME), value(switch::NEW_NAME));
        let names = {
            let mut state = self.state.borrow_mut();
            let names = state.names.get_mut(&service).unwrap();
            names.iter_mut().filter(|name| **name == old).for_each(|name| name.clone_from(&new));
            names.clone()
        };
        let resolve = |world: &World, name: &String| {
            let found = world.container(name).filter(|one| one.is_running())?;
            Some(found.id().clone())
        };
        let all: Option<Vec<ContainerId>> =
            self.fake.look(|world| names.iter().map(|name| resolve(world, name)).collect());
        let all = all.ok_or("host not found in upstream")?;
        self.state.borrow_mut().loaded.insert(service, all);
        // The world has not changed, and what is true of it may have.
        self.fake.look(|_| {});
        Ok(())
    }
}

impl Host for Signpost {
    fn run<'a>(&'a self, command: &'a HostCommand) -> LocalBoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            // Whoever is dead by now runs nothing.
            yield_now().await;
            let fault = {
                let mut state = self.state.borrow_mut();
                state.runs += 1;
                state.fault.filter(|(nth, _)| *nth == state.runs)
            };
            match fault {
                Some((_, false)) => Err("`switch` exited with 1".into()),
                Some((_, true)) => self.sed_and_reload(command).and(Err("it was lost".into())),
                None => self.sed_and_reload(command),
            }
        })
    }
}
