//! Real Docker Compose, as `scripts/compose` fetches it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::scrubbed;

/// One release of Compose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compose {
    /// 1.29, the Python program.
    V1,
    /// 2.26, as Debian builds it.
    V2_26,
    /// 2.40.
    V2_40,
}

impl Compose {
    /// The name of the n-th container of a service.
    pub(crate) fn container_name(self, project: &str, service: &str, number: usize) -> String {
        let separator = if self == Self::V1 { '_' } else { '-' };
        format!("{project}{separator}{service}{separator}{number}")
    }

    /// `up -d` in a folder.
    pub(crate) fn up(self, folder: &Path) {
        self.run(folder, &["up", "-d"]);
    }

    /// `down` in a folder, with the volumes.
    pub(crate) fn down(self, folder: &Path) {
        self.run(folder, &["down", "--volumes"]);
    }

    fn run(self, folder: &Path, arguments: &[&str]) {
        let out = self.command(folder).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{self:?} {arguments:?}: {said}");
    }

    /// It, in a folder.
    pub(crate) fn command(self, folder: &Path) -> Command {
        let mut command = scrubbed(&self.binary());
        command.current_dir(folder);
        command
    }

    /// Its executable.
    pub(crate) fn binary(self) -> PathBuf {
        let name = match self {
            Self::V1 => "compose-1.29",
            Self::V2_26 => "compose-2.26",
            Self::V2_40 => "compose-2.40",
        };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/compose").join(name);
        assert!(
            path.exists(),
            "this test needs real Compose: run `scripts/compose target/compose`"
        );
        path
    }
}
