//! `deploy`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::device::DeviceRequest;
use super::record::record;
use super::scalar::Bytes;

record! {
    /// How a service is run and replaced.
    pub struct Deploy {
        /// `replicated`, `global`, `replicated-job` or `global-job`.
        pub mode: Option<String>,
        /// How many containers.
        pub replicas: Option<i64>,
        /// Labels of the service (Swarm); containers do not get them.
        pub labels: BTreeMap<String, String>,
        /// How a new version is rolled out.
        pub update_config: Option<UpdateConfig>,
        /// How a version is rolled back.
        pub rollback_config: Option<UpdateConfig>,
        /// Limits and reservations.
        pub resources: Resources,
        /// When a container is started again; goes before the service's `restart`.
        pub restart_policy: Option<RestartPolicy>,
        /// On which nodes (Swarm).
        pub placement: Placement,
        /// `vip` or `dnsrr` (Swarm).
        pub endpoint_mode: Option<String>,
    }
}

record! {
    /// How containers are replaced.
    pub struct UpdateConfig {
        /// How many at a time; 0 is all of them.
        pub parallelism: Option<u64>,
        /// Time between two batches.
        pub delay: Duration,
        /// `continue`, `rollback` or `pause`.
        pub failure_action: Option<String>,
        /// Time after the start in which a failure still counts.
        pub monitor: Duration,
        /// Share of replicas that may fail.
        pub max_failure_ratio: f32,
        /// `stop-first` or `start-first`.
        pub order: Option<String>,
    }
}

record! {
    /// What a container may and shall have.
    pub struct Resources {
        /// The most.
        pub limits: Option<Resource>,
        /// The least.
        pub reservations: Option<Resource>,
    }
}

record! {
    /// Amounts of resources.
    pub struct Resource {
        /// Processors; 0 is not given.
        pub cpus: f32,
        /// Memory.
        pub memory: Bytes,
        /// Processes; 0 is not given.
        pub pids: i64,
        /// Devices.
        pub devices: Vec<DeviceRequest>,
        /// Resources a Swarm node advertises.
        pub generic_resources: Vec<GenericResource>,
    }
}

record! {
    /// A resource a Swarm node advertises.
    pub struct GenericResource {
        /// The only kind there is: a count.
        pub discrete_resource_spec: Option<DiscreteResource>,
    }
}

record! {
    /// A counted resource.
    pub struct DiscreteResource {
        /// What.
        pub kind: String => always,
        /// How many.
        pub value: i64 => always,
    }
}

record! {
    /// When a container is started again.
    pub struct RestartPolicy {
        /// `none`, `on-failure` or `any`.
        pub condition: Option<String>,
        /// Time before the next try.
        pub delay: Option<Duration>,
        /// How many tries.
        pub max_attempts: Option<u64>,
        /// Time after which a start counts as successful.
        pub window: Option<Duration>,
    }
}

record! {
    /// On which nodes (Swarm).
    pub struct Placement {
        /// Conditions on nodes.
        pub constraints: Vec<String>,
        /// Even spreads.
        pub preferences: Vec<PlacementPreference>,
        /// Most replicas on one node; 0 is no limit.
        pub max_replicas_per_node: u64,
    }
}

record! {
    /// An even spread (Swarm).
    pub struct PlacementPreference {
        /// Over the values of this node label.
        pub spread: Option<String>,
    }
}
