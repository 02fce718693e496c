//! The keys v1 knows and what each can be, for both formats of its files: the one with sections,
//! and the oldest one, in which every key of the file is a service.

use super::schema::{Keys, Others, Record, Shape};

use Others::Extensions;
use Shape::{Any, Bool, Either, Int, List, Map, Null, Number, Set, Text};

/// A record that may have keys beginning with `x-`.
const fn open(fields: &'static [(&'static str, &'static Shape)]) -> Shape {
    Shape::Record(Record { fields, required: &[], others: Extensions })
}

/// A record with no other keys.
const fn closed(fields: &'static [(&'static str, &'static Shape)]) -> Shape {
    Shape::Record(Record { fields, required: &[], others: Others::None })
}

/// A record with no other keys, of which some must be there.
const fn needing(
    required: &'static [&'static str],
    others: Others,
    fields: &'static [(&'static str, &'static Shape)],
) -> Shape {
    Shape::Record(Record { fields, required, others })
}

const TEXTS: Shape = List(&Text);
const UNIQUE: Shape = Set(&Text);
const TEXT_OR_LIST: Shape = Either(&[&Text, &UNIQUE]);
const COMMAND: Shape = Either(&[&Text, &TEXTS]);
const SCALAR: Shape = Either(&[&Text, &Number, &Null]);
const PAIRS: Shape = Either(&[&Map(Keys::All, &SCALAR), &UNIQUE]);
const TEXT_OR_NUMBER: Shape = Either(&[&Text, &Number]);
const TEXT_OR_INT: Shape = Either(&[&Text, &Int]);
const TEXT_OR_NULL: Shape = Either(&[&Text, &Null]);
const OPTIONS: Shape = Map(Keys::All, &TEXT_OR_NUMBER);

/// A file with sections.
pub(super) const FILE: Shape = open(&[
    ("version", &Text),
    ("services", &Map(Keys::Names, &SERVICE)),
    ("networks", &Map(Keys::NamesOnly, &NETWORK)),
    ("volumes", &Map(Keys::Names, &VOLUME)),
    ("secrets", &Map(Keys::Names, &SECRET)),
    ("configs", &Map(Keys::Names, &CONFIG)),
]);

const SERVICE: Shape = open(&[
    ("deploy", &Either(&[&DEPLOY, &Null])),
    ("build", &Either(&[&Text, &BUILD])),
    ("blkio_config", &BLKIO),
    ("cap_add", &UNIQUE),
    ("cap_drop", &UNIQUE),
    ("cgroup_parent", &Text),
    ("command", &COMMAND),
    ("configs", &List(&Either(&[&Text, &FILE_REFERENCE]))),
    ("container_name", &Text),
    ("cpu_count", &Shape::Between(0, i128::MAX)),
    ("cpu_percent", &Shape::Between(0, 100)),
    ("cpu_shares", &TEXT_OR_NUMBER),
    ("cpu_quota", &TEXT_OR_NUMBER),
    ("cpu_period", &TEXT_OR_NUMBER),
    ("cpu_rt_period", &TEXT_OR_NUMBER),
    ("cpu_rt_runtime", &TEXT_OR_NUMBER),
    ("cpus", &TEXT_OR_NUMBER),
    ("cpuset", &Text),
    ("credential_spec", &open(&[("config", &Text), ("file", &Text), ("registry", &Text)])),
    ("depends_on", &Either(&[&UNIQUE, &Map(Keys::Names, &DEPENDENCY)])),
    ("device_cgroup_rules", &UNIQUE),
    ("devices", &UNIQUE),
    ("dns", &TEXT_OR_LIST),
    ("dns_opt", &UNIQUE),
    ("dns_search", &TEXT_OR_LIST),
    ("domainname", &Text),
    ("entrypoint", &COMMAND),
    ("env_file", &TEXT_OR_LIST),
    ("environment", &PAIRS),
    ("expose", &Set(&Shape::Expose)),
    ("extends", &EXTENDS),
    ("external_links", &UNIQUE),
    ("extra_hosts", &PAIRS),
    ("group_add", &Set(&TEXT_OR_NUMBER)),
    ("healthcheck", &HEALTHCHECK),
    ("hostname", &Text),
    ("image", &Text),
    ("init", &Bool),
    ("ipc", &Text),
    ("isolation", &Text),
    ("labels", &PAIRS),
    ("links", &UNIQUE),
    ("logging", &open(&[("driver", &Text), ("options", &Map(Keys::All, &SCALAR))])),
    ("mac_address", &Text),
    ("mem_limit", &TEXT_OR_NUMBER),
    ("mem_reservation", &TEXT_OR_INT),
    ("mem_swappiness", &Int),
    ("memswap_limit", &TEXT_OR_NUMBER),
    ("network_mode", &Text),
    ("networks", &Either(&[&UNIQUE, &Map(Keys::Names, &Either(&[&ENDPOINT, &Null]))])),
    ("oom_kill_disable", &Bool),
    ("oom_score_adj", &Shape::Between(-1000, 1000)),
    ("pid", &TEXT_OR_NULL),
    ("pids_limit", &TEXT_OR_NUMBER),
    ("platform", &Text),
    ("ports", &Set(&Either(&[&Shape::Port, &PORT]))),
    ("privileged", &Bool),
    ("profiles", &UNIQUE),
    ("pull_policy", &Shape::Choice(&["always", "never", "if_not_present", "build"])),
    ("read_only", &Bool),
    ("restart", &Text),
    ("runtime", &Text),
    ("scale", &Int),
    ("security_opt", &UNIQUE),
    ("shm_size", &TEXT_OR_NUMBER),
    ("secrets", &List(&Either(&[&Text, &FILE_REFERENCE]))),
    ("sysctls", &PAIRS),
    ("stdin_open", &Bool),
    ("stop_grace_period", &Text),
    ("stop_signal", &Text),
    ("storage_opt", &Map(Keys::SmallOnly, &Any)),
    ("tmpfs", &TEXT_OR_LIST),
    ("tty", &Bool),
    ("ulimits", &Map(Keys::SmallOnly, &Either(&[&Int, &LIMITS]))),
    ("user", &Text),
    ("userns_mode", &Text),
    ("volumes", &Set(&Either(&[&Text, &MOUNT]))),
    ("volumes_from", &UNIQUE),
    ("working_dir", &Text),
]);

const BUILD: Shape = open(&[
    ("context", &Text),
    ("dockerfile", &Text),
    ("args", &PAIRS),
    ("labels", &PAIRS),
    ("cache_from", &TEXTS),
    ("network", &Text),
    ("target", &Text),
    ("shm_size", &TEXT_OR_INT),
    ("extra_hosts", &PAIRS),
    ("isolation", &Text),
]);

const BLKIO: Shape = closed(&[
    ("device_read_bps", &List(&BLKIO_LIMIT)),
    ("device_read_iops", &List(&BLKIO_LIMIT)),
    ("device_write_bps", &List(&BLKIO_LIMIT)),
    ("device_write_iops", &List(&BLKIO_LIMIT)),
    ("weight", &Int),
    ("weight_device", &List(&closed(&[("path", &Text), ("weight", &Int)]))),
]);
const BLKIO_LIMIT: Shape = closed(&[("path", &Text), ("rate", &TEXT_OR_INT)]);

const FILE_REFERENCE: Shape = open(&[
    ("source", &Text),
    ("target", &Text),
    ("uid", &Text),
    ("gid", &Text),
    ("mode", &Number),
]);

const DEPENDENCY: Shape = needing(
    &["condition"],
    Others::None,
    &[(
        "condition",
        &Shape::Choice(&["service_started", "service_healthy", "service_completed_successfully"]),
    )],
);

const EXTENDS: Shape =
    Either(&[&Text, &needing(&["service"], Others::None, &[("service", &Text), ("file", &Text)])]);

const HEALTHCHECK: Shape = open(&[
    ("disable", &Bool),
    ("interval", &Text),
    ("retries", &Number),
    ("test", &COMMAND),
    ("timeout", &Text),
    ("start_period", &Text),
]);

const ENDPOINT: Shape = open(&[
    ("aliases", &UNIQUE),
    ("ipv4_address", &Text),
    ("ipv6_address", &Text),
    ("link_local_ips", &UNIQUE),
    ("priority", &Number),
]);

const PORT: Shape =
    open(&[("mode", &Text), ("target", &Int), ("published", &Int), ("protocol", &Text)]);

const LIMITS: Shape = needing(&["soft", "hard"], Extensions, &[("hard", &Int), ("soft", &Int)]);

const MOUNT: Shape = needing(
    &["type"],
    Extensions,
    &[
        ("type", &Text),
        ("source", &Text),
        ("target", &Text),
        ("read_only", &Bool),
        ("consistency", &Text),
        ("bind", &open(&[("propagation", &Text)])),
        ("volume", &open(&[("nocopy", &Bool)])),
        ("tmpfs", &open(&[("size", &Shape::Between(0, i128::MAX))])),
    ],
);

const DEPLOY: Shape = open(&[
    ("mode", &Text),
    ("endpoint_mode", &Text),
    ("replicas", &Int),
    ("labels", &PAIRS),
    ("rollback_config", &UPDATE),
    ("update_config", &UPDATE),
    ("resources", &open(&[("limits", &AMOUNTS), ("reservations", &RESERVATIONS)])),
    (
        "restart_policy",
        &open(&[("condition", &Text), ("delay", &Text), ("max_attempts", &Int), ("window", &Text)]),
    ),
    (
        "placement",
        &open(&[
            ("constraints", &TEXTS),
            ("preferences", &List(&open(&[("spread", &Text)]))),
            ("max_replicas_per_node", &Int),
        ]),
    ),
]);

const UPDATE: Shape = open(&[
    ("parallelism", &Int),
    ("delay", &Text),
    ("failure_action", &Text),
    ("monitor", &Text),
    ("max_failure_ratio", &Number),
    ("order", &Shape::Choice(&["start-first", "stop-first"])),
]);

const AMOUNTS: Shape = open(&[("cpus", &TEXT_OR_NUMBER), ("memory", &Text)]);

const RESERVATIONS: Shape = open(&[
    ("cpus", &TEXT_OR_NUMBER),
    ("memory", &Text),
    (
        "generic_resources",
        &List(&open(&[("discrete_resource_spec", &open(&[("kind", &Text), ("value", &Number)]))])),
    ),
    (
        "devices",
        &List(&open(&[
            ("capabilities", &UNIQUE),
            ("count", &TEXT_OR_INT),
            ("device_ids", &UNIQUE),
            ("driver", &Text),
            ("options", &PAIRS),
        ])),
    ),
]);

const EXTERNAL: Shape = Either(&[&Bool, &open(&[("name", &Text)])]);
const LOOSE_EXTERNAL: Shape = Either(&[&Bool, &needing(&[], Others::All, &[("name", &Text)])]);

const NETWORK: Shape = Either(&[
    &open(&[
        ("name", &Text),
        ("driver", &Text),
        ("driver_opts", &OPTIONS),
        (
            "ipam",
            &open(&[
                ("driver", &Text),
                (
                    "config",
                    &List(&open(&[
                        ("subnet", &Shape::Subnet),
                        ("ip_range", &Text),
                        ("gateway", &Text),
                        ("aux_addresses", &Map(Keys::All, &Text)),
                    ])),
                ),
                ("options", &Map(Keys::All, &Text)),
            ]),
        ),
        ("external", &EXTERNAL),
        ("internal", &Bool),
        ("enable_ipv6", &Bool),
        ("attachable", &Bool),
        ("labels", &PAIRS),
    ]),
    &Null,
]);

const VOLUME: Shape = Either(&[
    &open(&[
        ("name", &Text),
        ("driver", &Text),
        ("driver_opts", &OPTIONS),
        ("external", &EXTERNAL),
        ("labels", &PAIRS),
    ]),
    &Null,
]);

const SECRET: Shape = open(&[
    ("name", &Text),
    ("file", &Text),
    ("external", &LOOSE_EXTERNAL),
    ("labels", &PAIRS),
    ("driver", &Text),
    ("driver_opts", &OPTIONS),
    ("template_driver", &Text),
]);

const CONFIG: Shape = open(&[
    ("name", &Text),
    ("file", &Text),
    ("external", &LOOSE_EXTERNAL),
    ("labels", &PAIRS),
    ("template_driver", &Text),
]);

/// A file of services.
pub(super) const LEGACY_FILE: Shape = Map(Keys::Names, &LEGACY_SERVICE);

const LEGACY_SERVICE: Shape = closed(&[
    ("build", &Text),
    ("cap_add", &UNIQUE),
    ("cap_drop", &UNIQUE),
    ("cgroup_parent", &Text),
    ("command", &COMMAND),
    ("container_name", &Text),
    ("cpu_shares", &TEXT_OR_NUMBER),
    ("cpu_quota", &TEXT_OR_NUMBER),
    ("cpuset", &Text),
    ("devices", &UNIQUE),
    ("dns", &TEXT_OR_LIST),
    ("dns_search", &TEXT_OR_LIST),
    ("dockerfile", &Text),
    ("domainname", &Text),
    ("entrypoint", &COMMAND),
    ("env_file", &TEXT_OR_LIST),
    ("environment", &PAIRS),
    ("expose", &Set(&Shape::Expose)),
    ("extends", &EXTENDS),
    ("extra_hosts", &PAIRS),
    ("external_links", &UNIQUE),
    ("hostname", &Text),
    ("image", &Text),
    ("ipc", &Text),
    ("labels", &Either(&[&Map(Keys::All, &Text), &UNIQUE])),
    ("links", &UNIQUE),
    ("log_driver", &Text),
    ("log_opt", &Map(Keys::SmallOnly, &Any)),
    ("mac_address", &Text),
    ("mem_limit", &TEXT_OR_NUMBER),
    ("memswap_limit", &TEXT_OR_NUMBER),
    ("mem_swappiness", &Int),
    ("net", &Text),
    ("pid", &TEXT_OR_NULL),
    ("ports", &Set(&Shape::Port)),
    ("privileged", &Bool),
    ("read_only", &Bool),
    ("restart", &Text),
    ("security_opt", &UNIQUE),
    ("shm_size", &TEXT_OR_NUMBER),
    ("stdin_open", &Bool),
    ("stop_signal", &Text),
    ("tty", &Bool),
    ("ulimits", &Map(Keys::SmallOnly, &Either(&[&Int, &LEGACY_LIMITS]))),
    ("user", &Text),
    ("volumes", &UNIQUE),
    ("volume_driver", &Text),
    ("volumes_from", &UNIQUE),
    ("working_dir", &Text),
]);

const LEGACY_LIMITS: Shape =
    needing(&["soft", "hard"], Others::None, &[("hard", &Int), ("soft", &Int)]);
