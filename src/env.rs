//! Every environment variable composeup reads itself, one sentence each; the man page prints this
//! table. Variables in the user's files are read too, as Compose reads them.

/// One variable and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Name.
    pub name: &'static str,
    /// What it does: one sentence without a final period.
    pub meaning: &'static str,
}

/// How progress is shown, if no flag says it.
pub const PROGRESS: &str = "COMPOSEUP_PROGRESS";
/// No moving display.
pub const NO_PROGRESS: &str = "COMPOSEUP_NO_PROGRESS";
/// No colour.
pub const NO_COLOR: &str = "NO_COLOR";
/// Colour without a terminal.
pub const FORCE_COLOR: &str = "FORCE_COLOR";
/// The same, by another name.
pub const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
/// Set where nobody watches.
pub const CI: &str = "CI";
/// Kind of the terminal.
pub const TERM: &str = "TERM";

/// The folder of all journals.
pub const STATE_DIR: &str = "COMPOSEUP_STATE_DIR";
/// The user's folder for what outlives programs.
pub const XDG_STATE_HOME: &str = "XDG_STATE_HOME";
/// Who became root.
pub const SUDO_USER: &str = "SUDO_USER";
/// Name of the user.
pub const USER: &str = "USER";
/// The same, by another name.
pub const LOGNAME: &str = "LOGNAME";
/// The user's own folder.
pub const HOME: &str = "HOME";

/// All of them, in the order of the man page.
pub const ALL: [Variable; 23] = [
    variable("COMPOSE_FILE", "the compose files, as `--file` names them"),
    variable("COMPOSE_PATH_SEPARATOR", "what separates the files in `COMPOSE_FILE`"),
    variable("COMPOSE_PROJECT_NAME", "name of the project, as `--project-name`"),
    variable("COMPOSE_PROFILES", "profiles to enable, separated by commas"),
    variable("COMPOSE_ENV_FILES", "env files, separated by commas, as `--env-file` names them"),
    variable("DOCKER_HOST", "address of the engine, as `--host`"),
    variable("DOCKER_CONTEXT", "refused unless it is `default`: contexts are not supported yet"),
    variable("DOCKER_CONFIG", "folder of docker's own configuration file"),
    variable("DOCKER_TLS_VERIFY", "refused with a TCP address: TLS is not supported yet"),
    variable("PWD", "the working directory as it was entered, where a symbolic link leads there"),
    variable(HOME, "where docker's configuration folder and `.local/state` are looked for"),
    variable(STATE_DIR, "folder of the journals instead of `composeup` in `XDG_STATE_HOME`"),
    variable(XDG_STATE_HOME, "folder of what outlives programs instead of `$HOME/.local/state`"),
    variable(SUDO_USER, "who is named as the one who started a run"),
    variable(USER, "the same, without `SUDO_USER`"),
    variable(LOGNAME, "the same, without `USER`"),
    variable(PROGRESS, "how progress is shown, as `--progress`"),
    variable(NO_PROGRESS, "if not empty, lines instead of a moving display"),
    variable(NO_COLOR, "if not empty, no colour"),
    variable(FORCE_COLOR, "if not empty and not `0`, colour even without a terminal"),
    variable(CLICOLOR_FORCE, "the same as `FORCE_COLOR`"),
    variable(CI, "if not empty, lines instead of a moving display"),
    variable(TERM, "`dumb` means no colour and no moving display"),
];

/// What a `switch` command of `x-composeup` finds in its environment.
pub mod switch {
    use super::{Variable, variable};

    /// Name of the project.
    pub const PROJECT: &str = "COMPOSEUP_PROJECT";
    /// Name of the service.
    pub const SERVICE: &str = "COMPOSEUP_SERVICE";
    /// Name of the container that requests go to now.
    pub const OLD_NAME: &str = "COMPOSEUP_OLD_NAME";
    /// Its address.
    pub const OLD_ADDRESS: &str = "COMPOSEUP_OLD_ADDRESS";
    /// Name of the container that requests are to go to.
    pub const NEW_NAME: &str = "COMPOSEUP_NEW_NAME";
    /// Its address.
    pub const NEW_ADDRESS: &str = "COMPOSEUP_NEW_ADDRESS";

    /// All of them, in the order of the documentation.
    pub const ALL: [Variable; 6] = [
        variable(PROJECT, "name of the project"),
        variable(SERVICE, "name of the service"),
        variable(OLD_NAME, "name of the container that requests go to now"),
        variable(
            OLD_ADDRESS,
            "its address in the first of its networks by name; empty if it has none",
        ),
        variable(NEW_NAME, "name of the container that requests are to go to"),
        variable(NEW_ADDRESS, "its address in the first of its networks by name"),
    ];
}

const fn variable(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, meaning }
}
