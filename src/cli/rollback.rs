//! `composeup rollback`: brings services back to what they ran before.

use super::args::RollbackArgs;
use super::history::past;
use super::line::{Consent, Order, command, roll_out_on};
use super::proof::Proof;
use super::request::{Request, connect};
use super::runs::Runs;
use super::settings::Settings;
use crate::engine::Engine;
use crate::error::{Error, ExitStatus};
use crate::journal::{ImageRef, earlier_image};
use crate::plan::Plan;
use crate::report::words::image_change;
use crate::rollout::Cancel;
use crate::text::list;

/// Brings back, and says how it ended.
pub(super) async fn run(
    args: &RollbackArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let &RollbackArgs { yes, allow_downtime, dry_run, .. } = args;
    let proof = Proof::of(&args.proof, settings)?;
    let runs = Runs::of(settings)?;
    let engine = cancel.guard(async { connect(settings).await }).await?;
    let order = Order {
        read: async || {
            let earlier = earlier(&runs, &engine, args).await?;
            Request::bring_back(settings, earlier, &args.ready, &args.rolling)
        },
        command: command("rollback", &args.services),
        consent: Consent { yes, allow_downtime, dry_run },
        question,
        wait: args.lock.lock_wait.unwrap_or_default(),
        proof,
        settings,
        cancel,
    };
    let request = cancel.guard((order.read)()).await?;
    Box::pin(roll_out_on(&order, request, &runs, &engine)).await
}

/// What each service ran before, as far as journals and labels tell.
async fn earlier(
    runs: &Runs,
    engine: &impl Engine,
    args: &RollbackArgs,
) -> Result<Vec<(String, ImageRef)>, Error> {
    let past = past(runs, engine).await?;
    let earlier = args.services.iter().map(|service| {
        let image = earlier_image(&past, service, args.to.as_deref());
        let unknown = || Error::NoEarlierImage { service: service.clone(), to: args.to.clone() };
        Ok((service.clone(), image.ok_or_else(unknown)?))
    });
    earlier.collect()
}

/// Repeats what will happen.
fn question(plan: &Plan) -> String {
    let services = plan.services.iter();
    let changes: Vec<String> = services
        .map(|one| format!("{} ({})", one.service, image_change(&one.from_image, &one.to_image)))
        .collect();
    format!("Roll back {} of {}?", list(&changes), plan.project)
}
