//! A compose file and what it declares beside services.

use super::service::SERVICE;
use super::shape::{
    Extras, INT, INT_OR_TEXT, Keys, LIST, NULL, OPTIONS, PAIRS, Shape, TEXT, TEXT_OR_SET, key,
    record,
};
use crate::compose::hash::Generation::V2_36;

pub(super) const FILE: Shape = record(&[
    key("configs", &Shape::Map(Keys::Names, &CONFIG)),
    key("include", &Shape::List(&INCLUDE)),
    key("models", &Shape::Map(Keys::OpenNames, &MODEL)).since(V2_36),
    key("name", &TEXT),
    key("networks", &Shape::Map(Keys::OpenNames, &NETWORK)),
    key("secrets", &Shape::Map(Keys::Names, &SECRET)),
    key("services", &Shape::Map(Keys::Names, &SERVICE)),
    key("version", &TEXT),
    key("volumes", &Shape::Map(Keys::Names, &VOLUME)),
]);

const INCLUDE: Shape = Shape::Either(&[
    TEXT,
    Shape::Record(
        &[
            key("env_file", &TEXT_OR_SET),
            key("path", &TEXT_OR_SET),
            key("project_directory", &TEXT),
        ],
        Extras::None,
    ),
]);

/// `true`, or the form of the second file format.
const EXTERNAL: Shape = Shape::Either(&[Shape::Flag, record(&[key("name", &TEXT)])]);
const LOOSE_EXTERNAL: Shape =
    Shape::Either(&[Shape::Flag, Shape::Record(&[key("name", &TEXT)], Extras::Any)]);

const NETWORK: Shape = Shape::Either(&[
    NULL,
    record(&[
        key("attachable", &Shape::Flag),
        key("driver", &TEXT),
        key("driver_opts", &OPTIONS),
        key("enable_ipv4", &Shape::Flag),
        key("enable_ipv6", &Shape::Flag),
        key("external", &EXTERNAL),
        key("internal", &Shape::Flag),
        key("ipam", &IPAM),
        key("labels", &PAIRS),
        key("name", &TEXT),
    ]),
]);

const IPAM: Shape = record(&[
    key("config", &Shape::List(&POOL)),
    key("driver", &TEXT),
    key("options", &TEXTS_BY_NAME),
]);
const POOL: Shape = record(&[
    key("aux_addresses", &TEXTS_BY_NAME),
    key("gateway", &TEXT),
    key("ip_range", &TEXT),
    key("subnet", &TEXT),
]);
const TEXTS_BY_NAME: Shape = Shape::Map(Keys::Any, &TEXT);

const VOLUME: Shape = Shape::Either(&[
    NULL,
    record(&[
        key("driver", &TEXT),
        key("driver_opts", &OPTIONS),
        key("external", &EXTERNAL),
        key("labels", &PAIRS),
        key("name", &TEXT),
    ]),
]);

const SECRET: Shape = record(&[
    key("driver", &TEXT),
    key("driver_opts", &Shape::Map(Keys::Plain, &INT_OR_TEXT)),
    key("environment", &TEXT),
    key("external", &LOOSE_EXTERNAL),
    key("file", &TEXT),
    key("labels", &PAIRS),
    key("name", &TEXT),
    key("template_driver", &TEXT),
]);

const CONFIG: Shape = record(&[
    key("content", &TEXT),
    key("environment", &TEXT),
    key("external", &LOOSE_EXTERNAL),
    key("file", &TEXT),
    key("labels", &PAIRS),
    key("name", &TEXT),
    key("template_driver", &TEXT),
]);

const MODEL: Shape = record(&[
    key("context_size", &INT),
    key("model", &TEXT).required(),
    key("name", &TEXT),
    key("runtime_flags", &LIST),
]);
