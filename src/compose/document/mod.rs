//! One YAML file as a tree that remembers where every value stands; the only folder that names a
//! YAML parser for compose files. Scalars, merge keys and repeated keys are treated as Compose's
//! own parser treats them, which no YAML library does: hence the tree of our own over events.

#[cfg(test)]
pub(crate) mod fixture;
mod node;
mod parse;
mod same;
mod scalar;
mod syntax;
mod yaml11;

pub use node::{Entry, Map, Node, Tag, Value};
pub use parse::parse;
pub(crate) use same::{first_repeated, is_same};
pub(crate) use scalar::is_text;
