//! Why a container changes: what runs against what will run, in words. Names only, never values,
//! since values are secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::steps::Cause;
use crate::engine::api::{Image, Inspection};
use crate::engine::spec::AFFINITY;
use crate::text;

/// What a new container will be.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Body of its create call.
    pub body: &'a Value,
    /// Its image, if the engine has it.
    pub image: Option<&'a Image>,
}

/// The causes of replacing `old` (created from `old_image`, if that is still there) by `new`, most
/// important first; empty if no difference can be named.
#[must_use]
pub fn causes(old: &Inspection, old_image: Option<&Image>, new: Wanted) -> Vec<Cause> {
    let mut causes: Vec<Cause> = image_cause(old, new).into_iter().collect();
    causes.extend(beside_the_image(old, old_image, new));
    causes
}

/// Settings that the engine shows as they were asked for: what they are called, and where they
/// stand in what the engine shows and in what is asked for.
const SETTINGS: [(&str, &str, &str); 13] = [
    ("command", "/Config/Cmd", "/Cmd"),
    ("entrypoint", "/Config/Entrypoint", "/Entrypoint"),
    ("healthcheck", "/Config/Healthcheck", "/Healthcheck"),
    ("user", "/Config/User", "/User"),
    ("working directory", "/Config/WorkingDir", "/WorkingDir"),
    ("stop signal", "/Config/StopSignal", "/StopSignal"),
    ("stop grace period", "/Config/StopTimeout", "/StopTimeout"),
    ("logging", "/HostConfig/LogConfig/Config", "/HostConfig/LogConfig/Config"),
    ("restart policy", "/HostConfig/RestartPolicy/Name", "/HostConfig/RestartPolicy/Name"),
    ("ports", "/HostConfig/PortBindings", "/HostConfig/PortBindings"),
    ("memory limit", "/HostConfig/Memory", "/HostConfig/Memory"),
    ("CPU limit", "/HostConfig/NanoCpus", "/HostConfig/NanoCpus"),
    ("init", "/HostConfig/Init", "/HostConfig/Init"),
];

/// The causes that would be there with the same image, too.
#[must_use]
pub fn beside_the_image(old: &Inspection, old_image: Option<&Image>, new: Wanted) -> Vec<Cause> {
    let mut causes = Vec::new();
    causes.extend(named("environment", &environment_names(old, old_image, new)));
    causes.extend(named("labels", &label_names(old, old_image, new)));
    causes.extend(named("mounts", &new_mounts(old, new)));
    for (what, in_old, in_new) in SETTINGS {
        // What the file leaves open comes from the image and is no change of the file.
        let wanted = new.body.pointer(in_new).filter(|value| !is_empty(value));
        if wanted.is_some_and(|wanted| !same(old.0.pointer(in_old), wanted)) {
            causes.push(Cause(format!("{what} changed")));
        }
    }
    let (before, after) = (extra_hosts(&old.0), extra_hosts(new.body));
    if !after.is_empty() && after != before {
        causes.push(Cause("extra hosts changed".to_owned()));
    }
    causes
}

/// Compose 2.26 writes them in random order.
fn extra_hosts(container: &Value) -> BTreeSet<&str> {
    let list = container.pointer("/HostConfig/ExtraHosts").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Places where something else is mounted than before. What is no longer mounted is not told from
/// what the image brought along.
fn new_mounts(old: &Inspection, new: Wanted) -> BTreeSet<String> {
    let text = |value: &Value, key: &str| text_of(value.get(key));
    let before: BTreeSet<(String, String)> = old
        .mounts()
        .iter()
        .flat_map(|mount| {
            let target = text(mount, "Destination");
            [(text(mount, "Name"), target.clone()), (text(mount, "Source"), target)]
        })
        .collect();
    let list = |pointer: &str| new.body.pointer(pointer).and_then(Value::as_array).into_iter();
    let binds = list("/HostConfig/Binds").flatten().filter_map(|bind| {
        let mut parts = bind.as_str()?.split(':');
        Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
    });
    let mounts = list("/HostConfig/Mounts")
        .flatten()
        .map(|mount| (text(mount, "Source"), text(mount, "Target")))
        .filter(|(source, _)| !source.is_empty());
    let after = binds.chain(mounts);
    after.filter(|pair| !before.contains(pair)).map(|(_, target)| target).collect()
}

fn image_cause(old: &Inspection, new: Wanted) -> Option<Cause> {
    let (from, to) = (old.image(), text_of(new.body.get("Image")));
    if from != to {
        return Some(Cause(format!("image changed ({from} → {to})")));
    }
    let id = new.image.map(Image::id).filter(|id| *id != old.image_id())?;
    let (before, after) = (old.image_id(), id);
    let (before, after) = (text::short_id(&before), text::short_id(&after));
    Some(Cause(format!("image digest changed ({before} → {after})")))
}

fn named(what: &str, names: &BTreeSet<String>) -> Option<Cause> {
    let list: Vec<&str> = names.iter().map(String::as_str).collect();
    (!list.is_empty()).then(|| Cause(format!("{what} changed: {}", list.join(", "))))
}

fn environment_names(old: &Inspection, old_image: Option<&Image>, new: Wanted) -> BTreeSet<String> {
    let inherited = variables(old_image.and_then(|image| image.0.pointer("/Config/Env")));
    let before = variables(old.0.pointer("/Config/Env"));
    different(&inherited, &before, &variables(new.body.get("Env")))
}

fn variables(list: Option<&Value>) -> BTreeMap<String, Value> {
    let entries = list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    entries
        .filter(|entry| !entry.starts_with(AFFINITY))
        .map(|entry| match entry.split_once('=') {
            Some((name, value)) => (name.to_owned(), Value::from(value)),
            None => (entry.to_owned(), Value::Null),
        })
        .collect()
}

fn label_names(old: &Inspection, old_image: Option<&Image>, new: Wanted) -> BTreeSet<String> {
    let own = |labels: Option<&Value>| -> BTreeMap<String, Value> {
        let labels = labels.and_then(Value::as_object).into_iter().flatten();
        labels
            .filter(|(key, _)| {
                !key.starts_with("com.docker.compose.") && !key.starts_with("composeup.")
            })
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    let inherited = own(old_image.and_then(|image| image.0.pointer("/Config/Labels")));
    different(&inherited, &own(old.0.pointer("/Config/Labels")), &own(new.body.get("Labels")))
}

/// Names whose value is not the same before and after; what was inherited from the image unchanged
/// does not count as set.
fn different(
    inherited: &BTreeMap<String, Value>,
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
) -> BTreeSet<String> {
    let set = before.iter().filter(|(name, value)| inherited.get(*name) != Some(value));
    let gone = set.filter(|(name, _)| !after.contains_key(*name)).map(|(name, _)| name);
    let new = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    gone.chain(new.map(|(name, _)| name)).cloned().collect()
}

fn same(before: Option<&Value>, after: &Value) -> bool {
    match (before, after) {
        (Some(Value::Object(before)), Value::Object(after)) => after
            .iter()
            .filter(|(_, value)| !is_empty(value))
            .all(|(key, value)| same(before.get(key), value)),
        (before, after) => before == Some(after),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(true) => false,
    }
}

fn text_of(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn old(env: &[&str]) -> Inspection {
        Inspection(json!({
            "Image": "sha256:aaaaaaaaaaaaaaaa",
            "Config": {
                "Image": "app:1", "Env": env, "Cmd": ["serve"],
                "Labels": {"com.docker.compose.version": "2.40.3", "team": "shop"},
            },
            "HostConfig": {"RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}},
        }))
    }

    fn words(old: &Inspection, body: &Value) -> Vec<String> {
        let image = Image(json!({"Config": {"Env": ["PATH=/bin"]}}));
        let new = Wanted { body, image: None };
        causes(old, Some(&image), new).into_iter().map(|cause| cause.0).collect()
    }

    #[test]
    fn another_tag_is_named() {
        let body = json!({"Image": "app:2", "Env": ["A=1"], "Labels": {"team": "shop"}});
        assert_eq!(words(&old(&["A=1", "PATH=/bin"]), &body), ["image changed (app:1 → app:2)"]);
    }

    #[test]
    fn changed_new_and_removed_variables_are_named_without_their_values() {
        let body =
            json!({"Image": "app:1", "Env": ["A=2", "C=secret"], "Labels": {"team": "shop"}});
        assert_eq!(
            words(&old(&["A=1", "B=1", "PATH=/bin"]), &body),
            ["environment changed: A, B, C"]
        );
    }

    #[test]
    fn the_same_tag_with_another_digest_is_named() {
        let body = json!({"Image": "app:1", "Labels": {"team": "shop"}});
        let image = Image(json!({"Id": "sha256:bbbbbbbbbbbbbbbb"}));
        let new = Wanted { body: &body, image: Some(&image) };
        let causes = causes(&old(&[]), None, new);
        assert_eq!(causes[0].0, "image digest changed (aaaaaaaaaaaa → bbbbbbbbbbbb)");
    }

    #[test]
    fn what_the_file_leaves_open_is_no_change() {
        let body = json!({
            "Image": "app:1", "Cmd": null, "Labels": {"team": "shop"},
            "HostConfig": {"RestartPolicy": {"Name": "always"}},
        });
        assert_eq!(words(&old(&[]), &body), Vec::<String>::new());
        let other = json!({"Image": "app:1", "Cmd": ["work"], "Labels": {"team": "ops"}});
        assert_eq!(words(&old(&[]), &other), ["labels changed: team", "command changed"]);
    }

    #[test]
    fn extra_hosts_in_another_order_are_no_change() {
        let mut old = old(&[]);
        old.0["HostConfig"]["ExtraHosts"] = json!(["a:10.0.0.1", "b:10.0.0.2"]);
        let body = |hosts: [&str; 2]| json!({"Image": "app:1", "Labels": {"team": "shop"}, "HostConfig": {"ExtraHosts": hosts}});
        assert_eq!(words(&old, &body(["b:10.0.0.2", "a:10.0.0.1"])), Vec::<String>::new());
        let other = body(["a:10.0.0.1", "b:10.0.0.3"]);
        assert_eq!(words(&old, &other), ["extra hosts changed"]);
    }

    #[test]
    fn what_is_mounted_from_elsewhere_is_named_and_what_is_inherited_is_not() {
        let mut old = old(&[]);
        old.0["Mounts"] = json!([
            {"Type": "bind", "Source": "/srv/www", "Destination": "/www"},
            {"Type": "volume", "Name": "0123abcd", "Source": "/docker/0123abcd", "Destination": "/data"},
        ]);
        let body = |bind: &str| {
            let inherited = json!([{"Type": "volume", "Source": "0123abcd", "Target": "/data"}]);
            let host = json!({"Binds": [bind], "Mounts": inherited, "Memory": 0});
            json!({"Image": "app:1", "Labels": {"team": "shop"}, "HostConfig": host})
        };
        assert_eq!(words(&old, &body("/srv/www:/www:ro")), Vec::<String>::new());
        assert_eq!(words(&old, &body("/srv/web:/www:ro")), ["mounts changed: /www"]);
    }
}
