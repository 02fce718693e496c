//! One service over another, as v1 merges files and `extends`.

use std::collections::{BTreeMap, BTreeSet};

use super::format::Format;
use super::value::{Dict, Py};
use super::{mounts, ports};
use crate::compose::ComposeError;
use crate::compose::hash::digest::sha256;

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
    /// Options of security, each once, sorted.
    Security,
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
    /// Limits of devices, by path.
    Blkio,
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
    ("security_opt", Rule::Security),
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
    ("blkio_config", Rule::Blkio),
    ("healthcheck", Rule::Dict),
    ("deploy", Rule::Deploy),
    ("build", Rule::Build),
];

/// Keys of a service, beside `x-…`, that v1 forgets when it merges.
const LOST: [&str; 2] = ["extends", "pull_policy"];

/// `high` on top of `low`; `x-…` keys are lost.
///
/// # Errors
/// A value of one of them cannot be taken apart.
pub(super) fn merge(format: Format, low: &Dict, high: &Dict) -> Result<Dict, ComposeError> {
    let mut merged = Dict::new();
    for key in keys(low, high).filter(|key| !LOST.contains(key) && !key.starts_with("x-")) {
        let rule = RULES.iter().find(|(name, _)| *name == key).map(|(_, rule)| *rule);
        let (low, high) = (low.get(key), high.get(key));
        let value = match rule {
            Some(rule) => rule.apply(low, high)?,
            None => scalar(low, high),
        };
        merged.insert(key.to_owned(), value);
    }
    if format == Format::Legacy {
        image_or_build(&mut merged, low, high);
    }
    Ok(merged)
}

/// The oldest format has one of both: what the later one says wins over what the earlier one says.
fn image_or_build(merged: &mut Dict, low: &Dict, high: &Dict) {
    for key in ["image", "build"] {
        merged.shift_remove(key);
    }
    let given = [(high, "image"), (high, "build"), (low, "image"), (low, "build")];
    let first = given.into_iter().find_map(|(service, key)| Some((key, service.get(key)?)));
    merged.extend(first.map(|(key, value)| (key.to_owned(), value.clone())));
}

/// The keys of both, each once.
fn keys<'a>(low: &'a Dict, high: &'a Dict) -> impl Iterator<Item = &'a str> {
    let added = high.keys().filter(|key| !low.contains_key(*key));
    low.keys().chain(added).map(String::as_str)
}

fn scalar(low: Option<&Py>, high: Option<&Py>) -> Py {
    high.or(low).cloned().unwrap_or(Py::None)
}

impl Rule {
    fn apply(self, low: Option<&Py>, high: Option<&Py>) -> Result<Py, ComposeError> {
        let both = || [low, high].into_iter().flatten().cloned();
        let items = || both().flat_map(Py::into_items);
        Ok(match self {
            Self::Variables => Py::Dict(all(both(), variables)?),
            Self::Texts => Py::Dict(both().flat_map(texts).collect()),
            Self::Dict => Py::Dict(both().flat_map(Py::into_dict).collect()),
            Self::Dependencies => Py::Dict(both().flat_map(dependencies).collect()),
            Self::Hosts => Py::Dict(all(both(), hosts)?),
            Self::Links => links(items()),
            Self::Files => by_key(items(), |file| match file.as_dict() {
                Some(long) => long.get("source").map(Py::text).unwrap_or_default(),
                None => file.text(),
            }),
            Self::Security => by_key(items().map(plain_option), Py::text),
            Self::Set => unique(items()),
            Self::Mounts => by_key(items(), target),
            Self::Lists => Py::List(items().collect()),
            Self::Ports => merged_ports(items())?,
            Self::Networks => Py::Dict(networks(low, high)?),
            Self::Logging => logging(low, high)?,
            Self::Blkio => blkio(low, high)?,
            Self::Build => build(low, high)?,
            Self::Deploy => deploy(low, high)?,
        })
    }
}

fn all(
    values: impl Iterator<Item = Py>,
    form: fn(Py) -> Result<Dict, ComposeError>,
) -> Result<Dict, ComposeError> {
    let dicts = values.map(form).collect::<Result<Vec<_>, _>>()?;
    Ok(dicts.into_iter().flatten().collect())
}

fn unique(items: impl Iterator<Item = Py>) -> Py {
    let set: BTreeSet<String> = items.map(|item| item.text()).collect();
    Py::List(set.into_iter().map(Py::Str).collect())
}

/// The last item of each key, in the order of keys.
fn by_key(items: impl Iterator<Item = Py>, key: impl Fn(&Py) -> String) -> Py {
    let last: BTreeMap<String, Py> = items.map(|item| (key(&item), item)).collect();
    Py::List(last.into_values().collect())
}

/// The last link of each alias, in the order of what is linked.
fn links(items: impl Iterator<Item = Py>) -> Py {
    let split = |link: &Py| {
        let text = link.text();
        let (target, alias) = text.split_once(':').unwrap_or((&text, ""));
        let alias = if alias.is_empty() { target } else { alias };
        (target.to_owned(), alias.to_owned())
    };
    let by_alias: BTreeMap<String, String> =
        items.map(|link| split(&link)).map(|(target, alias)| (alias, target)).collect();
    let mut pairs: Vec<(String, String)> =
        by_alias.into_iter().map(|(alias, target)| (target, alias)).collect();
    pairs.sort();
    let written = pairs.into_iter().map(|(target, alias)| {
        Py::Str(if target == alias { target } else { format!("{target}:{alias}") })
    });
    Py::List(written.collect())
}

/// An option as the file had it; one that was taken apart before is `[value, file]`.
fn plain_option(option: Py) -> Py {
    match option {
        Py::List(parts) => match &parts[..] {
            [_, Py::Str(file)] => Py::Str(format!("seccomp:{file}")),
            [value, ..] => value.clone(),
            [] => Py::None,
        },
        other => other,
    }
}

/// The path in the container of a mount or device.
fn target(mount: &Py) -> String {
    if let Some(long) = mount.as_dict() {
        return long.get("target").map(Py::text).unwrap_or_default();
    }
    let text = mount.text();
    match mounts::split(&text) {
        Some(parts) => parts.target.to_owned(),
        None => text,
    }
}

/// Ports, the last one of those that are equal but for their mode, by target.
fn merged_ports(items: impl Iterator<Item = Py>) -> Result<Py, ComposeError> {
    let fields = |port: &Py| match port {
        Py::List(fields) => fields.clone(),
        _ => Vec::new(),
    };
    // Target, published, protocol, mode, address.
    let key = |port: &Py| {
        let mut fields = fields(port);
        if fields.len() > 3 {
            fields.remove(3);
        }
        Py::List(fields).json()
    };
    let mut ports: indexmap::IndexMap<String, Py> = indexmap::IndexMap::new();
    for item in items {
        ports.extend(ports::parse(&item)?.into_iter().map(|port| (key(&port), port)));
    }
    let mut ports: Vec<Py> = ports.into_values().collect();
    ports.sort_by_key(|port| match fields(port).first() {
        Some(Py::Int(number)) => *number,
        _ => 0,
    });
    Ok(Py::List(ports))
}

/// `NAME=value` or a mapping; a name alone has no value.
///
/// # Errors
/// A name with space in it.
pub(super) fn variables(value: Py) -> Result<Dict, ComposeError> {
    let is_list = matches!(value, Py::List(_));
    let variables = pairs(value, |text| match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Py::str(value)),
        None => (text.to_owned(), Py::None),
    });
    match variables.keys().find(|name| is_list && name.contains(char::is_whitespace)) {
        Some(name) => {
            let message = format!("a variable cannot have space in its name: `{name}`");
            Err(ComposeError::new(message))
        }
        None => Ok(variables),
    }
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

fn hosts(value: Py) -> Result<Dict, ComposeError> {
    if let Py::List(items) = &value
        && let Some(host) = items.iter().map(Py::text).find(|host| !host.contains(':'))
    {
        let message = format!("Compose 1.29 cannot merge the host `{host}`, which has no `:`");
        return Err(ComposeError::new(message));
    }
    Ok(pairs(value, |text| {
        let (host, address) = text.split_once(':').unwrap_or((text, ""));
        (host.trim().to_owned(), Py::str(address.trim()))
    }))
}

fn pairs(value: Py, split: impl Fn(&str) -> (String, Py)) -> Dict {
    match value {
        Py::Dict(dict) => dict,
        Py::List(items) => items.iter().map(|item| split(&item.text())).collect(),
        _ => Dict::new(),
    }
}

/// Some keys of both mappings, each by its rule, or the later one's value.
fn by_table(low: &Dict, high: &Dict, table: &[(&str, Option<Rule>)]) -> Result<Dict, ComposeError> {
    let mut merged = Dict::new();
    for (key, rule) in table {
        let (low, high) = (low.get(*key), high.get(*key));
        if low.is_none() && high.is_none() {
            continue;
        }
        let value = match rule {
            Some(rule) => rule.apply(low, high)?,
            None => scalar(low, high),
        };
        merged.insert((*key).to_owned(), value);
    }
    Ok(merged)
}

fn parts(low: Option<&Py>, high: Option<&Py>) -> (Dict, Dict) {
    let dict = |value: Option<&Py>| value.cloned().unwrap_or(Py::None).into_dict();
    (dict(low), dict(high))
}

fn networks(low: Option<&Py>, high: Option<&Py>) -> Result<Dict, ComposeError> {
    const TABLE: [(&str, Option<Rule>); 5] = [
        ("aliases", Some(Rule::Set)),
        ("link_local_ips", Some(Rule::Set)),
        ("priority", None),
        ("ipv4_address", None),
        ("ipv6_address", None),
    ];
    let named = |value: Option<&Py>| {
        pairs(value.cloned().unwrap_or(Py::None), |name| (name.to_owned(), Py::None))
    };
    let (low, high) = (named(low), named(high));
    let merged = keys(&low, &high).map(|name| {
        let (low, high) = parts(low.get(name), high.get(name));
        Ok((name.to_owned(), Py::Dict(by_table(&low, &high, &TABLE)?)))
    });
    merged.collect()
}

fn logging(low: Option<&Py>, high: Option<&Py>) -> Result<Py, ComposeError> {
    let (low, high) = parts(low, high);
    let mut merged = by_table(&low, &high, &[("driver", None)])?;
    let base = low.get("driver").filter(|driver| **driver != Py::None);
    let (of_low, of_high) = (low.get("options"), high.get("options"));
    if base.is_none_or(|base| merged.get("driver") == Some(base)) {
        if of_low.is_some() || of_high.is_some() {
            merged.insert("options".to_owned(), Rule::Dict.apply(of_low, of_high)?);
        }
    } else if let Some(options) = of_high.filter(|options| !options.is_empty()) {
        merged.insert("options".to_owned(), options.clone());
    }
    Ok(Py::Dict(merged))
}

fn blkio(low: Option<&Py>, high: Option<&Py>) -> Result<Py, ComposeError> {
    const LIMITS: [&str; 5] = [
        "device_read_bps",
        "device_read_iops",
        "device_write_bps",
        "device_write_iops",
        "weight_device",
    ];
    let (low, high) = parts(low, high);
    let mut merged = by_table(&low, &high, &[("weight", None)])?;
    for key in LIMITS {
        let given: Vec<Py> = [low.get(key), high.get(key)].into_iter().flatten().cloned().collect();
        if !given.is_empty() {
            let path = |limit: &Py| {
                limit
                    .as_dict()
                    .and_then(|limit| limit.get("path"))
                    .map(Py::text)
                    .unwrap_or_default()
            };
            let limits = by_key(given.into_iter().flat_map(Py::into_items), path);
            merged.insert(key.to_owned(), limits);
        }
    }
    Ok(Py::Dict(merged))
}

fn build(low: Option<&Py>, high: Option<&Py>) -> Result<Py, ComposeError> {
    const TABLE: [(&str, Option<Rule>); 10] = [
        ("context", None),
        ("dockerfile", None),
        ("network", None),
        ("target", None),
        ("shm_size", None),
        ("isolation", None),
        ("args", Some(Rule::Variables)),
        ("cache_from", Some(Rule::Set)),
        ("labels", Some(Rule::Texts)),
        ("extra_hosts", Some(Rule::Hosts)),
    ];
    let long = |value: Option<&Py>| match value {
        Some(Py::Str(context)) => Dict::from([("context".to_owned(), Py::str(context))]),
        Some(Py::Dict(build)) => build.clone(),
        _ => Dict::new(),
    };
    Ok(Py::Dict(by_table(&long(low), &long(high), &TABLE)?))
}

/// What v1 reads of `deploy`; the rest has no effect.
fn deploy(low: Option<&Py>, high: Option<&Py>) -> Result<Py, ComposeError> {
    const TABLE: [(&str, Option<Rule>); 3] =
        [("mode", None), ("replicas", None), ("restart_policy", Some(Rule::Dict))];
    let (low, high) = parts(low, high);
    let mut merged = by_table(&low, &high, &TABLE)?;
    if low.contains_key("resources") || high.contains_key("resources") {
        let (low, high) = parts(low.get("resources"), high.get("resources"));
        let mut resources = by_table(&low, &high, &[("limits", Some(Rule::Dict))])?;
        if low.contains_key("reservations") || high.contains_key("reservations") {
            let least = reservations(low.get("reservations"), high.get("reservations"))?;
            resources.insert("reservations".to_owned(), least);
        }
        merged.insert("resources".to_owned(), Py::Dict(resources));
    }
    if low.contains_key("placement") || high.contains_key("placement") {
        let (low, high) = parts(low.get("placement"), high.get("placement"));
        let placement = by_table(&low, &high, &[("max_replicas_per_node", None)])?;
        merged.insert("placement".to_owned(), Py::Dict(placement));
    }
    Ok(Py::Dict(merged))
}

/// Devices of both, each once, in the order of their hashes.
fn reservations(low: Option<&Py>, high: Option<&Py>) -> Result<Py, ComposeError> {
    let (low, high) = parts(low, high);
    let mut merged = by_table(&low, &high, &[("cpus", None), ("memory", None)])?;
    let given = [low.get("devices"), high.get("devices")];
    if given.iter().any(Option::is_some) {
        let items = given.into_iter().flatten().cloned().flat_map(Py::into_items);
        merged.insert("devices".to_owned(), by_key(items, |device| sha256(&device.json())));
    }
    Ok(Py::Dict(merged))
}
