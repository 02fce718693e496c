//! Single keys where Compose has a way of its own.

use std::fs;
use std::process::Command;

use crate::support::command::composeup;
use crate::support::compose::Compose;

/// What Compose and composeup print about a file, each nothing if it fails.
fn printed(text: &str, words: &[&str]) -> [Option<String>; 2] {
    both(text, Compose::V2_40, [words, words])
}

/// The same with a release of Compose and words for each of the two.
fn both(text: &str, compose: Compose, words: [&[&str]; 2]) -> [Option<String>; 2] {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("compose.yaml"), text).unwrap();
    let print = |mut command: Command, words: &[&str]| {
        let output = command.current_dir(folder.path()).arg("config").args(words).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| text.trim_end().to_owned())
    };
    [print(compose.command(folder.path()), words[0]), print(composeup(), words[1])]
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
    same_json("services: {a: {image: a}}\nx-a: {b: [], c: [[], {}]}\n");
    same_json("services: {a: {image: a, scale: 3, deploy: {mode: replicated}}}\n");
    same_json(
        "services: {a: {image: a, volumes: ['v:/v']}}\n\
               volumes: {v: {driver: local, driver_opts: {o: bind, device: ''}}}\n",
    );
    same_json("services: {a: {image: a}}\nvolumes: {unused: {}}\nnetworks: {unused: {}}\n");
}

/// Every sign that YAML gives a meaning, every order of keys.
const SCALARS: &str = r#"
services:
  a:
    image: a
    command: [plain text, '8080:80', '22:22', 'yes', '1.10', '2001-01-01', '<<', 'a: b', 'a #b', a#b,
      '- a', -a, "*it's*", '--- a', ' a', "a\tb", "\U0001F600", "é\u00a0", "a \nb", "\e\"\\",
      "two\nlines\n", "a\n\nb", " c\nd\n\n", '', '~', '$$HOME', "\r", 'a:', ':a', '?', '...']
    labels: {_J: v, A: v, A_B: v, A1: v, A2: v, A10: v, A10a: v, AB: v, HTTP_P: v, HTTPS_P: v,
      LOG_X: v, LOG1_X: v, LOGA: v, a: v, a-b: v, a.b: v, a_b: v, a1: v, a01: v, ab: v, é: v}
    x-b: {c: 1, d: 1.0, e: 1e30, f: [], g: {}, h: [[1], [{i: 2}]]}
    ulimits: {core: 0}
x-c: {d: [], e: [{}], f: 1e6, g: 1000000}
"#;

#[test]
fn both_print_the_same_yaml() {
    for text in [
        "services: {a: {image: a, x-b: {c: 1}, command: [], ulimits: {core: 0}}}\n",
        "services: {a: {build: {context: ., ssh: [default=key]}}}\n",
        SCALARS,
    ] {
        let [theirs, ours] = printed(text, &[]);
        assert!(theirs.is_some(), "Compose refuses {text}");
        assert_eq!(ours, theirs);
    }
}

#[test]
fn both_hash_the_same() {
    for text in [
        // Nobody reads the file for this.
        "services: {a: {image: a, env_file: nowhere.env}}\n",
        "services: {a: {image: a, container_name: xy}, b: {image: b, container_name: xy}}\n",
        // Documents are merged before hosts are understood.
        "services: {a: {image: a, extra_hosts: ['h:1.1.1.1']}}\n---\n\
         services: {a: {extra_hosts: ['h:1.1.1.1']}}\n",
        "services: {a: {image: a, group_add: [1]}}\n---\nservices: {a: {group_add: ['1']}}\n",
        // A reset behind an alias is lost.
        "services: {a: {image: a, cap_add: [A]}}\n---\nx-a: &a {cap_add: !reset []}\n\
         services: {a: *a}\n",
        "services: {a: {image: a, cpu_shares: 1.9, healthcheck: {test: x, retries: 2.5}}}\n",
    ] {
        for (compose, generation) in [(Compose::V2_40, "2.40"), (Compose::V2_26, "2.26.1-4")] {
            let [theirs, ours] = both(
                text,
                compose,
                [&["--hash", "*"], &["--hash", "*", "--generation", generation]],
            );
            assert!(theirs.is_some(), "{compose:?} refuses {text}");
            assert_eq!(ours, theirs, "{compose:?} {text}");
        }
    }
}

#[test]
fn an_older_compose_refuses_what_came_later_and_takes_what_was_fine_then() {
    let hash = |text: &str| {
        both(text, Compose::V2_26, [&["--hash", "*"], &["--hash", "*", "--generation", "2.26.1-4"]])
    };
    for service in ["models: [m]", "use_api_socket: true", "pull_policy: daily"] {
        let text =
            format!("services: {{a: {{image: a, {service}}}}}\nmodels: {{m: {{model: x}}}}\n");
        assert_eq!(hash(&text), [None, None], "{service}");
    }
    for service in [
        "scale: -1",
        "environment: ['A =1']",
        "ports: [{target: 1, host_ip: x}]",
        "volumes: ['vol:/a'], tmpfs: /a",
    ] {
        let text = format!("services: {{a: {{image: a, {service}}}}}\nvolumes: {{vol: }}\n");
        let [theirs, ours] = hash(&text);
        assert!(theirs.is_some(), "Compose refuses {text}");
        assert_eq!(ours, theirs, "{text}");
        assert_eq!(printed(&text, &[]), [None, None], "{text}");
    }
    for environment in ["D: 2001-01-02", "D: 2001-1-2 3:04:05.50", "D: 2001-01-02T03:04:05-05:30"] {
        let text = format!("services: {{a: {{image: a, environment: {{{environment}}}}}}}\n");
        let [theirs, ours] = hash(&text);
        assert!(theirs.is_some(), "Compose refuses {text}");
        assert_eq!(ours, theirs, "{text}");
        assert_eq!(printed(&text, &[]), [None, None], "{text}");
    }
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
        "secrets: [s]",
        "networks: [x-n]",
        "develop: {watch: [{path: ., action: sync}]}",
        "platform: linux/arm64, build: {context: ., platforms: [linux/amd64]}",
        "build: {context: ., secrets: [s]}",
        "depends_on: {b: {required: true}}",
        "gpus: some",
        "deploy: {resources: {limits: {memory: 1}}}",
        "volumes: [{type: tmpfs, target: /a, tmpfs: {size: -1}}]",
        "security_opt: [a, a]",
    ] {
        let text = format!("services: {{a: {{image: a, {service}}}}}\n");
        assert_eq!(printed(&text, &[]), [None, None], "{service}");
    }
}
