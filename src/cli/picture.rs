//! The file that a rollout is drawn into.

use std::fmt::Display;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::Builder;

use super::output;
use crate::error::Error;
use crate::report::timeline::{html, svg};
use crate::report::{Event, EventKind, Reporter};

/// What a picture is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Svg,
    Html,
}

impl Form {
    /// By the ending of the file's name.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for any other ending, and where there is no folder to write into.
    pub(super) fn of(path: &Path, shown: &impl Display) -> Result<Self, Error> {
        let form = match path.extension().and_then(|ending| ending.to_str()) {
            Some("svg") => Self::Svg,
            Some("html") => Self::Html,
            _ => {
                let message =
                    format!("`--report {shown}` is neither `.svg` nor `.html` by its ending");
                return Err(Error::Usage { message });
            }
        };
        match path.parent() {
            Some(folder) if folder.is_dir() && !path.is_dir() => Ok(form),
            _ => {
                let message = format!("`--report {shown}` is no file in a folder that is there");
                Err(Error::Usage { message })
            }
        }
    }
}

/// Keeps the events that another reporter shows, and draws them when the rollout ends, however it
/// does.
pub(super) struct Picture {
    shown: Box<dyn Reporter>,
    events: Vec<Event>,
    path: PathBuf,
    form: Form,
}

impl Picture {
    pub(super) fn new(shown: Box<dyn Reporter>, path: PathBuf, form: Form) -> Self {
        Self { shown, events: Vec::new(), path, form }
    }

    /// Writes the whole picture or leaves what was there.
    fn write(&self) -> std::io::Result<()> {
        let text = match self.form {
            Form::Svg => svg(&self.events),
            Form::Html => html(&self.events),
        };
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        // As the user's umask lets any new file be.
        let mut file = Builder::new()
            .prefix(".composeup-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

impl Reporter for Picture {
    fn report(&mut self, event: &Event) {
        // Of these only the newest counts, and nothing of them is drawn.
        if !matches!(event.kind, EventKind::PullProgress { .. } | EventKind::Waiting { .. }) {
            self.events.push(event.clone());
        }
        self.shown.report(event);
    }

    fn tick(&mut self) {
        self.shown.tick();
    }

    fn tick_every(&self) -> Duration {
        self.shown.tick_every()
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        if let Err(error) = self.write() {
            let path = self.path.display();
            output::stderr(&format!("warning: `{path}` cannot be written: {}\n", error.kind()));
        }
    }
}
