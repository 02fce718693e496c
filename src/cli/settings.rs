//! Flags, environment and terminal, resolved once; the only file that reads the environment.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use console::Term;

use super::args::{ColorChoice, GlobalArgs, ProgressChoice};
use crate::compose::LoadOptions;
use crate::env;
use crate::error::Error;
use crate::report::style::Style;

/// Columns where nobody says how many there are.
pub(super) const DEFAULT_WIDTH: usize = 100;
/// Rows where nobody says how many there are.
const DEFAULT_HEIGHT: usize = 24;

/// Everything about this process that decides how a command works.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// Absolute path of the working directory.
    pub cwd: PathBuf,
    /// Whether stdin is a terminal.
    pub stdin: bool,
    /// Whether stdout is a terminal.
    pub stdout: bool,
    /// Whether stderr is a terminal.
    pub stderr: bool,
    /// Rows and columns of the terminal behind stderr.
    pub size: Option<(u16, u16)>,
}

impl Surroundings {
    /// Those of this process. Variables that are not Unicode are left out.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] if there is no working directory.
    pub fn of_process() -> Result<Self, Error> {
        let cwd = std::env::current_dir().map_err(|error| Error::Usage {
            message: format!("cannot tell the working directory: {error}"),
        })?;
        let entered = std::env::var_os("PWD").map(PathBuf::from);
        let text = |(key, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((key.into_string().ok()?, value.into_string().ok()?))
        };
        Ok(Self {
            env: std::env::vars_os().filter_map(text).collect(),
            cwd: as_entered(entered, cwd),
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
            size: Term::stderr().size_checked(),
        })
    }

    fn is_set(&self, name: &str) -> bool {
        self.env.get(name).is_some_and(|value| !value.is_empty())
    }

    fn is_dumb(&self) -> bool {
        self.env.get(env::TERM).is_some_and(|term| term == "dumb")
    }
}

/// The working directory by the path it was entered with, as Compose takes it from `PWD` (Go's
/// `os.Getwd`): a symbolic link gives the project its name.
fn as_entered(entered: Option<PathBuf>, cwd: PathBuf) -> PathBuf {
    entered
        .filter(|path| path.is_absolute())
        .filter(|path| path.canonicalize().is_ok_and(|real| real == cwd))
        .unwrap_or(cwd)
}

/// How progress is shown, decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A moving display.
    Live,
    /// Lines.
    Plain,
    /// JSON on stdout.
    Json,
    /// Errors and the final line.
    Quiet,
}

/// How a command works: every question about flags, environment and terminal is answered here.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which project.
    pub load: LoadOptions,
    /// `--host`.
    pub host: Option<String>,
    /// Name of the user.
    pub user: String,
    /// The folder of all journals, if there is a place for it.
    pub state_dir: Option<PathBuf>,
    /// How progress is shown.
    pub progress: Progress,
    /// Whether notes are shown.
    pub verbose: bool,
    /// Colours on stdout.
    pub stdout: Style,
    /// Colours on stderr.
    pub stderr: Style,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Whether somebody can be asked: stdin and stderr are terminals.
    pub is_attended: bool,
}

impl Settings {
    /// Resolves flags against the surroundings; flags win over the environment.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for flags that contradict each other and for values nobody knows.
    pub fn resolve(flags: &GlobalArgs, around: &Surroundings) -> Result<Self, Error> {
        let (rows, columns) =
            around.size.map_or((DEFAULT_HEIGHT, DEFAULT_WIDTH), |(rows, columns)| {
                (usize::from(rows), usize::from(columns))
            });
        Ok(Self {
            load: load_options(flags, around),
            host: flags.host.clone(),
            user: user(around),
            state_dir: state_dir(around),
            progress: progress(flags, around)?,
            verbose: flags.verbose,
            stdout: Style::new(has_colour(flags.color, around, around.stdout)),
            stderr: Style::new(has_colour(flags.color, around, around.stderr)),
            width: columns.max(20),
            height: rows.max(2),
            is_attended: around.stdin && around.stderr,
        })
    }

    /// Whether stdout is for JSON alone.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.progress == Progress::Json
    }
}

fn load_options(flags: &GlobalArgs, around: &Surroundings) -> LoadOptions {
    LoadOptions {
        cwd: around.cwd.clone(),
        files: flags.files.clone(),
        project_directory: flags.project_directory.clone(),
        project_name: flags.project_name.clone(),
        env_files: flags.env_files.clone(),
        profiles: flags.profiles.clone(),
        env: around.env.clone(),
        ..LoadOptions::default()
    }
}

/// Who is at the keyboard, even behind `sudo`.
fn user(around: &Surroundings) -> String {
    let names = [env::SUDO_USER, env::USER, env::LOGNAME].into_iter();
    let mut given = names.filter(|name| around.is_set(name));
    let by_id = || format!("user {}", rustix::process::getuid().as_raw());
    given.next().and_then(|name| around.env.get(name).cloned()).unwrap_or_else(by_id)
}

/// Where programs keep what outlives them (XDG Base Directory Specification); a path that is not
/// absolute does not count there.
fn state_dir(around: &Surroundings) -> Option<PathBuf> {
    let path = |name| around.env.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let by_xdg = || path(env::XDG_STATE_HOME).filter(|path| path.is_absolute());
    let by_home = || Some(path(env::HOME)?.join(".local/state"));
    let own = path(env::STATE_DIR).map(|own| around.cwd.join(own));
    own.or_else(|| Some(by_xdg().or_else(by_home)?.join("composeup")))
}

fn progress(flags: &GlobalArgs, around: &Surroundings) -> Result<Progress, Error> {
    let can_move = around.stderr && !around.is_dumb();
    let automatic = if can_move && !around.is_set(env::CI) && !around.is_set(env::NO_PROGRESS) {
        Progress::Live
    } else {
        Progress::Plain
    };
    let choice = match asked_by_flags(flags)? {
        Some(choice) => choice,
        None => asked_by_env(around)?.unwrap_or(ProgressChoice::Auto),
    };
    Ok(match choice {
        ProgressChoice::Auto => automatic,
        ProgressChoice::Live if can_move => Progress::Live,
        ProgressChoice::Live if flags.progress.is_some() => {
            return Err(usage("`--progress live` needs a terminal on stderr"));
        }
        ProgressChoice::Live | ProgressChoice::Plain => Progress::Plain,
        ProgressChoice::Json => Progress::Json,
        ProgressChoice::Quiet => Progress::Quiet,
    })
}

/// What `--progress`, `--json`, `--quiet` and `--verbose` say together.
fn asked_by_flags(flags: &GlobalArgs) -> Result<Option<ProgressChoice>, Error> {
    let short = [
        (flags.json, "--json", ProgressChoice::Json),
        (flags.quiet, "--quiet", ProgressChoice::Quiet),
        (flags.verbose && !flags.json, "--verbose", ProgressChoice::Plain),
    ];
    let mut given = short.into_iter().filter(|(is_given, ..)| *is_given);
    let Some((_, name, choice)) = given.next() else { return Ok(flags.progress) };
    if let Some((_, other, _)) = given.next() {
        return Err(usage(format!("`{name}` and `{other}` contradict each other")));
    }
    match flags.progress {
        Some(progress) if progress != choice && progress != ProgressChoice::Auto => {
            Err(usage(format!("`{name}` and `--progress` contradict each other")))
        }
        _ => Ok(Some(choice)),
    }
}

fn asked_by_env(around: &Surroundings) -> Result<Option<ProgressChoice>, Error> {
    let Some(value) = around.env.get(env::PROGRESS).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    match clap::ValueEnum::from_str(value, false) {
        Ok(choice) => Ok(Some(choice)),
        Err(_) => Err(usage(format!(
            "`{}={value}` is none of auto, live, plain, json, quiet",
            env::PROGRESS
        ))),
    }
}

fn has_colour(choice: ColorChoice, around: &Surroundings, is_terminal: bool) -> bool {
    let is_forced = |name| around.is_set(name) && around.env.get(name).is_some_and(|v| v != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if around.is_set(env::NO_COLOR) => false,
        ColorChoice::Auto if is_forced(env::FORCE_COLOR) || is_forced(env::CLICOLOR_FORCE) => true,
        ColorChoice::Auto => is_terminal && !around.is_dumb(),
    }
}

fn usage(message: impl Into<String>) -> Error {
    Error::Usage { message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_terminal(env: &[(&str, &str)]) -> Surroundings {
        let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Surroundings {
            env: env.collect(),
            stdin: true,
            stdout: true,
            stderr: true,
            ..Surroundings::default()
        }
    }

    fn shown(flags: &GlobalArgs, around: &Surroundings) -> String {
        match Settings::resolve(flags, around) {
            Ok(settings) => format!("{:?}", settings.progress),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn a_terminal_gets_the_moving_display_and_everything_else_lines() {
        let flags = GlobalArgs::default();
        assert_eq!(shown(&flags, &on_terminal(&[])), "Live");
        assert_eq!(shown(&flags, &Surroundings::default()), "Plain");
        for variable in [("TERM", "dumb"), ("CI", "true"), ("COMPOSEUP_NO_PROGRESS", "1")] {
            assert_eq!(shown(&flags, &on_terminal(&[variable])), "Plain", "{variable:?}");
        }
    }

    #[test]
    fn the_environment_decides_how_progress_is_shown_unless_a_flag_does() {
        let around = on_terminal(&[("COMPOSEUP_PROGRESS", "json")]);
        assert_eq!(shown(&GlobalArgs::default(), &around), "Json");
        let quiet = GlobalArgs { quiet: true, ..GlobalArgs::default() };
        assert_eq!(shown(&quiet, &around), "Quiet");
        let wrong = on_terminal(&[("COMPOSEUP_PROGRESS", "tty")]);
        assert!(
            shown(&GlobalArgs::default(), &wrong).starts_with("error: `COMPOSEUP_PROGRESS=tty`")
        );
    }

    #[test]
    fn contradictions_are_usage_errors() {
        let live = Some(ProgressChoice::Live);
        let cases = [
            GlobalArgs { json: true, quiet: true, ..GlobalArgs::default() },
            GlobalArgs { quiet: true, verbose: true, ..GlobalArgs::default() },
            GlobalArgs { json: true, progress: live, ..GlobalArgs::default() },
            GlobalArgs { verbose: true, progress: live, ..GlobalArgs::default() },
        ];
        for flags in cases {
            assert!(
                shown(&flags, &on_terminal(&[])).ends_with("contradict each other"),
                "{flags:?}"
            );
        }
        let live = GlobalArgs { progress: live, ..GlobalArgs::default() };
        assert!(shown(&live, &Surroundings::default()).contains("needs a terminal"));
    }

    #[test]
    fn colour_follows_the_flag_then_no_color_then_force_color_then_the_terminal() {
        let coloured = |choice, env: &[(&str, &str)]| {
            let flags = GlobalArgs { color: choice, ..GlobalArgs::default() };
            Settings::resolve(&flags, &on_terminal(env)).unwrap().stderr.is_coloured()
        };
        assert!(coloured(ColorChoice::Auto, &[]));
        assert!(coloured(ColorChoice::Auto, &[("NO_COLOR", "")]));
        assert!(!coloured(ColorChoice::Auto, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
        assert!(coloured(ColorChoice::Always, &[("NO_COLOR", "1")]));
        assert!(!coloured(ColorChoice::Auto, &[("TERM", "dumb")]));
        assert!(coloured(ColorChoice::Auto, &[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")]));
        assert!(!coloured(ColorChoice::Never, &[("FORCE_COLOR", "1")]));
    }

    #[test]
    fn nobody_is_asked_unless_stdin_and_stderr_are_terminals() {
        let around = Surroundings { stdin: false, ..on_terminal(&[]) };
        assert!(!Settings::resolve(&GlobalArgs::default(), &around).unwrap().is_attended);
    }

    #[test]
    fn journals_are_kept_where_the_environment_says() {
        let dir = |env: &[(&str, &str)]| {
            let around = Surroundings { cwd: "/srv/shop".into(), ..on_terminal(env) };
            state_dir(&around).map(|path| path.display().to_string()).unwrap_or_default()
        };
        let home = ("HOME", "/home/ann");
        assert_eq!(dir(&[home]), "/home/ann/.local/state/composeup");
        assert_eq!(dir(&[home, ("XDG_STATE_HOME", "/state")]), "/state/composeup");
        assert_eq!(dir(&[home, ("XDG_STATE_HOME", "state")]), "/home/ann/.local/state/composeup");
        assert_eq!(dir(&[home, ("COMPOSEUP_STATE_DIR", "here")]), "/srv/shop/here");
        assert_eq!(dir(&[]), "");
    }

    #[test]
    fn the_working_directory_keeps_the_path_it_was_entered_with() {
        let top = tempfile::tempdir().unwrap();
        let real = top.path().canonicalize().unwrap().join("real");
        let link = top.path().join("link");
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert_eq!(as_entered(Some(link.clone()), real.clone()), link);
        for elsewhere in [None, Some("link".into()), Some(top.path().join("gone"))] {
            assert_eq!(as_entered(elsewhere, real.clone()), real);
        }
        assert_eq!(as_entered(Some(top.path().to_owned()), real.clone()), real);
    }
}
