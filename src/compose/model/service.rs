//! A service: every key of the specification.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::build::Build;
use super::deploy::Deploy;
use super::develop::Develop;
use super::device::{BlkioConfig, Device, DeviceRequest};
use super::healthcheck::Healthcheck;
use super::hook::Hook;
use super::logging::Logging;
use super::model::ServiceModel;
use super::mount::Mount;
use super::network::ServiceNetwork;
use super::port::Port;
use super::record::record;
use super::reference::{CredentialSpec, Dependency, EnvFile, Extends, Provider};
use super::scalar::{Bytes, Environment};
use super::secret::FileReference;
use super::ulimit::Ulimit;
use crate::compose::source::Location;

record! {
    /// One service as its containers shall be. Texts, numbers and lists that are not given are
    /// absent, 0 and empty.
    pub struct Service {
        /// Profiles it belongs to; none means always active.
        pub profiles: Vec<String>,
        /// Annotations of the container's runtime.
        pub annotations: BTreeMap<String, String>,
        /// Whether `compose up` shows its output.
        pub attach: Option<bool>,
        /// How its image is built.
        pub build: Option<Build>,
        /// What `compose watch` does.
        pub develop: Option<Develop>,
        /// Limits on block devices.
        pub blkio_config: Option<BlkioConfig>,
        /// Capabilities it gets.
        pub cap_add: Vec<String>,
        /// Capabilities it loses.
        pub cap_drop: Vec<String>,
        /// The cgroup it is under.
        pub cgroup_parent: Option<String>,
        /// Namespace of cgroups: `host` or `private`.
        pub cgroup: Option<String>,
        /// Processors (Windows).
        pub cpu_count: i64,
        /// Share of all processors (Windows).
        pub cpu_percent: f32,
        /// Period of the scheduler in microseconds.
        pub cpu_period: i64,
        /// Time per period in microseconds.
        pub cpu_quota: i64,
        /// Period of the real-time scheduler in microseconds.
        pub cpu_rt_period: i64,
        /// Real time per period in microseconds.
        pub cpu_rt_runtime: i64,
        /// The most processors.
        pub cpus: f32,
        /// Which processors, such as `0-3`.
        pub cpuset: Option<String>,
        /// Share of processors against others.
        pub cpu_shares: i64,
        /// The command; the image's if not given, none if empty.
        pub command: Option<Vec<String>> => in_json,
        /// Configs in the container.
        pub configs: Vec<FileReference>,
        /// Name of its only container.
        pub container_name: Option<String>,
        /// Credentials (Windows).
        pub credential_spec: Option<CredentialSpec>,
        /// Services it needs, with what is implied by links and shared namespaces.
        pub depends_on: BTreeMap<String, Dependency>,
        /// How it is run and replaced.
        pub deploy: Option<Deploy>,
        /// Rules on devices.
        pub device_cgroup_rules: Vec<String>,
        /// Devices of the host.
        pub devices: Vec<Device>,
        /// Name servers.
        pub dns: Vec<String>,
        /// Options of name resolution.
        pub dns_opt: Vec<String>,
        /// Domains that are searched.
        pub dns_search: Vec<String>,
        /// Domain.
        pub domainname: Option<String>,
        /// Entry point; the image's if not given, none if empty.
        pub entrypoint: Option<Vec<String>> => in_json,
        /// A program that provides the service instead of containers.
        pub provider: Option<Provider>,
        /// Variables, those of `env_file` included.
        pub environment: Environment,
        /// Files of variables; already part of `environment`.
        pub env_file: Vec<EnvFile>,
        /// Ports other containers may use.
        pub expose: Vec<String>,
        /// Always absent: what it extended is merged in.
        pub extends: Option<Extends>,
        /// Containers of other projects it is linked to.
        pub external_links: Vec<String>,
        /// Further hosts, `host=address`, in order.
        pub extra_hosts: Vec<String>,
        /// Further groups.
        pub group_add: Vec<String>,
        /// Graphics processors.
        pub gpus: Vec<DeviceRequest>,
        /// Name of the host.
        pub hostname: Option<String>,
        /// How it is asked whether it is well.
        pub healthcheck: Option<Healthcheck>,
        /// The image; only a service with `build` may have none.
        pub image: Option<String>,
        /// Whether an init process runs in it; the engine's default if not given.
        pub init: Option<bool>,
        /// Namespace of shared memory.
        pub ipc: Option<String>,
        /// Isolation (Windows).
        pub isolation: Option<String>,
        /// Labels, those of `label_file` included.
        pub labels: BTreeMap<String, String>,
        /// Files of labels, as absolute paths; already part of `labels`.
        pub label_file: Vec<String>,
        /// Services it is linked to.
        pub links: Vec<String>,
        /// Where its output goes.
        pub logging: Option<Logging>,
        /// The most memory.
        pub mem_limit: Bytes,
        /// The least memory.
        pub mem_reservation: Bytes,
        /// The most memory and swap; -1 is no limit.
        pub memswap_limit: Bytes,
        /// How soon it is swapped, 0 to 100.
        pub mem_swappiness: Bytes,
        /// A fixed hardware address.
        pub mac_address: Option<String>,
        /// Language models it uses.
        pub models: BTreeMap<String, Option<ServiceModel>>,
        /// Network namespace; then it is in no network of the project.
        pub network_mode: Option<String>,
        /// Its place in networks; one without a body is named alone.
        pub networks: BTreeMap<String, Option<ServiceNetwork>>,
        /// Not killed when memory runs out.
        pub oom_kill_disable: bool,
        /// How soon it is killed when memory runs out.
        pub oom_score_adj: i64,
        /// Namespace of processes.
        pub pid: Option<String>,
        /// The most processes; -1 is no limit.
        pub pids_limit: i64,
        /// Platform of the image.
        pub platform: Option<String>,
        /// Published ports.
        pub ports: Vec<Port>,
        /// With all rights.
        pub privileged: bool,
        /// When its image is pulled.
        pub pull_policy: Option<String>,
        /// With a root file system that is not writable.
        pub read_only: bool,
        /// When it is started again: `no`, `always`, `unless-stopped`, `on-failure[:tries]`.
        pub restart: Option<String>,
        /// Runtime.
        pub runtime: Option<String>,
        /// How many containers.
        pub scale: Option<i64>,
        /// Secrets in the container.
        pub secrets: Vec<FileReference>,
        /// Security options.
        pub security_opt: Vec<String>,
        /// Size of `/dev/shm`.
        pub shm_size: Bytes,
        /// Keeps its input open.
        pub stdin_open: bool,
        /// Time between the stop signal and the kill; 10 seconds if not given.
        pub stop_grace_period: Option<Duration>,
        /// The signal that stops it.
        pub stop_signal: Option<String>,
        /// Options of the storage driver.
        pub storage_opt: BTreeMap<String, String>,
        /// Kernel parameters.
        pub sysctls: BTreeMap<String, String>,
        /// Paths that are in memory.
        pub tmpfs: Vec<String>,
        /// With a terminal.
        pub tty: bool,
        /// Limits of its processes.
        pub ulimits: BTreeMap<String, Ulimit>,
        /// With the engine's socket and credentials.
        pub use_api_socket: bool,
        /// The user.
        pub user: Option<String>,
        /// Namespace of users.
        pub userns_mode: Option<String>,
        /// Namespace of host names.
        pub uts: Option<String>,
        /// What is mounted in it.
        pub volumes: Vec<Mount>,
        /// Services and containers whose volumes it gets.
        pub volumes_from: Vec<String>,
        /// Where its command runs.
        pub working_dir: Option<String>,
        /// Commands after the start.
        pub post_start: Vec<Hook>,
        /// Commands before the stop.
        pub pre_stop: Vec<Hook>,
    }
    with {
        /// Name of the service.
        pub name: String,
        /// Where the winning value of `image` stands: the scalar, quotes included.
        pub image_location: Option<Location>,
        /// Where its name stands.
        pub location: Option<Location>,
        pub(crate) locations: BTreeMap<String, Location>,
        pub(crate) own_environment: Environment,
        /// `environment` as releases before 2.35 read its files.
        pub(crate) earlier_environment: Environment,
    }
}

/// The engine's own time between the stop signal and the kill.
const DEFAULT_STOP_GRACE: Duration = Duration::from_secs(10);

impl Service {
    /// How many containers it asks for, if it says a number: `scale`, else `deploy.replicas`.
    #[must_use]
    pub fn replicas(&self) -> Option<u32> {
        let deployed = self.deploy.as_ref().and_then(|deploy| deploy.replicas);
        self.scale.or(deployed).map(|count| u32::try_from(count).unwrap_or(0))
    }

    /// Time between the stop signal and the kill.
    #[must_use]
    pub fn stop_grace(&self) -> Duration {
        self.stop_grace_period.unwrap_or(DEFAULT_STOP_GRACE)
    }

    /// Where the value of a key of the service stands.
    #[must_use]
    pub fn location_of(&self, key: &str) -> Option<Location> {
        self.locations.get(key).cloned()
    }

    /// Where one item of a key stands, by its name or its index; else where they all do.
    #[must_use]
    pub fn location_in(&self, key: &str, item: impl fmt::Display) -> Option<Location> {
        self.location_of(&format!("{key}.{item}")).or_else(|| self.location_of(key))
    }
}
