//! YAML as the library writes it that Compose uses, sign by sign: what Compose quotes is quoted
//! here, so that readers of YAML 1.1 and 1.2 take it for the same.

mod block;
mod order;
mod plain;
mod style;

pub(crate) use block::document;
pub(crate) use order::compare;
