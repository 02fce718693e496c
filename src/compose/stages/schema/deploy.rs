//! `deploy`, and requests for devices.

use super::shape::{
    Extras, INT_OR_TEXT, LIST, NULL, NUMBER_OR_TEXT, PAIRS, SET, Shape, TEXT, WHOLE, key, record,
};

pub(super) const DEPLOY: Shape = Shape::Either(&[
    NULL,
    record(&[
        key("endpoint_mode", &TEXT),
        key("labels", &PAIRS),
        key("mode", &TEXT),
        key("placement", &PLACEMENT),
        key("replicas", &WHOLE),
        key("resources", &RESOURCES),
        key("restart_policy", &RESTART),
        key("rollback_config", &UPDATE),
        key("update_config", &UPDATE),
    ]),
]);

const UPDATE: Shape = record(&[
    key("delay", &TEXT),
    key("failure_action", &TEXT),
    key("max_failure_ratio", &Shape::Decimal),
    key("monitor", &TEXT),
    key("order", &Shape::Choice(&["start-first", "stop-first"])),
    key("parallelism", &WHOLE),
]);

const RESTART: Shape = record(&[
    key("condition", &TEXT),
    key("delay", &TEXT),
    key("max_attempts", &WHOLE),
    key("window", &TEXT),
]);

const PLACEMENT: Shape = record(&[
    key("constraints", &LIST),
    key("max_replicas_per_node", &WHOLE),
    key("preferences", &Shape::List(&record(&[key("spread", &TEXT)]))),
]);

const RESOURCES: Shape = record(&[
    key(
        "limits",
        &record(&[key("cpus", &NUMBER_OR_TEXT), key("memory", &TEXT), key("pids", &INT_OR_TEXT)]),
    ),
    key(
        "reservations",
        &record(&[
            key("cpus", &NUMBER_OR_TEXT),
            key("devices", &DEVICE_REQUESTS),
            key("generic_resources", &GENERIC_RESOURCES),
            key("memory", &TEXT),
        ]),
    ),
]);

const GENERIC_RESOURCES: Shape = Shape::List(&record(&[key(
    "discrete_resource_spec",
    &record(&[key("kind", &TEXT), key("value", &NUMBER_OR_TEXT)]),
)]));

pub(super) const DEVICE_REQUESTS: Shape = Shape::List(&record(&[
    key("capabilities", &SET).required(),
    key("count", &INT_OR_TEXT),
    key("device_ids", &SET),
    key("driver", &TEXT),
    key("options", &PAIRS),
]));

pub(super) const GPUS: Shape = Shape::Either(&[
    Shape::Choice(&["all"]),
    Shape::List(&Shape::Record(
        &[
            key("capabilities", &SET),
            key("count", &INT_OR_TEXT),
            key("device_ids", &SET),
            key("driver", &TEXT),
            key("options", &PAIRS),
        ],
        Extras::Any,
    )),
]);
