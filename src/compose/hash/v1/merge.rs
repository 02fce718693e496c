//! One service over another, as v1 merges files and `extends`.

use std::collections::{BTreeMap, BTreeSet};

use super::ports;
use super::value::{Dict, Py};

/// How the values of a key are merged.
#[derive(Clone, Copy)]
enum Rule {
    /// Both as mappings of variables.
    Variables,
    /// Both as mappings of texts.
    Texts,
    /// Both as mappings.
    Dict,
    /// Both as dependencies.
    Dependencies,
    /// Both as hosts.
    Hosts,
    /// Links, by alias.
    Links,
    /// Secrets and configs, by source.
    Files,
    /// Texts, each once, sorted.
    Set,
    /// Mounts and devices, by target, sorted.
    Mounts,
    /// One list after the other.
    Lists,
    /// Ports, each once, by target.
    Ports,
    /// Networks, by name.
    Networks,
    /// Logging, options for one driver only.
    Logging,
    /// Builds.
    Build,
    /// Deployments.
    Deploy,
}

const RULES: &[(&str, Rule)] = &[
    ("environment", Rule::Variables),
    ("labels", Rule::Texts),
    ("ulimits", Rule::Dict),
    ("sysctls", Rule::Texts),
    ("depends_on", Rule::Dependencies),
    ("storage_opt", Rule::Dict),
    ("links", Rule::Links),
    ("secrets", Rule::Files),
    ("configs", Rule::Files),
    ("security_opt", Rule::Set),
    ("extra_hosts", Rule::Hosts),
    ("networks", Rule::Networks),
    ("volumes", Rule::Mounts),
    ("devices", Rule::Mounts),
    ("cap_add", Rule::Set),
    ("cap_drop", Rule::Set),
    ("expose", Rule::Set),
    ("external_links", Rule::Set),
    ("volumes_from", Rule::Set),
    ("device_cgroup_rules", Rule::Set),
    ("profiles", Rule::Set),
    ("dns", Rule::Lists),
    ("dns_search", Rule::Lists),
    ("env_file", Rule::Lists),
    ("tmpfs", Rule::Lists),
    ("logging", Rule::Logging),
    ("ports", Rule::Ports),
    ("healthcheck", Rule::Dict),
    ("deploy", Rule::Deploy),
    ("build", Rule::Build),
];

/// `over` on top of `base`; `extends` is not merged, and `x-…` keys are lost.
pub(super) fn merge(base: &Dict, over: &Dict) -> Dict {
    let known = |key: &&String| *key != "extends" && !key.starts_with("x-");
    let merged = keys(base, over).filter(known).map(|key| {
        let rule = RULES.iter().find(|(name, _)| name == key).map(|(_, rule)| *rule);
        let (low, high) = (base.get(key), over.get(key));
        (key.clone(), rule.map_or_else(|| scalar(low, high), |rule| rule.apply(low, high)))
    });
    merged.collect()
}

/// The keys of both, each once.
fn keys<'a>(low: &'a Dict, high: &'a Dict) -> impl Iterator<Item = &'a String> {
    let keys: BTreeSet<&String> = low.keys().chain(high.keys()).collect();
    keys.into_iter()
}

fn scalar(low: Option<&Py>, high: Option<&Py>) -> Py {
    high.or(low).cloned().unwrap_or(Py::None)
}

impl Rule {
    fn apply(self, low: Option<&Py>, high: Option<&Py>) -> Py {
        let both = || [low, high].into_iter().flatten().cloned();
        let dicts = |form: fn(Py) -> Dict| Py::Dict(both().flat_map(form).collect());
        let items = || both().flat_map(Py::into_items);
        match self {
            Self::Variables => dicts(variables),
            Self::Texts => dicts(texts),
            Self::Dict => dicts(Py::into_dict),
            Self::Dependencies => dicts(dependencies),
            Self::Hosts => dicts(hosts),
            Self::Links => by_key(items(), |link| {
                let text = link.text();
                text.split_once(':').map_or(text.clone(), |(_, alias)| alias.to_owned())
            }),
            Self::Files => by_key(items(), |file| match file.as_dict() {
                Some(long) => long.get("source").map(Py::text).unwrap_or_default(),
                None => file.text(),
            }),
            Self::Set => {
                let set: BTreeSet<String> = items().map(|item| item.text()).collect();
                Py::List(set.into_iter().map(Py::Str).collect())
            }
            Self::Mounts => by_key(items(), target),
            Self::Lists => Py::List(items().collect()),
            Self::Ports => merged_ports(items()),
            Self::Networks => Py::Dict(networks(low, high)),
            Self::Logging => logging(low, high),
            Self::Build => build(low, high),
            Self::Deploy => deploy(low, high),
        }
    }
}

/// The last item of each key, in the order of keys.
fn by_key(items: impl Iterator<Item = Py>, key: impl Fn(&Py) -> String) -> Py {
    let last: BTreeMap<String, Py> = items.map(|item| (key(&item), item)).collect();
    Py::List(last.into_values().collect())
}

/// The path in the container of a mount or device.
fn target(mount: &Py) -> String {
    if let Some(long) = mount.as_dict() {
        return long.get("target").map(Py::text).unwrap_or_default();
    }
    let text = mount.text();
    match text.split_once(':') {
        Some((_, rest)) => rest.rsplit_once(':').map_or(rest, |(target, _)| target).to_owned(),
        None => text,
    }
}

fn merged_ports(items: impl Iterator<Item = Py>) -> Py {
    let mut ports: Vec<Py> = Vec::new();
    for port in items.flat_map(|item| ports::parse(&item).unwrap_or_default()) {
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    ports.sort_by_key(|port| match port {
        Py::List(fields) => fields.first().map_or(0, |target| match target {
            Py::Int(number) => *number,
            _ => 0,
        }),
        _ => 0,
    });
    Py::List(ports)
}

/// `NAME=value` or a mapping; a name alone has no value.
pub(super) fn variables(value: Py) -> Dict {
    pairs(value, |text| match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Py::str(value)),
        None => (text.to_owned(), Py::None),
    })
}

/// `key=value` or a mapping; a key alone has an empty text.
pub(super) fn texts(value: Py) -> Dict {
    pairs(value, |text| {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        (key.to_owned(), Py::str(value))
    })
}

/// Names or a mapping; a name alone waits for the start.
pub(super) fn dependencies(value: Py) -> Dict {
    let started = || Dict::from([("condition".to_owned(), Py::str("service_started"))]);
    pairs(value, |name| (name.to_owned(), Py::Dict(started())))
}

fn hosts(value: Py) -> Dict {
    pairs(value, |text| {
        let (host, address) = text.split_once(':').unwrap_or((text, ""));
        (host.trim().to_owned(), Py::str(address.trim()))
    })
}

fn pairs(value: Py, split: impl Fn(&str) -> (String, Py)) -> Dict {
    match value {
        Py::Dict(dict) => dict,
        Py::List(items) => items.iter().map(|item| split(&item.text())).collect(),
        _ => Dict::new(),
    }
}

fn networks(low: Option<&Py>, high: Option<&Py>) -> Dict {
    let listed = |value: Option<&Py>| {
        pairs(value.cloned().unwrap_or(Py::None), |name| (name.to_owned(), Py::None))
    };
    let (low, high) = (listed(low), listed(high));
    let merged = keys(&low, &high).map(|name| {
        let (low, high) = parts(low.get(name), high.get(name));
        let body = by_table(&low, &high, |key| match key {
            "aliases" | "link_local_ips" => Some(Rule::Set),
            _ => None,
        });
        (name.clone(), Py::Dict(body))
    });
    merged.collect()
}

fn parts(low: Option<&Py>, high: Option<&Py>) -> (Dict, Dict) {
    let dict = |value: Option<&Py>| value.cloned().unwrap_or(Py::None).into_dict();
    (dict(low), dict(high))
}

fn logging(low: Option<&Py>, high: Option<&Py>) -> Py {
    let (low, high) = parts(low, high);
    let mut merged = Dict::new();
    let driver = high.get("driver").or(low.get("driver"));
    merged.extend(driver.map(|driver| ("driver".to_owned(), driver.clone())));
    let options = if low.get("driver").is_none_or(|base| Some(base) == driver) {
        let given = low.contains_key("options") || high.contains_key("options");
        given.then(|| Rule::Dict.apply(low.get("options"), high.get("options")))
    } else {
        high.get("options").filter(|options| !options.is_empty()).cloned()
    };
    merged.extend(options.map(|options| ("options".to_owned(), options)));
    Py::Dict(merged)
}

/// Both mappings by key, each key by its rule.
fn by_table(low: &Dict, high: &Dict, rule: impl Fn(&str) -> Option<Rule>) -> Dict {
    let merged = keys(low, high).map(|key| {
        let (low, high) = (low.get(key), high.get(key));
        let value = rule(key).map_or_else(|| scalar(low, high), |rule| rule.apply(low, high));
        (key.clone(), value)
    });
    merged.collect()
}

fn build(low: Option<&Py>, high: Option<&Py>) -> Py {
    let long = |value: Option<&Py>| match value {
        Some(Py::Str(context)) => Dict::from([("context".to_owned(), Py::str(context))]),
        Some(Py::Dict(build)) => build.clone(),
        _ => Dict::new(),
    };
    Py::Dict(by_table(&long(low), &long(high), |key| match key {
        "args" => Some(Rule::Variables),
        "cache_from" => Some(Rule::Set),
        "labels" => Some(Rule::Texts),
        "extra_hosts" => Some(Rule::Hosts),
        _ => None,
    }))
}

fn deploy(low: Option<&Py>, high: Option<&Py>) -> Py {
    let (low, high) = parts(low, high);
    let mut merged = by_table(&low, &high, |key| match key {
        "labels" => Some(Rule::Texts),
        "update_config" | "rollback_config" | "restart_policy" => Some(Rule::Dict),
        _ => None,
    });
    if merged.contains_key("resources") {
        let (low, high) = parts(low.get("resources"), high.get("resources"));
        let resources = by_table(&low, &high, |_| Some(Rule::Dict));
        merged.insert("resources".to_owned(), Py::Dict(resources));
    }
    Py::Dict(merged)
}
