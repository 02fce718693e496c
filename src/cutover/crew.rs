//! All helpers of a run, by the place each of them is in.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::OnceCell;

use super::image;
use super::spec::{Place, helper};
use super::talk::Helper;
use crate::detour::{Answer, Command};
use crate::engine::Engine;

/// How many helpers are started at a time.
const AT_A_TIME: usize = 4;
/// How often a helper is tried: a busy machine may let one fall silent before it is spoken to.
const TRIES: usize = 2;

/// A helper, once it is there; `None` if there can be none.
type Slot = Rc<OnceCell<Option<Helper>>>;

/// The helpers.
pub(super) struct Crew<'a, E> {
    engine: &'a E,
    run: String,
    image: OnceCell<String>,
    slots: RefCell<BTreeMap<Place, Slot>>,
    /// Places without a helper, by the reason.
    refused: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl<'a, E: Engine> Crew<'a, E> {
    /// Nobody yet.
    pub(super) fn new(engine: &'a E, run: &str) -> Self {
        Self {
            engine,
            run: run.to_owned(),
            image: OnceCell::new(),
            slots: RefCell::default(),
            refused: RefCell::default(),
        }
    }

    /// Starts helpers in these places where there are none yet; says whether there were such.
    pub(super) async fn enlist(&self, mut places: BTreeSet<Place>) -> bool {
        let is_manned =
            |place: &Place| self.slots.borrow().get(place).is_some_and(|slot| slot.initialized());
        places.retain(|place| !is_manned(place));
        let has_new = !places.is_empty();
        let started = stream::iter(places);
        started.for_each_concurrent(AT_A_TIME, |place| self.start(place)).await;
        has_new
    }

    /// Tells each helper what is for its place.
    pub(super) async fn tell(&self, command: impl Fn(&Place) -> Command) {
        for (place, answer) in self.ask(command).await {
            match answer {
                Some(Answer::Refused(refusal)) => self.refuse(&place, refusal.to_string()),
                Some(_) => {}
                None => _ = self.slots.borrow_mut().remove(&place),
            }
        }
    }

    /// Asks each helper what is for its place; one that is gone has no answer.
    pub(super) async fn ask(
        &self,
        command: impl Fn(&Place) -> Command,
    ) -> Vec<(Place, Option<Answer>)> {
        let pending: Vec<_> = {
            let slots = self.slots.borrow();
            let there =
                slots.iter().filter_map(|(place, slot)| Some((place, slot.get()?.as_ref()?)));
            there.map(|(place, helper)| (place.clone(), helper.ask(command(place)))).collect()
        };
        let mut answers = Vec::new();
        for (place, answer) in pending {
            answers.push((place, answer.answer().await));
        }
        answers
    }

    /// Asks the helper in one place; none if there is none, or it is gone.
    pub(super) async fn ask_one(&self, place: &Place, command: Command) -> Option<Answer> {
        let pending = self.slots.borrow().get(place)?.get()?.as_ref()?.ask(command);
        pending.answer().await
    }

    /// Whether every place has what it needs.
    pub(super) fn is_complete(&self) -> bool {
        self.refused.borrow().is_empty()
    }

    /// Where no helper could be had, with the reason; one line for each reason.
    pub(super) fn refusals(&self) -> Vec<String> {
        let refused = self.refused.borrow();
        let line = |(reason, places): (&String, &BTreeSet<String>)| {
            let places: Vec<&str> = places.iter().map(String::as_str).collect();
            format!("no detour in {}: {reason}", crate::text::list(&places))
        };
        refused.iter().map(line).collect()
    }

    async fn start(&self, place: Place) {
        let slot = Rc::clone(self.slots.borrow_mut().entry(place.clone()).or_default());
        let make = async || {
            let image = match self.image().await {
                Ok(image) => image,
                Err(reason) => {
                    self.note_refusal(reason, "any container".into());
                    return None;
                }
            };
            let spec = helper(&self.run, image, &place);
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

    /// The helpers' image, made once.
    ///
    /// # Errors
    ///
    /// Why it cannot be had, as a lower-case fragment.
    pub(super) async fn image(&self) -> Result<&str, String> {
        let made = self.image.get_or_try_init(|| image::ensure(self.engine)).await;
        made.map(String::as_str)
    }

    /// Id of the run.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    fn refuse(&self, place: &Place, reason: String) {
        self.note_refusal(reason, place.to_string());
    }

    fn note_refusal(&self, reason: String, whom: String) {
        self.refused.borrow_mut().entry(reason).or_default().insert(whom);
    }
}
