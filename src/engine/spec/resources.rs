//! CPU, memory and limits: the part of `HostConfig` that control groups see.

use serde_json::Value;

use super::SpecInput;
use super::object::Object;
use crate::compose::model::{BlkioConfig, Resource, Service};

/// Sets the resources of the service's own keys, and over them those of `deploy.resources`.
pub(super) fn set(host: &mut Object, input: &SpecInput) {
    let service = input.service;
    let none = Resource::default();
    let resources = service.deploy.as_ref().map(|deploy| &deploy.resources);
    let limits = resources.and_then(|all| all.limits.as_ref()).unwrap_or(&none);
    let reservations = resources.and_then(|all| all.reservations.as_ref()).unwrap_or(&none);
    host.set("CgroupParent", service.cgroup_parent.clone());
    set_cpu(host, input, limits);
    host.set("Memory", or(limits.memory.0, service.mem_limit.0));
    host.set("MemoryReservation", or(reservations.memory.0, service.mem_reservation.0));
    host.set("MemorySwap", service.memswap_limit.0);
    host.set("MemorySwappiness", service.mem_swappiness.0);
    host.set("OomKillDisable", service.oom_kill_disable);
    host.set("PidsLimit", if limits.pids > 0 { limits.pids } else { service.pids_limit });
    host.set("Ulimits", ulimits(service));
    if let Some(blkio) = &service.blkio_config {
        set_blkio(host, blkio);
    }
}

/// The first of two sizes that is given.
fn or(first: i64, second: i64) -> i64 {
    if first == 0 { second } else { first }
}

#[expect(clippy::cast_possible_truncation, reason = "Compose truncates, too")]
fn set_cpu(host: &mut Object, input: &SpecInput, limits: &Resource) {
    let service = input.service;
    let cpus = if limits.cpus == 0.0 { service.cpus } else { limits.cpus };
    host.set("NanoCpus", (cpus * 1e9) as i64);
    host.set("CpuCount", service.cpu_count);
    host.set("CpuPercent", (service.cpu_percent * 100.0) as i64);
    host.set("CpuPeriod", service.cpu_period);
    host.set("CpuQuota", service.cpu_quota);
    host.set("CpuRealtimePeriod", service.cpu_rt_period);
    host.set("CpuRealtimeRuntime", service.cpu_rt_runtime);
    host.set("CpuShares", service.cpu_shares);
    host.set("CpusetCpus", service.cpuset.clone());
}

/// A limit that is one number is soft and hard.
fn ulimits(service: &Service) -> Vec<Value> {
    let limits = service.ulimits.iter().map(|(name, limit)| {
        let mut body = Object::default();
        body.set("Name", name.clone());
        body.put("Hard", Some(limit.hard()));
        body.put("Soft", Some(limit.soft()));
        body.into()
    });
    limits.collect()
}

fn set_blkio(host: &mut Object, blkio: &BlkioConfig) {
    host.set("BlkioWeight", blkio.weight);
    let weights = blkio.weight_device.iter().map(|one| on_device(&one.path, "Weight", one.weight));
    host.set("BlkioWeightDevice", weights.collect::<Vec<_>>());
    let rates = [
        ("BlkioDeviceReadBps", &blkio.device_read_bps),
        ("BlkioDeviceReadIOps", &blkio.device_read_iops),
        ("BlkioDeviceWriteBps", &blkio.device_write_bps),
        ("BlkioDeviceWriteIOps", &blkio.device_write_iops),
    ];
    for (key, devices) in rates {
        let rates = devices.iter().map(|one| on_device(&one.path, "Rate", one.rate.0));
        host.set(key, rates.collect::<Vec<_>>());
    }
}

fn on_device(path: &str, key: &str, value: impl Into<Value>) -> Value {
    let mut body = Object::default();
    body.set("Path", path);
    body.set(key, value);
    body.into()
}
