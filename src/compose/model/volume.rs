//! `volumes` of the project.

use std::collections::BTreeMap;

use super::record::record;

record! {
    /// A volume of the project.
    pub struct Volume {
        /// Name on the engine.
        pub name: String,
        /// Driver; `local` if not given.
        pub driver: Option<String>,
        /// Options of the driver.
        pub driver_opts: BTreeMap<String, String>,
        /// Not made by the project.
        pub external: bool,
        /// Labels.
        pub labels: BTreeMap<String, String>,
    }
}
