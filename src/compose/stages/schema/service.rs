//! A service and what stands in it.

use super::deploy::{DEPLOY, GPUS};
use super::pattern::{CONTAINER_NAME, PULL_POLICY};
use super::shape::{
    BOOL, BOOL_OR_TEXT, COMMAND, Extras, INT, INT_OR_TEXT, Keys, Kinds, LIST, NULL, NUMBER,
    NUMBER_OR_TEXT, OPTIONS, PAIRS, SET, Shape, TEXT, TEXT_OR_LIST, TEXT_OR_SET, WHOLE, key,
    record,
};
use crate::compose::hash::Generation::{V2_34, V2_35, V2_36};

pub(super) const SERVICE: Shape = record(&[
    key("annotations", &PAIRS),
    key("attach", &BOOL_OR_TEXT),
    key("blkio_config", &BLKIO),
    key("build", &Shape::Either(&[TEXT, BUILD])),
    key("cap_add", &SET),
    key("cap_drop", &SET),
    key("cgroup", &Shape::Choice(&["host", "private"])),
    key("cgroup_parent", &TEXT),
    key("command", &COMMAND),
    key("configs", &FILES),
    key("container_name", &Shape::Text(&CONTAINER_NAME)),
    key("cpu_count", &Shape::Whole(0, i64::MAX)),
    key("cpu_percent", &Shape::Whole(0, 100)),
    key("cpu_period", &Shape::Rounded),
    key("cpu_quota", &Shape::Rounded),
    key("cpu_rt_period", &Shape::Rounded),
    key("cpu_rt_runtime", &Shape::Rounded),
    key("cpu_shares", &Shape::Rounded),
    key("cpus", &Shape::Decimal),
    key("cpuset", &TEXT),
    key("credential_spec", &CREDENTIALS),
    key("depends_on", &Shape::Either(&[SET, Shape::Map(Keys::Names, &DEPENDENCY)])),
    key("deploy", &DEPLOY),
    key("develop", &DEVELOP),
    key("device_cgroup_rules", &SET),
    key("devices", &Shape::List(&Shape::Either(&[TEXT, DEVICE]))),
    key("dns", &TEXT_OR_SET),
    key("dns_opt", &SET),
    key("dns_search", &TEXT_OR_SET),
    key("domainname", &TEXT),
    key("entrypoint", &COMMAND),
    key("env_file", &Shape::Either(&[TEXT, Shape::List(&Shape::Either(&[TEXT, ENV_FILE]))])),
    key("environment", &PAIRS),
    key("expose", &Shape::Set(&NUMBER_OR_TEXT)),
    key("extends", &Shape::Either(&[TEXT, EXTENDS])),
    key("external_links", &SET),
    key("extra_hosts", &HOSTS),
    key("gpus", &GPUS),
    key("group_add", &Shape::Set(&INT_OR_TEXT)),
    key("healthcheck", &HEALTHCHECK),
    key("hostname", &TEXT),
    key("image", &TEXT),
    key("init", &Shape::Flag),
    key("ipc", &TEXT),
    key("isolation", &TEXT),
    key("label_file", &TEXT_OR_LIST),
    key("labels", &PAIRS),
    key("links", &SET),
    key("logging", &LOGGING),
    key("mac_address", &TEXT),
    key("mem_limit", &NUMBER_OR_TEXT),
    key("mem_reservation", &INT_OR_TEXT),
    key("mem_swappiness", &INT_OR_TEXT),
    key("memswap_limit", &NUMBER_OR_TEXT),
    key("models", &Shape::Either(&[SET, Shape::Map(Keys::OpenNames, &MODEL_USE)])).since(V2_36),
    key("network_mode", &TEXT),
    key("networks", &Shape::Either(&[SET, Shape::Map(Keys::Names, &ENDPOINT)])),
    key("oom_kill_disable", &Shape::Flag),
    key("oom_score_adj", &Shape::Whole(-1000, 1000)),
    key("pid", &Shape::Scalar(Kinds::TEXT.or(Kinds::NULL))),
    key("pids_limit", &Shape::Rounded),
    key("platform", &TEXT),
    key("ports", &Shape::Set(&Shape::Either(&[NUMBER_OR_TEXT, PORT]))),
    key("post_start", &Shape::List(&HOOK)),
    key("pre_stop", &Shape::List(&HOOK)),
    key("privileged", &Shape::Flag),
    key("profiles", &SET),
    key("provider", &PROVIDER).since(V2_35),
    key("pull_policy", &Shape::Text(&PULL_POLICY)),
    key("pull_refresh_after", &TEXT).since(V2_34),
    key("read_only", &Shape::Flag),
    key("restart", &TEXT),
    key("runtime", &TEXT),
    key("scale", &WHOLE),
    key("secrets", &FILES),
    key("security_opt", &SET),
    key("shm_size", &NUMBER_OR_TEXT),
    key("stdin_open", &Shape::Flag),
    key("stop_grace_period", &TEXT),
    key("stop_signal", &TEXT),
    key("storage_opt", &Shape::Map(Keys::Plain, &PLAIN_OPTION)),
    key("sysctls", &PAIRS),
    key("tmpfs", &TEXT_OR_SET),
    key("tty", &Shape::Flag),
    key("ulimits", &ULIMITS),
    key("use_api_socket", &BOOL).since(V2_36),
    key("user", &TEXT),
    key("userns_mode", &TEXT),
    key("uts", &TEXT),
    key("volumes", &Shape::Set(&Shape::Either(&[TEXT, MOUNT]))),
    key("volumes_from", &SET),
    key("working_dir", &TEXT),
]);

const BUILD: Shape = record(&[
    key("additional_contexts", &PAIRS),
    key("args", &PAIRS),
    key("cache_from", &LIST),
    key("cache_to", &LIST),
    key("context", &TEXT),
    key("dockerfile", &TEXT),
    key("dockerfile_inline", &TEXT),
    key("entitlements", &LIST),
    key("extra_hosts", &HOSTS),
    key("isolation", &TEXT),
    key("labels", &PAIRS),
    key("network", &TEXT),
    key("no_cache", &BOOL_OR_TEXT),
    key("platforms", &LIST),
    key("privileged", &BOOL_OR_TEXT),
    key("provenance", &BOOL_OR_TEXT).since(V2_36),
    key("pull", &BOOL_OR_TEXT),
    key("sbom", &BOOL_OR_TEXT).since(V2_36),
    key("secrets", &FILES),
    key("shm_size", &INT_OR_TEXT),
    key("ssh", &PAIRS),
    key("tags", &LIST),
    key("target", &TEXT),
    key("ulimits", &BUILD_ULIMITS),
]);

const BLKIO: Shape = Shape::Record(
    &[
        key("device_read_bps", &Shape::List(&RATE)),
        key("device_read_iops", &Shape::List(&RATE)),
        key("device_write_bps", &Shape::List(&RATE)),
        key("device_write_iops", &Shape::List(&RATE)),
        key("weight", &INT),
        key("weight_device", &Shape::List(&WEIGHT)),
    ],
    Extras::None,
);
const RATE: Shape = Shape::Record(&[key("path", &TEXT), key("rate", &INT_OR_TEXT)], Extras::None);
const WEIGHT: Shape = Shape::Record(&[key("path", &TEXT), key("weight", &INT)], Extras::None);

const CREDENTIALS: Shape =
    record(&[key("config", &TEXT), key("file", &TEXT), key("registry", &TEXT)]);

const DEPENDENCY: Shape = record(&[
    key(
        "condition",
        &Shape::Choice(&["service_started", "service_healthy", "service_completed_successfully"]),
    )
    .required(),
    key("required", &BOOL),
    key("restart", &BOOL_OR_TEXT),
]);

const DEVELOP: Shape = Shape::Either(&[NULL, record(&[key("watch", &Shape::List(&WATCH))])]);
const WATCH: Shape = record(&[
    key("action", &Shape::Choice(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"]))
        .required(),
    key("exec", &HOOK),
    key("ignore", &TEXT_OR_SET),
    key("include", &TEXT_OR_SET).since(V2_34),
    key("initial_sync", &BOOL).since(V2_36),
    key("path", &TEXT).required(),
    key("target", &TEXT),
]);

const DEVICE: Shape =
    record(&[key("permissions", &TEXT), key("source", &TEXT).required(), key("target", &TEXT)]);

const ENDPOINT: Shape = Shape::Either(&[
    NULL,
    record(&[
        key("aliases", &SET),
        key("driver_opts", &OPTIONS),
        key("gw_priority", &NUMBER),
        key("interface_name", &TEXT).since(V2_36),
        key("ipv4_address", &TEXT),
        key("ipv6_address", &TEXT),
        key("link_local_ips", &SET),
        key("mac_address", &TEXT),
        key("priority", &NUMBER),
    ]),
]);

const ENV_FILE: Shape = Shape::Record(
    &[key("format", &TEXT), key("path", &TEXT).required(), key("required", &BOOL_OR_TEXT)],
    Extras::None,
);

const EXTENDS: Shape =
    Shape::Record(&[key("file", &TEXT), key("service", &TEXT).required()], Extras::None);

const FILES: Shape = Shape::List(&Shape::Either(&[
    TEXT,
    record(&[
        key("gid", &TEXT),
        key("mode", &NUMBER_OR_TEXT),
        key("source", &TEXT),
        key("target", &TEXT),
        key("uid", &TEXT),
    ]),
]));

const HEALTHCHECK: Shape = record(&[
    key("disable", &Shape::Flag),
    key("interval", &TEXT),
    key("retries", &Shape::Rounded),
    key("start_interval", &TEXT),
    key("start_period", &TEXT),
    key("test", &TEXT_OR_LIST),
    key("timeout", &TEXT),
]);

const HOOK: Shape = record(&[
    key("command", &COMMAND).required(),
    key("environment", &PAIRS),
    key("privileged", &BOOL_OR_TEXT),
    key("user", &TEXT),
    key("working_dir", &TEXT),
]);

const HOSTS: Shape = Shape::Either(&[Shape::Map(Keys::Any, &TEXT_OR_LIST), SET]);

const LOGGING: Shape = record(&[
    key("driver", &TEXT),
    key(
        "options",
        &Shape::Map(Keys::Any, &Shape::Scalar(Kinds::TEXT.or(Kinds::NUMBER).or(Kinds::NULL))),
    ),
]);

const MODEL_USE: Shape =
    Shape::Either(&[NULL, record(&[key("endpoint_var", &TEXT), key("model_var", &TEXT)])]);

const MOUNT: Shape = record(&[
    key("bind", &BIND),
    key("consistency", &TEXT),
    key("image", &record(&[key("subpath", &TEXT)])).since(V2_35),
    key("read_only", &Shape::Flag),
    key("source", &TEXT),
    key("target", &TEXT),
    key(
        "tmpfs",
        &record(&[
            key("mode", &NUMBER),
            key("size", &Shape::Either(&[TEXT, Shape::Whole(0, i64::MAX)])),
        ]),
    ),
    key("type", &Shape::Choice(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"]))
        .required(),
    key(
        "volume",
        &record(&[
            key("labels", &PAIRS).since(V2_35),
            key("nocopy", &Shape::Flag),
            key("subpath", &TEXT),
        ]),
    ),
]);
const BIND: Shape = record(&[
    key("create_host_path", &BOOL_OR_TEXT),
    key("propagation", &TEXT),
    key("recursive", &Shape::Choice(&["enabled", "disabled", "writable", "readonly"])),
    key("selinux", &Shape::Choice(&["z", "Z"])),
]);

const PORT: Shape = record(&[
    key("app_protocol", &TEXT),
    key("host_ip", &TEXT),
    key("mode", &TEXT),
    key("name", &TEXT),
    key("protocol", &TEXT),
    key("published", &INT_OR_TEXT),
    key("target", &WHOLE),
]);

/// What Compose can read as a text without being told how.
const PLAIN_OPTION: Shape = Shape::Scalar(Kinds::TEXT.or(Kinds::INT).or(Kinds::NULL));

const PROVIDER: Shape = record(&[
    key("options", &Shape::Map(Keys::Any, &PROVIDER_OPTION)),
    key("type", &TEXT).required(),
]);
const OPTION: Kinds = Kinds::TEXT.or(Kinds::NUMBER).or(Kinds::BOOL);
const PROVIDER_OPTION: Shape =
    Shape::Either(&[Shape::Scalar(OPTION), Shape::List(&Shape::Scalar(OPTION))]);

const ULIMITS: Shape = Shape::Map(
    Keys::OpenWords,
    &Shape::Either(&[
        WHOLE,
        record(&[key("hard", &WHOLE).required(), key("soft", &WHOLE).required()]),
    ]),
);

/// Those of a build are not converted from texts.
const BUILD_ULIMITS: Shape = Shape::Map(
    Keys::OpenWords,
    &Shape::Either(&[
        INT,
        record(&[key("hard", &INT_OR_TEXT).required(), key("soft", &INT_OR_TEXT).required()]),
    ]),
);
