//! CPU, memory and limits: the part of `HostConfig` that control groups see.

use serde_json::{Value, json};

use super::value::{items, json as to_json, option, size};
use crate::compose::hash::v1::{Dict, Py};
use crate::engine::spec::object::Object;
use crate::engine::spec::{SpecError, SpecInput};

/// Options that are sent as they stand. The engine reads keys in any case.
const PLAIN: [(&str, &str); 9] = [
    ("cpu_count", "CpuCount"),
    ("cpu_percent", "CpuPercent"),
    ("cpu_period", "CpuPeriod"),
    ("cpu_quota", "CpuQuota"),
    ("cpu_rt_period", "CPURealtimePeriod"),
    ("cpu_rt_runtime", "CPURealtimeRuntime"),
    ("cpu_shares", "CpuShares"),
    ("cpuset", "CpusetCpus"),
    ("pids_limit", "PidsLimit"),
];

const SIZES: [(&str, &str); 4] = [
    ("mem_limit", "Memory"),
    ("memswap_limit", "MemorySwap"),
    ("mem_reservation", "MemoryReservation"),
    ("shm_size", "ShmSize"),
];

/// Sets them.
pub(super) fn set(host: &mut Object, input: &SpecInput, options: &Dict) -> Result<(), SpecError> {
    for (key, field) in PLAIN {
        host.set(field, option(options, key));
    }
    for (key, field) in SIZES {
        host.set(field, size(input, options, key)?);
    }
    // 0 forbids to swap, nothing leaves it to the engine.
    host.put("MemorySwappiness", options.get("mem_swappiness").map(to_json));
    host.set("NanoCpus", nano_cpus(options));
    host.set("Ulimits", ulimits(options));
    if let Some(Py::Dict(blkio)) = options.get("blkio_config") {
        set_blkio(host, blkio);
    }
    host.set("DeviceCgroupRules", option(options, "device_cgroup_rules"));
    Ok(())
}

/// Billionths of a CPU.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "Python counts so, too"
)]
fn nano_cpus(options: &Dict) -> i64 {
    match options.get("cpus") {
        Some(Py::Float(cpus)) => (cpus * 1e9) as i64,
        Some(Py::Int(cpus)) => (*cpus as f64 * 1e9) as i64,
        _ => 0,
    }
}

/// A limit that is one number is soft and hard.
fn ulimits(options: &Dict) -> Vec<Value> {
    let limits = options.get("ulimits").and_then(Py::as_dict).into_iter().flatten();
    let limit = |(name, limit): (&String, &Py)| {
        let of = |key: &str| match limit {
            Py::Dict(both) => option(both, key),
            one => to_json(one),
        };
        json!({"Name": name, "Soft": of("soft"), "Hard": of("hard")})
    };
    limits.map(limit).collect()
}

fn set_blkio(host: &mut Object, blkio: &Dict) {
    host.set("BlkioWeight", option(blkio, "weight"));
    let lists = [
        ("weight_device", "BlkioWeightDevice", "weight", "Weight"),
        ("device_read_bps", "BlkioDeviceReadBps", "rate", "Rate"),
        ("device_read_iops", "BlkioDeviceReadIOps", "rate", "Rate"),
        ("device_write_bps", "BlkioDeviceWriteBps", "rate", "Rate"),
        ("device_write_iops", "BlkioDeviceWriteIOps", "rate", "Rate"),
    ];
    for (key, field, value, value_field) in lists {
        let limits = items(blkio, key).into_iter().map(|limit| {
            let limit = limit.into_dict();
            json!({"Path": option(&limit, "path"), value_field: option(&limit, value)})
        });
        host.set(field, limits.collect::<Vec<_>>());
    }
}
