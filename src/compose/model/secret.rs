//! `secrets` and `configs`: the files and their place in a container.

use std::collections::BTreeMap;
use std::fmt;

use super::decode::Decode;
use super::encode::{Encode, Writer};
use super::record::record;
use super::scalar::FileMode;
use crate::compose::ComposeError;
use crate::compose::document::Node;
use crate::compose::path::Path;

record! {
    /// A secret or config in a container.
    pub struct FileReference {
        /// Key of the secret or config in the project.
        pub source: String,
        /// Path in the container; for a secret a name alone lies under `/run/secrets`.
        pub target: Option<String>,
        /// Owner.
        pub uid: Option<String>,
        /// Group.
        pub gid: Option<String>,
        /// Permissions.
        pub mode: Option<FileMode>,
    }
}

record! {
    /// A secret or config of the project.
    pub struct FileObject {
        /// Name on the engine.
        pub name: String,
        /// Absolute path of the file that holds it.
        pub file: Option<String>,
        /// The variable that holds it.
        pub environment: Option<String>,
        /// The content; that of `environment`, too.
        pub content: Option<Content>,
        /// Not made by the project.
        pub external: bool,
        /// Labels.
        pub labels: BTreeMap<String, String>,
        /// Driver (Swarm).
        pub driver: Option<String>,
        /// Options of the driver.
        pub driver_opts: BTreeMap<String, String>,
        /// Template driver (Swarm).
        pub template_driver: Option<String>,
    }
}

/// What a secret or config holds; its `Debug` form does not show it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Content(pub String);

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.0.len())
    }
}

impl Decode for Content {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        String::decode(node, path).map(Self)
    }

    fn is_absent(&self) -> bool {
        self.0.is_empty()
    }
}

impl Encode for Content {
    fn encode(&self, out: &mut Writer) {
        out.string(&self.0);
    }
}
