//! `logging`.

use std::collections::BTreeMap;

use super::record::record;

record! {
    /// Where a container's output goes.
    pub struct Logging {
        /// The driver; the engine's default if not given.
        pub driver: Option<String>,
        /// Options of the driver.
        pub options: BTreeMap<String, String>,
    }
}
