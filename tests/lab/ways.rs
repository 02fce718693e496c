//! The ways to upgrade the app: composeup's, and those it is compared with.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::images;
use super::site::Site;
use crate::support::command::{Done, composeup, scrubbed};
use crate::support::compose::Compose;

/// The variable with the path of docker-rollout.
pub(super) const ROLLOUT: &str = "COMPOSEUP_LAB_ROLLOUT";

/// A way to upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// `composeup upgrade`.
    Composeup,
    /// The same, without a look at the new container after it has become ready.
    Unwatched,
    /// `docker rollout`, after the tag was changed by hand.
    DockerRollout,
    /// `docker compose up -d`, after the tag was changed by hand.
    ComposeUp,
}

impl Way {
    /// Its name in tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Composeup => "composeup",
            Self::Unwatched => "composeup --monitor 0s",
            Self::DockerRollout => "docker-rollout",
            Self::ComposeUp => "docker compose up -d",
        }
    }

    /// Gives `web` so many replicas by composeup.
    pub(super) fn scale(site: &Site, number: usize) {
        let words = ["scale", "--yes", "--json", "--monitor", "0s", "--parallelism", "0"];
        let mut command = composeup();
        command.args(words).arg(format!("web={number}"));
        command.env("COMPOSEUP_STATE_DIR", site.state_dir());
        let done = Done::of(command.current_dir(site.folder()));
        assert_eq!(done.code, 0, "{done}");
    }

    /// Gives `web` its other tag.
    pub(super) fn upgrade(self, site: &mut Site) -> Done {
        let tag = site.next_tag();
        let mut command = match self {
            Self::Composeup | Self::Unwatched => {
                let mut command = composeup();
                command.args(["upgrade", "--yes", "--json", "web", tag]);
                if self == Self::Unwatched {
                    command.args(["--monitor", "0s"]);
                }
                command.env("COMPOSEUP_STATE_DIR", site.state_dir());
                command
            }
            Self::DockerRollout => {
                set_tag(site, tag);
                let mut command = docker(&site.state_dir());
                command.args(["rollout", "web"]);
                command
            }
            Self::ComposeUp => {
                set_tag(site, tag);
                let mut command = Compose::V2_40.command(&site.folder());
                command.args(["up", "-d"]);
                command
            }
        };
        let done = Done::of(command.current_dir(site.folder()));
        assert_eq!(done.code, 0, "{}: {done}", self.name());
        if self == Self::Composeup {
            assert!(done.stdout.contains(r#""warnings":[]"#), "{done}");
        }
        done
    }
}

fn set_tag(site: &Site, tag: &str) {
    let lines = fs::read_to_string(site.file()).unwrap();
    let image = format!("    image: {}:", images::APP);
    let lines = lines.lines().map(|line| {
        if line.starts_with(&image) { format!("{image}{tag}\n") } else { format!("{line}\n") }
    });
    fs::write(site.file(), lines.collect::<String>()).unwrap();
}

/// Docker's command line with real Compose and docker-rollout as its plugins.
fn docker(settings: &Path) -> Command {
    let plugins = settings.join("cli-plugins");
    if !plugins.exists() {
        fs::create_dir_all(&plugins).unwrap();
        symlink(Compose::V2_40.binary(), plugins.join("docker-compose")).unwrap();
        let rollout = std::env::var_os(ROLLOUT).map(PathBuf::from);
        let rollout = rollout.unwrap_or_else(|| panic!("{ROLLOUT} names no docker-rollout"));
        symlink(rollout, plugins.join("docker-rollout")).unwrap();
    }
    let mut command = scrubbed(Path::new("docker"));
    command.env("DOCKER_CONFIG", settings);
    command
}
