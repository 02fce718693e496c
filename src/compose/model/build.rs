//! `build`: composeup builds nothing, but a service with it has a default image name.

use std::collections::BTreeMap;

use super::record::record;
use super::scalar::{Bytes, Environment};
use super::secret::FileReference;
use super::ulimit::Ulimit;

record! {
    /// How an image is built.
    pub struct Build {
        /// Folder or address of the sources.
        pub context: Option<String>,
        /// The Dockerfile, relative to the context.
        pub dockerfile: Option<String>,
        /// A Dockerfile as text.
        pub dockerfile_inline: Option<String>,
        /// Extra rights of the build.
        pub entitlements: Vec<String>,
        /// Arguments.
        pub args: Environment,
        /// Provenance attestation.
        pub provenance: Option<String>,
        /// Bill of materials.
        pub sbom: Option<String>,
        /// SSH agents and keys: `default` or `id: path`.
        pub ssh: Vec<String>,
        /// Labels of the image.
        pub labels: BTreeMap<String, String>,
        /// Caches to read.
        pub cache_from: Vec<String>,
        /// Caches to write.
        pub cache_to: Vec<String>,
        /// Without a cache.
        pub no_cache: bool,
        /// Further contexts by name.
        pub additional_contexts: BTreeMap<String, String>,
        /// Always pull base images.
        pub pull: bool,
        /// Further hosts, `host=address`, in order.
        pub extra_hosts: Vec<String>,
        /// Isolation (Windows).
        pub isolation: Option<String>,
        /// Network of the build.
        pub network: Option<String>,
        /// Stage to build.
        pub target: Option<String>,
        /// Secrets of the build.
        pub secrets: Vec<FileReference>,
        /// Size of `/dev/shm`.
        pub shm_size: Bytes,
        /// Further names of the image.
        pub tags: Vec<String>,
        /// Limits.
        pub ulimits: BTreeMap<String, Ulimit>,
        /// Platforms to build for.
        pub platforms: Vec<String>,
        /// With all rights.
        pub privileged: bool,
    }
}
