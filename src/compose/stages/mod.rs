//! The way from documents to a project, each stage a function of trees, in the order of Compose:
//! per document interpolate, extend, reset, include, merge, make lists unique, check the forms,
//! make canonical;
//! then defaults, checks, absolute paths, normalisation, profiles, validation, files of variables.

mod absolute;
pub(crate) mod assemble;
pub(crate) mod canonical;
mod check;
mod defaults;
pub(crate) mod dependencies;
pub(crate) mod environment;
mod extends;
mod hosts;
mod include;
mod merge;
mod mounts;
pub(crate) mod normalize;
mod ports;
pub(crate) mod project;
mod reset;
mod schema;
mod shell;
mod tree;
mod unicity;
pub(crate) mod validate;

pub(crate) use mounts::clean as clean_path;
