//! Every container, network and volume label composeup reads or writes.

/// Name of the Compose project that owns the object.
pub const PROJECT: &str = "com.docker.compose.project";
/// The filter for what belongs to a Compose project.
#[must_use]
pub fn in_project(name: &str) -> String {
    format!("{PROJECT}={name}")
}

/// Name of the service the container fills.
pub const SERVICE: &str = "com.docker.compose.service";
/// Number of the replica, counted from 1.
pub const CONTAINER_NUMBER: &str = "com.docker.compose.container-number";
/// `True` for a container made by `compose run`, `False` for one made by `up`.
pub const ONEOFF: &str = "com.docker.compose.oneoff";
/// Hash of the service's configuration; Compose recreates the container when it differs.
pub const CONFIG_HASH: &str = "com.docker.compose.config-hash";
/// Release of Compose that made the object.
pub const VERSION: &str = "com.docker.compose.version";
/// Absolute path of the project directory.
pub const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
/// The compose files, joined by commas.
pub const CONFIG_FILES: &str = "com.docker.compose.project.config_files";
/// The files given by `--env-file`, joined by commas.
pub const ENVIRONMENT_FILE: &str = "com.docker.compose.project.environment_file";
/// Id of the image the container was created from (Compose v2 only).
pub const IMAGE: &str = "com.docker.compose.image";
/// `service:condition:restart` of each dependency, joined by commas (Compose v2 only).
pub const DEPENDS_ON: &str = "com.docker.compose.depends_on";
/// What a recreated container replaced (Compose v2 only).
pub const REPLACE: &str = "com.docker.compose.replace";
/// Key of a network in the compose file.
pub const NETWORK: &str = "com.docker.compose.network";
/// Key of a volume in the compose file.
pub const VOLUME: &str = "com.docker.compose.volume";
/// Random id of a one-off container.
pub const SLUG: &str = "com.docker.compose.slug";

/// Id of the composeup run that made the container.
pub const RUN: &str = "composeup.run";
/// Full id of the container that this one replaces.
pub const REPLACES: &str = "composeup.replaces";
/// Image reference of the container that this one replaces.
pub const PREVIOUS_IMAGE: &str = "composeup.previous.image";
/// Id of that image.
pub const PREVIOUS_ID: &str = "composeup.previous.id";
/// `repository@sha256:…` of that image, if it came from a registry.
pub const PREVIOUS_DIGEST: &str = "composeup.previous.digest";

/// Restart policy of the container that this one replaces, if it is taken away meanwhile.
pub const PREVIOUS_RESTART: &str = "composeup.previous.restart";

/// On a volume: it is the lock of this project, or guards the removal of one.
pub const LOCK: &str = "composeup.lock";
/// Random token of the process that made the lock.
pub const LOCK_TOKEN: &str = "composeup.lock.token";
/// Who started that process.
pub const LOCK_USER: &str = "composeup.lock.user";
/// The command without its flags: `upgrade web 1.9`.
pub const LOCK_COMMAND: &str = "composeup.lock.command";
/// Time of the lock: RFC 3339 in UTC.
pub const LOCK_SINCE: &str = "composeup.lock.since";
/// Name of the machine the process runs on.
pub const LOCK_HOST: &str = "composeup.lock.host";
/// Boot of that machine and pid namespace of the process, within which a pid means something.
pub const LOCK_KERNEL: &str = "composeup.lock.kernel";
/// Its process id.
pub const LOCK_PID: &str = "composeup.lock.pid";
/// When it was started, in clock ticks since the boot: another process may get its id.
pub const LOCK_BORN: &str = "composeup.lock.born";
/// On a helper: whose network namespace it is in, a container's full id or `host`; on the helpers'
/// image: `image`.
pub const HELPER: &str = "composeup.helper";
