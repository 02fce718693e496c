//! The lab: real reverse proxies in front of an app that is upgraded while requests run through
//! them. `scripts/proxies target/proxies` fetches the proxies.
//!
//! What has to run in the lab's containers is this very program, in one of its `roles`.

mod docker_gen;
mod images;
mod load;
mod matrix;
mod proxy;
mod roles;
mod scaling;
mod site;
mod switching;
mod tally;
mod upgrading;
mod ways;
