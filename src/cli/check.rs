//! `composeup check`: which Compose made the containers, and what stands in the way of an upgrade.

use super::args::CheckArgs;
use super::output;
use super::plan::plan_text;
use super::request::{Request, connect};
use super::settings::Settings;
use crate::error::{Error, ExitStatus};
use crate::plan::Check;
use crate::plan::steps::Level;
use crate::report::check_json::check_json;
use crate::report::check_text::check_text;
use crate::rollout::Cancel;

/// Looks, prints, and says how bad it is. Nothing is ever changed.
pub(super) async fn run(
    args: &CheckArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let looked = async {
        let request = Request::look_at(settings, &args.services)?;
        request.check(&connect(settings).await?).await
    };
    let check = cancel.guard(looked).await?;
    show(&check, settings);
    Ok(match check.worst() {
        Some(Level::Error) => ExitStatus::Refused,
        Some(Level::Warning) => ExitStatus::Pending,
        Some(Level::Note) | None => ExitStatus::Ok,
    })
}

fn show(check: &Check, settings: &Settings) {
    if settings.is_json() {
        output::stdout(&format!("{}\n", check_json(check)));
    } else {
        output::stdout(&check_text(check, plan_text(settings, settings.stdout)));
    }
}
