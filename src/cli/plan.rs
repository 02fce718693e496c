//! `composeup plan`: what `upgrade` would do.

use super::args::PlanArgs;
use super::output;
use super::request::{Request, connect};
use super::settings::Settings;
use crate::error::{Error, ExitStatus};
use crate::plan::Plan;
use crate::report::plan_json::plan_json;
use crate::report::plan_text::PlanText;
use crate::report::style::Style;
use crate::rollout::Cancel;

/// Plans, prints, and says whether there is something to do.
pub(super) async fn run(
    args: &PlanArgs,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<ExitStatus, Error> {
    let planned = async {
        let request = Request::read(settings, &args.targets)?;
        request.plan(&connect(settings).await?).await
    };
    let plan = cancel.guard(planned).await?;
    show(&plan, settings);
    let is_pending = args.exit_code && !plan.is_empty();
    Ok(if is_pending { ExitStatus::Pending } else { ExitStatus::Ok })
}

/// Prints the plan on stdout, where data goes.
pub(super) fn show(plan: &Plan, settings: &Settings) {
    if settings.is_json() {
        output::stdout(&format!("{}\n", plan_json(plan)));
    } else {
        output::stdout(&plan_text(settings, settings.stdout).render(plan));
    }
}

/// How plans look under these settings.
pub(super) fn plan_text(settings: &Settings, style: Style) -> PlanText {
    PlanText { style, width: settings.width, verbose: settings.verbose }
}
