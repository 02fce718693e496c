//! What the command line understands: definitions and nothing else.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use crate::compose::hash::Generation;
use crate::compose::model::parse_duration;
use crate::plan::policy::{FailureAction, Parallelism};
use crate::plan::question::Question;
use crate::plan::strategy::OrderChoice;

/// Upgrades a Docker Compose service without anyone noticing.
///
/// The new container is started beside the old one and must become ready before the old one is
/// stopped. If it does not, it is removed, and nothing else has changed.
#[derive(Debug, Parser)]
#[command(name = "composeup", version, max_term_width = 100)]
pub struct CommandLine {
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Upgrade services to a new tag, or bring them to what the files say.
    ///
    /// `composeup upgrade ghost-blog 3.37.1` gives one service a new tag; `web=1.9 worker=1.9`
    /// several; `web` brings the service to what the files say; no word at all brings every
    /// service there. Of two plain words the second is a tag, unless it is the name of a service
    /// of the project; `web=worker` always means the tag.
    Upgrade(UpgradeArgs),
    /// Change the number of replicas, and nothing else: `composeup scale web=3`.
    ///
    /// New replicas are made as the file says and must become ready; of those that are too many the
    /// highest numbers go, after their `pre_stop` hooks. None is replaced.
    Scale(ScaleArgs),
    /// Show what `upgrade` would do, and change nothing.
    Plan(PlanArgs),
    /// Show the containers of the project and a run that is under way or left over.
    ///
    /// Exits with 0 if there is no such run, with 6 if one is under way, with 12 if one is paused, and
    /// with 11 if one was cut off or is stuck.
    Status,
    /// Finish a run that was cut off, is paused or stuck.
    ///
    /// Needs the journal of the run, which is on the machine that started it.
    Resume(LockArgs),
    /// Take back a run that was cut off, is paused or stuck: the old version serves again.
    ///
    /// Without the journal of the run it goes by the labels on the containers. Once the files are
    /// written the new version serves; then the run is finished instead.
    Abort(AbortArgs),
    /// Show what happened to the project, a service or in one run.
    ///
    /// When, by whom, from which image to which, how long it took, and how it ended. Runs whose
    /// journal is on another machine are known as far as the labels of the containers tell.
    History(HistoryArgs),
    /// Bring a service back to the image it ran before, and its tag in the file.
    ///
    /// By the same start-first rollout as `upgrade`. If the tag has moved since, it is given back to
    /// the image that had it.
    Rollback(RollbackArgs),
    /// Show who has the project locked, ask, and unlock it.
    ///
    /// A run locks its project on the engine, so that nobody else changes it meanwhile. It unlocks it
    /// at its end; a process that was killed cannot. Do not unlock a project while the process that
    /// is shown still runs: two runs would work against each other.
    Unlock(UnlockArgs),
    /// Show which Compose made the containers and what stands in the way of an upgrade, and change
    /// nothing.
    ///
    /// For every service: the release its label names, how that is proven, whether its config hash
    /// is the one of the files, and what `upgrade` would refuse or warn of.
    Check(CheckArgs),
    /// Upgrade a small web app behind a proxy while requests run against it, on a stack of its own.
    ///
    /// The image is made out of this executable, so no registry is needed; everything is removed
    /// in the end.
    Demo(DemoArgs),
    /// Print the project as its files resolve, or one thing of it; needs no engine.
    Config(ConfigArgs),
    /// Print the completion script of a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Serve as the demo's web app.
    #[command(hide = true)]
    DemoApp {
        /// The version it answers with.
        answer: String,
    },
    /// Check the demo's web app.
    #[command(hide = true)]
    DemoCheck,
    /// Serve as the demo's reverse proxy.
    #[command(hide = true)]
    DemoProxy {
        /// `host:port` to pass requests on to.
        upstream: String,
    },
    /// Serve in the network namespace of a container, told by standard input.
    #[command(hide = true)]
    DetourHelper {
        /// Name of the table that its rules go into.
        table: String,
    },
}

/// Arguments of `demo`.
#[derive(Debug, Clone, Default, Args)]
pub struct DemoArgs {
    /// Only start the stack, and leave it and its docker-compose.yml in this folder.
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "composeup-demo", value_hint = ValueHint::DirPath)]
    pub keep: Option<PathBuf>,
}

/// Flags of every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Compose file, once for each; the default is what Compose finds.
    #[arg(short, long = "file", global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<String>,
    /// Name of the project.
    #[arg(short, long, global = true, value_name = "NAME")]
    pub project_name: Option<String>,
    /// Folder that relative paths in the files start from.
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub project_directory: Option<PathBuf>,
    /// File of variables instead of `.env`, once for each.
    #[arg(long = "env-file", global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub env_files: Vec<PathBuf>,
    /// Profile to enable, once for each.
    #[arg(long = "profile", global = true, value_name = "NAME")]
    pub profiles: Vec<String>,
    /// Address of the engine, such as `unix:///var/run/docker.sock` or `tcp://10.0.0.5:2375`.
    #[arg(short = 'H', long, global = true, value_name = "ADDRESS")]
    pub host: Option<String>,
    /// How progress is shown.
    #[arg(long, global = true, value_name = "HOW")]
    pub progress: Option<ProgressChoice>,
    /// Print JSON on stdout, and nothing else there.
    #[arg(long, global = true)]
    pub json: bool,
    /// Print only errors and the final line.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print more: notes, and every step as a line.
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
}

/// What `upgrade` and `plan` have in common.
#[derive(Debug, Clone, Default, Args)]
pub struct TargetArgs {
    /// `SERVICE TAG`, or any number of `SERVICE` and `SERVICE=TAG`.
    #[arg(value_name = "SERVICE[=TAG]")]
    pub words: Vec<String>,
    /// When to pull images; the default is the service's `pull_policy`, else `missing`.
    #[arg(long, value_name = "WHEN")]
    pub pull: Option<PullChoice>,
    /// How new containers are judged.
    #[command(flatten)]
    pub ready: ReadyArgs,
    /// Every service of the project, as without any word.
    #[arg(long, conflicts_with = "words")]
    pub all: bool,
    /// How replicas follow each other.
    #[command(flatten)]
    pub rolling: RollingArgs,
}

/// How new containers are judged.
#[derive(Debug, Clone, Default, Args)]
pub struct ReadyArgs {
    /// Without a healthcheck: how long a container must run to count as ready (10s unless given).
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub ready_after: Option<Duration>,
    /// What a new container is asked at its own address before it counts as ready, such as
    /// `http://:8080/healthz` (answered with 2xx or 3xx) or `tcp://:5432`; its healthcheck must pass
    /// all the same.
    #[arg(long, value_name = "URL")]
    pub ready: Option<Question>,
    /// How often in a row it must answer (once unless given).
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub successes: Option<u32>,
    /// How long a ready container must run on before requests are led to it (not at all unless
    /// given).
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub settle: Option<Duration>,
    /// How long a new container may take to become ready (derived from its healthcheck and at least
    /// 60s unless given).
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// How replicas follow each other, and what a failure means; each one wins over
/// `deploy.update_config` of the file.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rolling update")]
pub struct RollingArgs {
    /// Which container runs first: `auto` (start-first where two can run at once), `start-first` or
    /// `stop-first`.
    #[arg(long, value_name = "ORDER")]
    pub order: Option<OrderChoice>,
    /// How many at a time, how they hand over, and what a failure means.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// Take back only the services that fail, and go on with the others.
    #[arg(long)]
    pub keep_going: bool,
}

/// How many replicas at a time, how they hand over, and what a failure means.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rolling update")]
pub struct PolicyArgs {
    /// How many replicas are replaced at a time: a number, `0` for all, or a share such as `25%` (1
    /// unless given).
    #[arg(long, value_name = "NUMBER")]
    pub parallelism: Option<Parallelism>,
    /// Time between a replica and the next one (none unless given).
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub delay: Option<Duration>,
    /// How long after ready a failure of the new container still counts (5s unless given).
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub monitor: Option<Duration>,
    /// What happens when too many replicas fail: `rollback` (unless given), `pause` or `continue`.
    #[arg(long, value_name = "ACTION")]
    pub failure_action: Option<FailureAction>,
    /// The share of the replicas that may fail, from 0 (unless given) to 1.
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    pub max_failure_ratio: Option<f32>,
    /// Whether new connections are led past a container that is not ready or about to stop, by
    /// helpers in the network namespaces of those who talk to it: `auto` (where the engine lets
    /// them) or `off`.
    #[arg(long, value_name = "CHOICE", value_enum, default_value_t)]
    pub detour: DetourChoice,
    /// How long requests that are under way at an old container are waited for before it stops (30s
    /// unless given).
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub drain_timeout: Option<Duration>,
}

/// Arguments of `scale`.
#[derive(Debug, Clone, Default, Args)]
pub struct ScaleArgs {
    /// Services, each with the number of replicas it shall have.
    #[arg(value_name = "SERVICE=NUMBER", required = true)]
    pub words: Vec<String>,
    /// When to pull images; the default is the service's `pull_policy`, else `missing`.
    #[arg(long, value_name = "WHEN")]
    pub pull: Option<PullChoice>,
    /// How new containers are judged.
    #[command(flatten)]
    pub ready: ReadyArgs,
    /// Scale without asking.
    #[arg(short, long)]
    pub yes: bool,
    /// Show the plan and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// How many replicas at a time, how they hand over, and what a failure means.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// Take back only the services that fail, and go on with the others.
    #[arg(long, help_heading = "Rolling update")]
    pub keep_going: bool,
    /// Requests that are sent meanwhile, and the picture of it all.
    #[command(flatten)]
    pub proof: ProofArgs,
    /// What happens while another run has the project.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Requests that prove that nobody notices, and the picture of a rollout.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Proof")]
pub struct ProofArgs {
    /// URL that requests are sent to before, during and after the rollout, once for each; more
    /// failures than before take the rollout back while its new containers are watched (see
    /// `--monitor`).
    #[arg(long = "probe", value_name = "URL", value_hint = ValueHint::Url)]
    pub urls: Vec<String>,
    /// Requests in a second, over all URLs (20 unless given).
    #[arg(long, value_name = "NUMBER", requires = "urls", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub probe_rate: Option<u32>,
    /// Header of every request, once for each; its value is never shown.
    #[arg(long = "probe-header", value_name = "NAME: VALUE", requires = "urls")]
    pub headers: Vec<String>,
    /// Which answers are good: a status such as `200`, a class such as `2xx`, or `body:TEXT` (2xx
    /// and 3xx unless given).
    #[arg(long, value_name = "ANSWER", requires = "urls")]
    pub probe_expect: Option<String>,
    /// How long an answer may take (3s unless given).
    #[arg(long, value_name = "DURATION", requires = "urls", value_parser = duration)]
    pub probe_timeout: Option<Duration>,
    /// How many more requests may fail during the rollout than before it, in proportion (none unless
    /// given).
    #[arg(long, value_name = "NUMBER", requires = "urls")]
    pub probe_max_failures: Option<usize>,
    /// Take any certificate of a front door with TLS.
    #[arg(long, requires = "urls")]
    pub probe_insecure: bool,
    /// Draw the rollout, step by step with the requests, into this file: `.svg` or `.html`.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,
}

/// `--detour`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DetourChoice {
    /// Where the engine lets it.
    #[default]
    Auto,
    /// Never.
    Off,
}

/// Arguments of `upgrade`.
#[derive(Debug, Clone, Default, Args)]
pub struct UpgradeArgs {
    /// What to upgrade, and how.
    #[command(flatten)]
    pub targets: TargetArgs,
    /// Roll out without asking.
    #[arg(short, long)]
    pub yes: bool,
    /// Let services that cannot run twice be down while they are replaced; without a terminal it is
    /// needed for them.
    #[arg(long)]
    pub allow_downtime: bool,
    /// Show the plan and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// Requests that are sent meanwhile, and the picture of it all.
    #[command(flatten)]
    pub proof: ProofArgs,
    /// What happens while another run has the project.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Arguments of `rollback`.
#[derive(Debug, Clone, Default, Args)]
pub struct RollbackArgs {
    /// The service to bring back.
    #[arg(value_name = "SERVICE", required = true)]
    pub services: Vec<String>,
    /// Bring it to what this run of the history brought; what ran before the last one unless given.
    #[arg(long, value_name = "RUN")]
    pub to: Option<String>,
    /// Roll back without asking.
    #[arg(short, long)]
    pub yes: bool,
    /// Let services that cannot run twice be down while they are replaced; without a terminal it is
    /// needed for them.
    #[arg(long)]
    pub allow_downtime: bool,
    /// Show the plan and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// How new containers are judged.
    #[command(flatten)]
    pub ready: ReadyArgs,
    /// How replicas follow each other.
    #[command(flatten)]
    pub rolling: RollingArgs,
    /// Requests that are sent meanwhile, and the picture of it all.
    #[command(flatten)]
    pub proof: ProofArgs,
    /// What happens while another run has the project.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// What happens while another run has the project.
#[derive(Debug, Clone, Default, Args)]
pub struct LockArgs {
    /// How long to wait for another run of the project to end (not at all unless given).
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub lock_wait: Option<Duration>,
}

/// Arguments of `unlock`.
#[derive(Debug, Clone, Default, Args)]
pub struct UnlockArgs {
    /// Unlock without asking.
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `plan`.
#[derive(Debug, Clone, Default, Args)]
pub struct PlanArgs {
    /// What to plan, and how.
    #[command(flatten)]
    pub targets: TargetArgs,
    /// Exit with 20 if there is something to do.
    #[arg(long)]
    pub exit_code: bool,
}

/// Arguments of `abort`.
#[derive(Debug, Clone, Default, Args)]
pub struct AbortArgs {
    /// Only forget the run, and leave its containers as they are.
    #[arg(long)]
    pub leave: bool,
    /// What happens while another run has the project.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Arguments of `history`.
#[derive(Debug, Clone, Default, Args)]
pub struct HistoryArgs {
    /// The service or the run to show; every run of the project unless given.
    #[arg(value_name = "SERVICE|RUN")]
    pub of: Option<String>,
    /// Of one run: every step with its time, and what a failed container said.
    #[arg(long)]
    pub logs: bool,
}

/// Arguments of `check`.
#[derive(Debug, Clone, Default, Args)]
pub struct CheckArgs {
    /// What to look at; every service that has containers unless given.
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
}

/// Arguments of `config`.
#[derive(Debug, Clone, Default, Args)]
pub struct ConfigArgs {
    /// How the project is written.
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub format: ConfigFormat,
    /// What is printed instead.
    #[command(flatten)]
    pub part: ConfigPart,
    /// With `--hash`: release of Compose whose hash is meant, such as `1.29`, `2.26.1-4` or `2.40`;
    /// the newest unless given.
    #[arg(long, value_name = "RELEASE", requires = "hash", value_parser = generation)]
    pub generation: Option<Generation>,
    /// With `--hash`: the hash as `up` writes it on containers, with everything resolved.
    #[arg(long, requires = "hash")]
    pub label: bool,
}

/// One thing of a project.
#[derive(Debug, Clone, Default, Args)]
#[group(multiple = false)]
pub struct ConfigPart {
    /// Print the names of the services, one a line.
    #[arg(long)]
    pub services: bool,
    /// Print the images of the services, one a line.
    #[arg(long)]
    pub images: bool,
    /// Print the names of the profiles, one a line.
    #[arg(long = "profiles")]
    pub profile_names: bool,
    /// Print the config hashes of these services (`a,b`, or `*` for all), `SERVICE HASH` a line.
    #[arg(long, value_name = "SERVICE")]
    pub hash: Option<String>,
}

/// How a project is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ConfigFormat {
    /// YAML.
    #[default]
    Yaml,
    /// JSON; `--json` means it, too.
    Json,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressChoice {
    /// `live` on a terminal, else `plain`.
    Auto,
    /// A moving display.
    Live,
    /// One line for each thing that happened.
    Plain,
    /// One JSON object per line on stdout.
    Json,
    /// Errors and the final line.
    Quiet,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On terminals, unless the environment says otherwise.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// When to pull images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PullChoice {
    /// If the engine does not have them.
    Missing,
    /// Before every upgrade.
    Always,
    /// Not at all.
    Never,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "a duration looks like `10s`, `1m30s` or `500ms`".to_owned())
}

fn ratio(text: &str) -> Result<f32, String> {
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "a ratio is a number from 0 to 1, such as `0.25`".to_owned())
}

fn generation(text: &str) -> Result<Generation, String> {
    Generation::of_release(text).ok_or_else(|| {
        "a release looks like `1.29`, `2.26.1-4` or `2.40`; the oldest of v2 are not known"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> CommandLine {
        CommandLine::try_parse_from(line.split(' ')).unwrap()
    }

    #[test]
    fn the_definitions_are_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_before_or_after_the_command() {
        for line in [
            "composeup -f a.yml --json upgrade web 1.9",
            "composeup upgrade web 1.9 -f a.yml --json",
        ] {
            let global = parse(line).global;
            assert_eq!((global.files, global.json), (vec!["a.yml".to_owned()], true), "{line}");
        }
    }

    #[test]
    fn the_words_of_an_upgrade_are_kept_in_order() {
        let Command::Upgrade(args) = parse("composeup upgrade web=1.9 -y worker=2").command else {
            panic!("not an upgrade");
        };
        assert!(args.yes);
        assert_eq!(args.targets.words, ["web=1.9", "worker=2"]);
    }

    #[test]
    fn durations_are_those_of_compose() {
        let Command::Plan(args) = parse("composeup plan web --timeout 1m30s").command else {
            panic!("not a plan");
        };
        assert_eq!(args.targets.ready.timeout, Some(Duration::from_secs(90)));
        let wrong = CommandLine::try_parse_from(["composeup", "plan", "--timeout", "90"]);
        assert!(wrong.unwrap_err().to_string().contains("`1m30s`"));
    }
}
