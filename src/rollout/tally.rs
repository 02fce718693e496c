//! How far each service came.

use super::state::State;
use crate::journal::outcome::ServiceSummary;

/// What is said of each service at the end.
pub(super) fn services(state: &State) -> Vec<ServiceSummary> {
    let services = state.plan().services.iter().enumerate();
    let summary = services.map(|(index, service)| ServiceSummary {
        service: service.service.clone(),
        from_image: service.from_image.clone(),
        to_image: service.to_image.clone(),
        replicas: service.replacements.len(),
        changed: {
            let all = state.plan().replacements().filter(|of| of.service == index);
            all.filter(|of| state.is_changed(*of)).count()
        },
    });
    summary.collect()
}
