//! `composeup demo`, and what runs in its containers.

use std::fs;
use std::io;
use std::path::Path;

use super::args::{DemoArgs, TargetArgs, UpgradeArgs};
use super::request::connect;
use super::settings::Settings;
use super::{output, upgrade};
use crate::compose::LoadOptions;
use crate::demo::{self, Demo};
use crate::error::{Error, ExitStatus};
use crate::rollout::Cancel;

/// Shows the demo, or leaves its stack in a folder.
pub(super) async fn run(
    args: &DemoArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let docker = cancel.guard(connect(settings)).await?;
    let demo = Demo {
        docker: &docker,
        cancel,
        upgrade: async |folder: &Path, tag: &str| upgrade_web(settings, cancel, folder, tag).await,
        say: &output::stderr,
    };
    if let Some(folder) = &args.keep {
        let folder = settings.load.cwd.join(folder);
        fs::create_dir_all(&folder).map_err(|error| cannot("make the folder", &error))?;
        return demo.keep(&folder).await;
    }
    let folder = tempfile::Builder::new().prefix("composeup-demo-").tempdir();
    demo.show(folder.map_err(|error| cannot("make a folder", &error))?.path()).await
}

/// As if `composeup upgrade --yes web TAG` was said in the folder.
async fn upgrade_web(
    settings: &Settings,
    cancel: &Cancel,
    folder: &Path,
    tag: &str,
) -> Result<ExitStatus, Error> {
    let load = LoadOptions { cwd: folder.to_owned(), ..LoadOptions::default() };
    let settings = Settings { load, ..settings.clone() };
    let targets = TargetArgs { words: vec![format!("web={tag}")], ..TargetArgs::default() };
    let args = UpgradeArgs { targets, yes: true, ..UpgradeArgs::default() };
    Box::pin(upgrade::run(&args, &settings, cancel)).await
}

/// Serves the demo's web app until it is asked to stop.
pub(super) async fn serve_app(version: &str, cancel: &Cancel) -> Result<ExitStatus, Error> {
    ended("serve", demo::serve_app(version.to_owned(), cancel.requested(1)).await)
}

/// Serves the demo's proxy until it is asked to stop.
pub(super) async fn serve_proxy(upstream: &str, cancel: &Cancel) -> Result<ExitStatus, Error> {
    ended("serve", demo::serve_proxy(upstream.to_owned(), cancel.requested(1)).await)
}

/// Checks the demo's web app, as its HEALTHCHECK.
pub(super) async fn check() -> Result<ExitStatus, Error> {
    ended("reach the app", demo::check().await)
}

fn ended(what: &str, end: io::Result<()>) -> Result<ExitStatus, Error> {
    end.map_err(|error| cannot(what, &error))?;
    Ok(ExitStatus::Ok)
}

fn cannot(what: &str, error: &io::Error) -> Error {
    Error::Internal { message: format!("cannot {what}: {error}") }
}
