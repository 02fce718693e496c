//! Where requests are led from an old container to its new one.

use super::build::Rolling;
use super::steps::{Handover, Order};
use crate::engine::api::Inspection;

/// Networks whose names the engine gives: nobody is found there by name, and nothing else there
/// would keep translating established connections once the helpers are gone.
const WITHOUT_NAMES: [&str; 3] = ["bridge", "host", "none"];

/// How requests are led, if both containers run at once on a network that has names.
pub(super) fn handover(rolling: &Rolling, order: Order, old: &[Inspection]) -> Option<Handover> {
    let has_names = |network: &String| !WITHOUT_NAMES.contains(&network.as_str());
    let is_found = old.iter().any(|one| one.networks().keys().any(has_names));
    rolling.handover.clone().filter(|_| order == Order::StartFirst && is_found)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn requests_are_led_where_both_run_at_once_on_a_network_with_names() {
        let rolling = Rolling {
            handover: Some(Handover { drain_timeout: Duration::from_secs(30) }),
            ..Rolling::default()
        };
        let on = |network: &str| {
            [Inspection(json!({ "NetworkSettings": { "Networks": { network: {} } } }))]
        };
        let is_led =
            |rolling: &Rolling, order, network| handover(rolling, order, &on(network)).is_some();
        assert!(is_led(&rolling, Order::StartFirst, "shop_default"));
        assert!(!is_led(&rolling, Order::StopFirst, "shop_default"));
        assert!(!is_led(&rolling, Order::StartFirst, "bridge"));
        assert!(!is_led(&Rolling::default(), Order::StartFirst, "shop_default"));
    }
}
