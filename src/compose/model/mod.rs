//! The resolved project: what the files say after interpolation, merging and normalisation. Field
//! names are the keys of the specification, and every key of it has a field.

mod build;
pub(crate) mod decode;
mod deploy;
mod develop;
mod device;
pub(crate) mod encode;
mod extensions;
mod healthcheck;
mod hook;
mod logging;
#[expect(clippy::module_inception, reason = "the specification calls them models")]
mod model;
mod moment;
mod mount;
mod network;
mod port;
mod project;
mod record;
mod reference;
mod scalar;
mod secret;
mod service;
mod ulimit;
mod volume;

pub use build::Build;
pub use deploy::{
    Deploy, DiscreteResource, GenericResource, Placement, PlacementPreference, Resource, Resources,
    RestartPolicy, UpdateConfig,
};
pub use develop::{Develop, Watch};
pub use device::{BlkioConfig, Device, DeviceCount, DeviceRequest, ThrottleDevice, WeightDevice};
pub use extensions::Extensions;
pub use healthcheck::Healthcheck;
pub use hook::Hook;
pub use logging::Logging;
pub use model::{Model, ServiceModel};
pub use mount::{BindOptions, ImageOptions, Mount, TmpfsOptions, VolumeOptions};
pub use network::{Ipam, IpamPool, Network, ServiceNetwork};
pub use port::Port;
pub use project::{Project, Warning};
pub use reference::{CredentialSpec, Dependency, EnvFile, Extends, Provider};
pub(crate) use scalar::parse_duration;
pub use scalar::{Bytes, Environment, FileMode};
pub use secret::{Content, FileObject, FileReference};
pub use service::Service;
pub use ulimit::Ulimit;
pub use volume::Volume;
