//! Single keys where Compose has a way of its own.

use std::fs;

use crate::support::command::composeup;
use crate::support::compose::Compose;

/// What Compose and composeup print about a file, each nothing if it fails.
fn printed(text: &str, words: &[&str]) -> [Option<String>; 2] {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("compose.yaml"), text).unwrap();
    [Compose::V2_40.command(folder.path()), composeup()].map(|mut command| {
        let output = command.current_dir(folder.path()).arg("config").args(words).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| text.trim_end().to_owned())
    })
}

fn same_json(text: &str) {
    let [theirs, ours] = printed(text, &["--format", "json"]);
    assert!(theirs.is_some(), "Compose refuses {text}");
    assert_eq!(ours, theirs, "{text}");
}

#[test]
fn both_print_the_same_json() {
    same_json("services: {a: {image: a, models: [m]}}\nmodels: {m: {model: x}}\n");
    same_json("services: {a: {image: a}}\nnetworks: {default: {ipam: {options: {a: b}}}}\n");
    same_json("services: {a: {image: a}}\nx-a: {day: 2001-01-01, time: 2001-01-01 10:00:00}\n");
    same_json("services: {a: {image: '${A:-<&>}', pull_policy: every_1w2d}}\nx-a: [1.0, 1e30]\n");
    same_json("services: {a: {image: a}}\nvolumes: {unused: {}}\nnetworks: {unused: {}}\n");
}

#[test]
fn both_print_the_same_yaml() {
    let text = "services: {a: {image: a, x-b: {c: 1}, command: [], ulimits: {core: 0}}}\n";
    let values = printed(text, &[]).map(|text| {
        let value: serde_json::Value = serde_yaml::from_str(&text.unwrap()).unwrap();
        value.to_string()
    });
    assert_eq!(values[0], values[1]);
}

#[test]
fn both_refuse() {
    for service in [
        "cpu_percent: 33.5",
        "pull_policy: every_x",
        "logging: {options: {a: true}}",
        "networks: {default: {driver_opts: {a: true}}}",
        "deploy: {resources: {reservations: {devices: [{driver: x}]}}}",
        "build: {context: ., additional_contexts: {x: 'service:nope'}}",
        "volume_driver: x",
        "log_opt: {a: b}",
        "net: host",
    ] {
        let text = format!("services: {{a: {{image: a, {service}}}}}\n");
        assert_eq!(printed(&text, &[]), [None, None], "{service}");
    }
}
