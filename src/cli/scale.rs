//! `composeup scale`: changes the number of replicas.

use super::args::ScaleArgs;
use super::line::{Consent, Order, command, roll_out};
use super::proof::Proof;
use super::request::Request;
use super::settings::Settings;
use crate::error::{Error, ExitStatus};
use crate::plan::Plan;
use crate::plan::steps::ServicePlan;
use crate::rollout::Cancel;
use crate::text::list;

/// Scales, and says how it ended.
pub(super) async fn run(
    args: &ScaleArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    // Nothing is replaced, so that nothing is down meanwhile.
    let consent = Consent { yes: args.yes, allow_downtime: true, dry_run: args.dry_run };
    let order = Order {
        read: async || Request::scale(settings, args),
        command: command("scale", &args.words),
        consent,
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
    let services: Vec<String> = plan.services.iter().map(change).collect();
    format!("Scale {} of {}?", list(&services), plan.project)
}

/// `web (2 more)`.
fn change(service: &ServicePlan) -> String {
    let more = service.new_replicas();
    let fewer = service.replacements.len() - more;
    let change = if more > 0 { format!("{more} more") } else { format!("{fewer} fewer") };
    format!("{} ({change})", service.service)
}
