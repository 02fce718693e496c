//! `volumes` of a service.

use std::collections::BTreeMap;

use super::encode::{CreateHostPath, Encode, Writer};
use super::record::{readable, record};
use super::scalar::Bytes;

record! {
    /// Something mounted in a container.
    pub struct Mount {
        /// `bind`, `volume`, `tmpfs`, `npipe`, `cluster` or `image`.
        pub kind: String as "type",
        /// Absolute path of a bind, key of a volume; none for an anonymous one.
        pub source: Option<String>,
        /// Path in the container.
        pub target: String,
        /// Not writable.
        pub read_only: bool,
        /// A promise nobody keeps any more.
        pub consistency: Option<String>,
        /// Options of a bind.
        pub bind: Option<BindOptions>,
        /// Options of a volume.
        pub volume: Option<VolumeOptions>,
        /// Options of a tmpfs.
        pub tmpfs: Option<TmpfsOptions>,
        /// Options of an image.
        pub image: Option<ImageOptions>,
    }
}

record! {
    /// Options of a volume in one container.
    pub struct VolumeOptions {
        /// Labels of an anonymous volume.
        pub labels: BTreeMap<String, String>,
        /// Without the image's files.
        pub nocopy: bool,
        /// Folder in the volume.
        pub subpath: Option<String>,
    }
}

record! {
    /// Options of a tmpfs.
    pub struct TmpfsOptions {
        /// The most it holds; 0 is not given.
        pub size: Bytes,
        /// Permissions as a number; 0 is not given.
        pub mode: u32,
    }
}

record! {
    /// Options of an image.
    pub struct ImageOptions {
        /// Folder in the image.
        pub subpath: Option<String>,
    }
}

readable! {
    /// Options of a bind.
    pub struct BindOptions {
        /// `z` or `Z`.
        pub selinux: Option<String>,
        /// Such as `rprivate`.
        pub propagation: Option<String>,
        /// Whether a missing path on the host becomes a folder.
        pub create_host_path: Option<bool>,
        /// `enabled`, `disabled`, `writable` or `readonly`.
        pub recursive: Option<String>,
    }
}

impl Encode for BindOptions {
    fn encode(&self, out: &mut Writer) {
        let create = self.create_host_path;
        let written = match out.style.create_host_path {
            CreateHostPath::IfTrue => create.filter(|create| *create),
            CreateHostPath::UnlessTrue => Some(create.unwrap_or(false)).filter(|create| !create),
            CreateHostPath::IfFalse => create.filter(|create| !create),
        };
        out.open('{');
        out.field("selinux", &self.selinux, false);
        out.field("propagation", &self.propagation, false);
        out.field("create_host_path", &written, false);
        out.field("recursive", &self.recursive, false);
        out.extensions(&self.extensions);
        out.close('}');
    }
}
