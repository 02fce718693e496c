//! `develop`: what `compose watch` does; it never reaches a container.

use super::encode::{Encode, Writer};
use super::hook::Hook;
use super::record::{readable, record};

record! {
    /// What `compose watch` does.
    pub struct Develop {
        /// What is watched.
        pub watch: Vec<Watch>,
    }
}

readable! {
    /// One watched path.
    pub struct Watch {
        /// The path.
        pub path: String,
        /// `sync`, `rebuild`, `restart`, `sync+restart` or `sync+exec`.
        pub action: String,
        /// Where it is in the container.
        pub target: Option<String>,
        /// The command to run.
        pub exec: Hook,
        /// Files that count.
        pub include: Vec<String>,
        /// Files that do not.
        pub ignore: Vec<String>,
        /// Copy everything at the beginning.
        pub initial_sync: bool,
    }
}

impl Encode for Watch {
    fn encode(&self, out: &mut Writer) {
        let has_exec = out.style.always_exec && !out.style.as_yaml || !self.exec.is_zero();
        out.open('{');
        out.field("path", &self.path, true);
        out.field("action", &self.action, true);
        out.field("target", &self.target, false);
        if has_exec {
            out.field("exec", &self.exec, true);
        }
        out.field("include", &self.include, false);
        out.field("ignore", &self.ignore, false);
        out.field("initial_sync", &self.initial_sync, false);
        out.extensions(&self.extensions);
        out.close('}');
    }
}
