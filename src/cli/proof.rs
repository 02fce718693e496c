//! What the flags say of requests that are sent during a rollout, and of its picture.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::args::ProofArgs;
use super::picture::{Form, Picture};
use super::settings::Settings;
use crate::error::Error;
use crate::probe::{Expect, Probe, Setup, without_secrets};
use crate::report::Reporter;

/// Requests in a second, over all URLs.
const RATE: u32 = 20;
/// How long an answer may take: shorter than new containers are watched, so that a version which
/// answers nothing is noticed in time.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What is to be proven of a rollout, and drawn.
#[derive(Debug)]
pub(super) struct Proof {
    setup: Option<Setup>,
    picture: Option<(PathBuf, Form)>,
}

impl Proof {
    /// What the flags say.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for what cannot be understood; secrets are not shown.
    pub(super) fn of(args: &ProofArgs, settings: &Settings) -> Result<Self, Error> {
        let setup = if args.urls.is_empty() { None } else { Some(setup(args)?) };
        let picture = args.report.as_ref().map(|shown| {
            let path = settings.load.cwd.join(shown);
            Form::of(&path, &shown.display()).map(|form| (path, form))
        });
        Ok(Self { setup, picture: picture.transpose()? })
    }

    /// Starts sending, if anything is to be sent.
    pub(super) fn start(&self) -> Result<Option<Probe>, Error> {
        let probe = self.setup.clone().map(Probe::start).transpose();
        probe.map_err(|error| Error::NoProbe { reason: error.to_string() })
    }

    /// A reporter that draws beside what another one shows, if a picture is asked for.
    pub(super) fn draw(&self, shown: Box<dyn Reporter>) -> Box<dyn Reporter> {
        match self.picture.clone() {
            Some((path, form)) => Box::new(Picture::new(shown, path, form)),
            None => shown,
        }
    }
}

fn setup(args: &ProofArgs) -> Result<Setup, Error> {
    let targets = args.urls.iter().map(|url| {
        read(url).map_err(|wrong| usage(format!("`--probe {}` {wrong}", without_secrets(url))))
    });
    let headers = args.headers.iter().enumerate().map(|(index, header)| {
        let place = match args.headers.len() {
            1 => String::new(),
            _ => format!(" number {}", index + 1),
        };
        read(header).map_err(|wrong| usage(format!("`--probe-header`{place} {wrong}")))
    });
    let expect = match &args.probe_expect {
        Some(text) => {
            read(text).map_err(|wrong| usage(format!("`--probe-expect {text}` {wrong}")))?
        }
        None => Expect::default(),
    };
    Ok(Setup {
        targets: targets.collect::<Result<_, _>>()?,
        rate: args.probe_rate.unwrap_or(RATE),
        timeout: args.probe_timeout.unwrap_or(TIMEOUT),
        headers: headers.collect::<Result<_, _>>()?,
        expect,
        max_failures: args.probe_max_failures.unwrap_or_default(),
        trusts_anybody: args.probe_insecure,
    })
}

fn read<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|wrong: T::Err| wrong.to_string())
}

fn usage(message: String) -> Error {
    Error::Usage { message }
}
