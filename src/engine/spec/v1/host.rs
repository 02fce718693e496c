//! `HostConfig`: what the host gives a container.

use serde_json::Value;

use super::mounts::Mounted;
use super::value::{items, json as to_json, option, texts};
use super::{devices, networks, peers, ports, resources};
use crate::compose::hash::v1::{Dict, Py, Service};
use crate::engine::spec::object::Object;
use crate::engine::spec::{SpecError, SpecInput};

/// Options that are sent as they stand.
const PLAIN: [(&str, &str); 15] = [
    ("privileged", "Privileged"),
    ("oom_kill_disable", "OomKillDisable"),
    ("oom_score_adj", "OomScoreAdj"),
    ("read_only", "ReadonlyRootfs"),
    ("dns", "Dns"),
    ("dns_opt", "DnsOptions"),
    ("dns_search", "DnsSearch"),
    ("cap_add", "CapAdd"),
    ("cap_drop", "CapDrop"),
    ("cgroup_parent", "CgroupParent"),
    ("userns_mode", "UsernsMode"),
    ("isolation", "Isolation"),
    ("storage_opt", "StorageOpt"),
    ("volume_driver", "VolumeDriver"),
    ("runtime", "Runtime"),
];

/// `HostConfig` of the create body.
pub(super) fn host(
    input: &SpecInput,
    service: &Service,
    mounts: Mounted,
) -> Result<Value, SpecError> {
    let options = &service.options;
    let mut host = Object::default();
    for (key, field) in PLAIN {
        host.set(field, option(options, key));
    }
    host.set("Binds", mounts.binds);
    host.set("Mounts", mounts.mounts);
    host.put("VolumesFrom", Some(peers::volumes_from(input, service)?));
    host.set("Tmpfs", tmpfs(options));
    host.set("NetworkMode", networks::mode(input, service)?);
    host.put("PortBindings", Some(ports::bindings(options)));
    host.set("Links", networks::links(input, service));
    for (field, key, mode) in [("IpcMode", "ipc", &service.ipc), ("PidMode", "pid", &service.pid)] {
        if let Some(mode) = mode {
            host.set(field, peers::namespace(input, key, mode)?);
        }
    }
    host.set("GroupAdd", texts(options, "group_add"));
    host.put("ExtraHosts", Some(extra_hosts(options)));
    host.set("Sysctls", sysctls(options));
    host.set("SecurityOpt", security(options));
    // The engine's own default may be an init process, so that false is not the same as nothing.
    host.put("Init", options.get("init").map(to_json));
    host.set("RestartPolicy", option(options, "restart"));
    host.set("LogConfig", log_config(options));
    resources::set(&mut host, input, options)?;
    devices::set(&mut host, options);
    Ok(host.into())
}

/// Options by path.
fn tmpfs(options: &Dict) -> Value {
    let pairs = texts(options, "tmpfs").into_iter().map(|text| match text.split_once(':') {
        Some((path, options)) => (path.to_owned(), Value::from(options)),
        None => (text, Value::from("")),
    });
    pairs.collect()
}

/// A list as it stands, a mapping as `host:address`.
fn extra_hosts(options: &Dict) -> Vec<String> {
    match options.get("extra_hosts") {
        Some(Py::Dict(hosts)) => {
            let mut hosts: Vec<String> =
                hosts.iter().map(|(host, address)| format!("{host}:{}", address.text())).collect();
            hosts.sort();
            hosts
        }
        _ => texts(options, "extra_hosts"),
    }
}

fn sysctls(options: &Dict) -> Value {
    let sysctls = options.get("sysctls").and_then(Py::as_dict).into_iter().flatten();
    sysctls.map(|(key, value)| (key.clone(), Value::from(value.text()))).collect()
}

/// Each option is `[value, file]` by now.
fn security(options: &Dict) -> Vec<String> {
    let all = items(options, "security_opt").into_iter();
    let value = |option: Py| match option {
        Py::List(parts) => parts.first().map(Py::text),
        other => Some(other.text()),
    };
    all.filter_map(value).collect()
}

/// Options are texts to the engine, which refuses the numbers v1 would send.
fn log_config(options: &Dict) -> Value {
    let none = Dict::new();
    let logging = options.get("logging").and_then(Py::as_dict).unwrap_or(&none);
    let own = logging.get("options").and_then(Py::as_dict).into_iter().flatten();
    let own: Value = own
        .map(|(key, value)| match value {
            Py::None => (key.clone(), Value::Null),
            value => (key.clone(), Value::from(value.text())),
        })
        .collect();
    let mut body = Object::default();
    body.set("Type", option(logging, "driver"));
    body.set("Config", own);
    body.into()
}
