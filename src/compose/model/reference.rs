//! What a service refers to: other services, files of variables, providers, credentials.

use std::collections::BTreeMap;

use super::encode::{Encode, Writer};
use super::record::{readable, record};

record! {
    /// A service another one needs.
    pub struct Dependency {
        /// `service_started`, `service_healthy` or `service_completed_successfully`.
        pub condition: String,
        /// Restarted with it.
        pub restart: bool,
        /// Whether it must be there at all.
        pub required: bool => always,
    }
}

readable! {
    /// A file of variables.
    pub struct EnvFile {
        /// Absolute path.
        pub path: String,
        /// Whether it must be there.
        pub required: bool,
        /// `raw`: values are taken as they are.
        pub format: Option<String>,
    }
}

// One that must be there is written in its short form.
impl Encode for EnvFile {
    fn encode(&self, out: &mut Writer) {
        if self.required {
            out.string(&self.path);
            return;
        }
        out.open('{');
        out.field("path", &self.path, false);
        out.field("required", &self.required, true);
        out.field("format", &self.format, false);
        out.extensions(&self.extensions);
        out.close('}');
    }
}

record! {
    /// The service another one builds on.
    pub struct Extends {
        /// The file it is in; the same one if not given.
        pub file: Option<String>,
        /// Its name.
        pub service: Option<String>,
    }
}

record! {
    /// A program that provides a service instead of containers.
    pub struct Provider {
        /// The program.
        pub kind: String as "type",
        /// Its options.
        pub options: BTreeMap<String, Vec<String>>,
    }
}

record! {
    /// Credentials (Windows).
    pub struct CredentialSpec {
        /// Key of the config that holds them.
        pub config: Option<String>,
        /// The file that holds them.
        pub file: Option<String>,
        /// The registry value that holds them.
        pub registry: Option<String>,
    }
}
