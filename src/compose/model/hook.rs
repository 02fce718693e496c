//! `post_start`, `pre_stop` and other commands in a running container.

use super::record::record;
use super::scalar::Environment;

record! {
    /// A command run in a container.
    pub struct Hook {
        /// The command.
        pub command: Option<Vec<String>> => in_json,
        /// The user; the container's if not given.
        pub user: Option<String>,
        /// With all rights.
        pub privileged: bool,
        /// Where.
        pub working_dir: Option<String>,
        /// Variables.
        pub environment: Environment,
    }
}
