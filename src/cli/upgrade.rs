//! `composeup upgrade`: brings services to another tag, or to what the files say.

use super::args::UpgradeArgs;
use super::line::{Consent, Order, command, roll_out};
use super::proof::Proof;
use super::request::Request;
use super::settings::Settings;
use crate::error::{Error, ExitStatus};
use crate::plan::Plan;
use crate::report::words::image_change;
use crate::rollout::Cancel;
use crate::text::{count, list};

/// Upgrades, and says how it ended.
pub(super) async fn run(
    args: &UpgradeArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let &UpgradeArgs { yes, allow_downtime, dry_run, .. } = args;
    let order = Order {
        read: async || Request::read(settings, &args.targets),
        command: command("upgrade", &args.targets.words),
        consent: Consent { yes, allow_downtime, dry_run },
        question,
        wait: args.lock.lock_wait.unwrap_or_default(),
        proof: Proof::of(&args.proof, settings)?,
        settings,
        cancel,
    };
    Box::pin(roll_out(&order)).await
}

/// Repeats what will happen.
fn question(plan: &Plan) -> String {
    let project = &plan.project;
    match plan.services.as_slice() {
        [] => format!("Write the files of {project}?"),
        [one] => {
            let change = image_change(&one.from_image, &one.to_image);
            let replicas = count(one.replacements.len(), "replica");
            format!("Upgrade {} of {project}: {change}, {replicas}?", one.service)
        }
        many => {
            let names: Vec<&str> = many.iter().map(|service| service.service.as_str()).collect();
            let replicas = count(plan.replicas(), "replica");
            format!("Upgrade {} of {project}: {replicas}?", list(&names))
        }
    }
}
