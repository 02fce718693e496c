//! The runs of the past, and what a service ran before.

use super::outcome::Outcome;
use super::{Change, ImageRef, Story};

/// One run of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Past {
    /// As its journal tells it.
    Told(Box<Story>),
    /// All that the labels of the containers tell: its journal is on another machine or gone.
    Seen {
        /// Id of the run.
        run: String,
        /// What it changed.
        changes: Vec<Change>,
    },
}

impl Past {
    /// Id of the run.
    #[must_use]
    pub fn run(&self) -> &str {
        match self {
            Self::Told(story) => &story.header.start.run,
            Self::Seen { run, .. } => run,
        }
    }

    /// What it changed, or was to change.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::Told(story) => &story.header.changes,
            Self::Seen { changes, .. } => changes,
        }
    }

    /// Whether the new version of this run came to serve.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        match self {
            Self::Told(story) => {
                matches!(story.outcome(), Some(Outcome::Completed | Outcome::Partial))
            }
            Self::Seen { .. } => true,
        }
    }
}

/// The image a service is brought back to: the one it ran before its last run that completed, or,
/// with `to`, the one that this run brought. `runs` are the newest first.
#[must_use]
pub fn earlier_image(runs: &[Past], service: &str, to: Option<&str>) -> Option<ImageRef> {
    let change = |past: &Past| past.changes().iter().find(|one| one.service == service).cloned();
    if let Some(run) = to {
        return Some(change(runs.iter().find(|past| past.run() == run)?)?.to);
    }
    let completed = runs.iter().filter(|past| past.is_completed());
    completed.filter_map(change).find(has_other_image).map(|change| change.from)
}

/// Whether it is another image at all; a change of the number of replicas is none.
fn has_other_image(change: &Change) -> bool {
    let pins = change.from.pin.as_ref().zip(change.to.pin.as_ref());
    change.from.name != change.to.name || pins.is_some_and(|(from, to)| from.id != to.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::steps::Pin;

    fn image(name: &str, id: &str) -> ImageRef {
        ImageRef { name: name.into(), pin: Some(Pin { id: id.into(), digest: None }) }
    }

    fn run(number: usize, from: (&str, &str), to: (&str, &str)) -> Past {
        let change = Change {
            service: "web".into(),
            from: image(from.0, from.1),
            to: image(to.0, to.1),
            replicas: 1,
        };
        Past::Seen { run: format!("run-{number}"), changes: vec![change] }
    }

    fn history() -> [Past; 3] {
        [
            run(3, ("web:2", "b"), ("web:2", "b")),
            run(2, ("web:1", "a"), ("web:2", "b")),
            run(1, ("web:1", "0"), ("web:1", "a")),
        ]
    }

    #[test]
    fn the_last_run_that_changed_the_image_says_what_ran_before() {
        assert_eq!(earlier_image(&history(), "web", None), Some(image("web:1", "a")));
        assert_eq!(earlier_image(&history()[2..], "web", None), Some(image("web:1", "0")));
        assert_eq!(earlier_image(&history(), "db", None), None);
    }

    #[test]
    fn a_run_that_is_named_says_what_it_brought() {
        let to = |run| earlier_image(&history(), "web", Some(run));
        assert_eq!(to("run-1"), Some(image("web:1", "a")));
        assert_eq!(to("run-9"), None);
    }
}
