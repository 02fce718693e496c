//! The demo from beginning to end.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

use super::load::{Load, RATE, Tally};
use super::stack::{FILE, Stack, VERSIONS};
use crate::engine::docker::Docker;
use crate::error::{Error, ExitStatus};
use crate::rollout::Cancel;
use crate::text;

/// How long each version serves before and after the upgrade.
const ALONE: Duration = Duration::from_secs(2);

/// What the demo needs of the program around it.
pub struct Demo<'a, U> {
    /// The engine.
    pub docker: &'a Docker,
    /// Requests to stop.
    pub cancel: &'a Cancel,
    /// Upgrades service `web` of the project in a folder to a tag, as `composeup upgrade` does.
    pub upgrade: U,
    /// Tells the user something.
    pub say: &'a dyn Fn(&str),
}

impl<U: AsyncFn(&Path, &str) -> Result<ExitStatus, Error>> Demo<'_, U> {
    /// Upgrades a stack of its own in `folder` under load, and removes everything again.
    ///
    /// # Errors
    ///
    /// Whatever stands in the way; what was made is removed then, too.
    pub async fn show(&self, folder: &Path) -> Result<ExitStatus, Error> {
        let stack = Stack::write(self.docker, folder)?;
        let shown = self.upgrade_under_load(&stack, folder).await;
        (self.say)("\nCleaning up: containers, network and images\n");
        stack.remove().await?;
        shown
    }

    /// Leaves a stack in `folder`, ready to be upgraded.
    ///
    /// # Errors
    ///
    /// Whatever stands in the way; what was made on the engine is removed then.
    pub async fn keep(&self, folder: &Path) -> Result<ExitStatus, Error> {
        let stack = Stack::write(self.docker, folder)?;
        if let Err(error) = self.start(&stack).await {
            stack.remove().await?;
            return Err(error);
        }
        let program = std::env::current_exe().unwrap_or_else(|_| "composeup".into());
        (self.say)(&format!(
            "\nVersion {} serves at http://{}/ and stays. Upgrade it with\n\n    \
             cd {} && {} upgrade web {}\n\nand remove it in the end with `docker compose down`.\n",
            VERSIONS[0],
            stack.address,
            folder.display(),
            program.display(),
            VERSIONS[1],
        ));
        Ok(ExitStatus::Ok)
    }

    async fn upgrade_under_load(
        &self,
        stack: &Stack<'_>,
        folder: &Path,
    ) -> Result<ExitStatus, Error> {
        self.start(stack).await?;
        (self.say)(&format!("Sending {RATE} requests a second through the proxy\n\n"));
        let load = Load::start(stack.address);
        self.cancel.guard(alone()).await?;
        let status = (self.upgrade)(folder, VERSIONS[1]).await?;
        if status == ExitStatus::Ok {
            self.cancel.guard(alone()).await?;
        }
        let tally = load.finish().await;
        (self.say)(&render(&tally));
        Ok(status)
    }

    async fn start(&self, stack: &Stack<'_>) -> Result<(), Error> {
        (self.say)("Making images out of this executable\n");
        self.cancel.guard(stack.import()).await?;
        (self.say)(&format!("Starting a web app behind a proxy, as {FILE} says\n"));
        self.cancel.guard(stack.start()).await
    }
}

async fn alone() -> Result<(), Error> {
    sleep(ALONE).await;
    Ok(())
}

fn render(tally: &Tally) -> String {
    let Tally { sent, failed, slowest, versions } = tally;
    let slowest = slowest.as_millis();
    let mut text = format!("\nRequests     {sent} sent, {failed} failed, slowest {slowest}ms\n");
    for served in versions {
        let time = text::duration(served.last.saturating_sub(served.first));
        let answers = text::count(served.answers, "answer");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "Version {}    served for {time}: {answers}", served.version);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::load::Served;

    #[test]
    fn the_end_tells_failures_and_how_long_each_version_served() {
        let served = |version: &str, first, last, answers| Served {
            version: version.into(),
            first: Duration::from_millis(first),
            last: Duration::from_millis(last),
            answers,
        };
        let tally = Tally {
            sent: 1000,
            failed: 0,
            slowest: Duration::from_millis(48),
            versions: vec![served("1", 0, 6100, 610), served("2", 5000, 10_000, 390)],
        };
        insta::assert_snapshot!(render(&tally), @"
        Requests     1000 sent, 0 failed, slowest 48ms
        Version 1    served for 6.1s: 610 answers
        Version 2    served for 5s: 390 answers
        ");
    }
}
