//! Why there is no plan.

use super::steps::Finding;
use crate::engine::spec::SpecError;
use crate::error::ExitStatus;

/// No plan could be made, or the plan must not be executed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The project has no such service.
    #[error("project `{project}` has no service `{service}`")]
    UnknownService {
        /// Name of the project.
        project: String,
        /// The name asked for.
        service: String,
        /// The services there are.
        known: Vec<String>,
    },
    /// A service cannot be made into a container as Compose would make it.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The project changed between the plan that was agreed to and the rollout.
    #[error("nothing was changed: the containers or files changed since the plan was made")]
    Stale,
    /// Findings of level error stand in the way.
    #[error("nothing was changed: the plan is refused")]
    Refused {
        /// All of them, errors and others.
        findings: Vec<Finding>,
    },
}

impl PlanError {
    /// The exit status that tells the truth about this error.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::UnknownService { .. } => ExitStatus::Project,
            Self::Spec(_) | Self::Stale | Self::Refused { .. } => ExitStatus::Refused,
        }
    }

    /// What the user can do.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::UnknownService { service, known, .. } => {
                let near = crate::text::did_you_mean(service, known.iter().map(String::as_str));
                match near {
                    Some(name) => vec![format!("did you mean `{name}`?")],
                    None => vec![format!("its services are: {}", known.join(", "))],
                }
            }
            Self::Spec(error) => error.hints(),
            Self::Stale => vec!["run the command again".into()],
            Self::Refused { findings } => {
                let errors = findings.iter().filter(|finding| finding.is_error());
                errors.filter_map(|finding| finding.hint.clone()).collect()
            }
        }
    }
}
