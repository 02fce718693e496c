//! `healthcheck`.

use std::time::Duration;

use super::record::record;

record! {
    /// How the engine asks a container whether it is well. What is not given comes from the image.
    pub struct Healthcheck {
        /// `CMD`, `CMD-SHELL` or `NONE` and the command; empty if not given.
        pub test: Vec<String>,
        /// How long one check may take.
        pub timeout: Option<Duration>,
        /// Time between checks.
        pub interval: Option<Duration>,
        /// Failures in a row that make it unhealthy.
        pub retries: Option<u64>,
        /// Time after the start in which failures do not count.
        pub start_period: Option<Duration>,
        /// Time between checks in the start period.
        pub start_interval: Option<Duration>,
        /// Switches off the image's check, too.
        pub disable: bool,
    }
}
