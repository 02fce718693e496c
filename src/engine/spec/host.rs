//! `HostConfig`: what the host gives a container.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::mounts::mounts;
use super::network::Networking;
use super::object::Object;
use super::release::Change;
use super::{SpecError, SpecInput, devices, links, peers, ports, resources, restart, security};

/// `HostConfig` of the create body.
pub(super) fn host(input: &SpecInput, networking: &Networking) -> Result<Value, SpecError> {
    let service = input.service;
    let mut host = Object::default();
    let mounts = mounts(input)?;
    host.set("Binds", mounts.binds);
    host.set("Mounts", mounts.mounts);
    host.set("Tmpfs", tmpfs(input));
    host.set("VolumesFrom", peers::volumes_from(input)?);
    host.set("NetworkMode", networking.mode.clone());
    host.put("PortBindings", Some(ports::bindings(service)));
    host.set("Links", links::links(input));
    for (key, mode, field) in [("ipc", &service.ipc, "IpcMode"), ("pid", &service.pid, "PidMode")] {
        if let Some(mode) = mode {
            host.set(field, peers::namespace(input, key, mode)?);
        }
    }
    set_names(&mut host, input);
    set_rights(&mut host, input);
    security::set(&mut host, input)?;
    host.set("RestartPolicy", restart::policy(service));
    host.set("LogConfig", log_config(input));
    resources::set(&mut host, input);
    devices::set(&mut host, input);
    Ok(host.into())
}

/// What the container is called and finds by name.
fn set_names(host: &mut Object, input: &SpecInput) {
    let service = input.service;
    host.set("Dns", service.dns.clone());
    host.set("DnsOptions", service.dns_opt.clone());
    host.set("DnsSearch", service.dns_search.clone());
    host.put("ExtraHosts", Some(extra_hosts(input)));
    host.set("Annotations", json!(service.annotations));
    host.set("UTSMode", service.uts.clone());
}

/// What the container may do.
fn set_rights(host: &mut Object, input: &SpecInput) {
    let service = input.service;
    host.set("CapAdd", capabilities(input, &service.cap_add));
    host.set("CapDrop", capabilities(input, &service.cap_drop));
    host.set("Privileged", service.privileged);
    host.set("ReadonlyRootfs", service.read_only);
    host.set("GroupAdd", service.group_add.clone());
    host.set("UsernsMode", service.userns_mode.clone());
    host.set("CgroupnsMode", service.cgroup.clone());
    host.set("Isolation", service.isolation.clone());
    host.set("Runtime", service.runtime.clone());
    // The engine's own default may be an init process, so that false is not the same as nothing.
    host.put("Init", service.init);
    host.set("ShmSize", service.shm_size.0);
    host.set("Sysctls", json!(service.sysctls));
    host.set("StorageOpt", json!(service.storage_opt));
    host.set("OomScoreAdj", service.oom_score_adj);
}

/// `tmpfs`: options by path.
fn tmpfs(input: &SpecInput) -> Value {
    let tmpfs = input.service.tmpfs.iter();
    let pairs = tmpfs.map(|text| text.split_once(':').unwrap_or((text, "")));
    pairs.map(|(path, options)| (path.to_owned(), Value::from(options))).collect()
}

/// `host:address` for each; the model has `host=address`.
fn extra_hosts(input: &SpecInput) -> Vec<String> {
    input.service.extra_hosts.iter().map(|host| host.replacen('=', ":", 1)).collect()
}

fn capabilities(input: &SpecInput, given: &[String]) -> Vec<String> {
    if !input.release().has(Change::CanonicalCapabilities) {
        return given.to_vec();
    }
    let canonical = given.iter().map(|name| match name.to_uppercase() {
        name if name == "ALL" || name.starts_with("CAP_") => name,
        name => format!("CAP_{name}"),
    });
    canonical.collect::<BTreeSet<_>>().into_iter().collect()
}

fn log_config(input: &SpecInput) -> Value {
    let mut body = Object::default();
    if let Some(logging) = &input.service.logging {
        body.set("Type", logging.driver.clone());
        body.set("Config", json!(logging.options));
    }
    body.into()
}
