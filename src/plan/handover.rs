//! Where requests are led from an old container to its new one.

use std::time::Duration;

use super::build::Rolling;
use super::steps::{Handover, Order};
use super::wishes::Wishes;
use crate::engine::api::Inspection;

/// Networks whose names the engine gives.
const WITHOUT_NAMES: [&str; 3] = ["bridge", "host", "none"];

/// How long requests at an old container are waited for, if nobody says otherwise.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// Whether containers are found by name on a network. On those where they are not, nothing else
/// would keep translating established connections once the helpers are gone.
#[must_use]
pub fn has_names(network: &str) -> bool {
    !WITHOUT_NAMES.contains(&network)
}

/// How requests are led, if both containers run at once on a network that has names.
pub(super) fn handover(
    rolling: &Rolling,
    wishes: &Wishes,
    order: Order,
    old: &[Inspection],
) -> Option<Handover> {
    let is_found = old.iter().any(|one| one.networks().keys().any(|network| has_names(network)));
    let drain_timeout = rolling.drain_timeout.or(wishes.drain_timeout).unwrap_or(DRAIN_TIMEOUT);
    let is_led = rolling.detour && order == Order::StartFirst && is_found;
    is_led.then_some(Handover { drain_timeout })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_are_led_where_both_run_at_once_on_a_network_with_names() {
        let rolling = Rolling { detour: true, ..Rolling::default() };
        let on = |network: &str| {
            [Inspection(json!({ "NetworkSettings": { "Networks": { network: {} } } }))]
        };
        let is_led = |rolling: &Rolling, order, network| {
            handover(rolling, &Wishes::default(), order, &on(network)).is_some()
        };
        assert!(is_led(&rolling, Order::StartFirst, "shop_default"));
        assert!(!is_led(&rolling, Order::StopFirst, "shop_default"));
        assert!(!is_led(&rolling, Order::StartFirst, "bridge"));
        assert!(!is_led(&Rolling::default(), Order::StartFirst, "shop_default"));
    }

    #[test]
    fn the_drain_lasts_as_the_flag_says_else_as_the_file_wishes() {
        let old = [Inspection(json!({ "NetworkSettings": { "Networks": { "shop": {} } } }))];
        let lasts = |flag: Option<u64>, file: Option<u64>| {
            let drain_timeout = flag.map(Duration::from_secs);
            let rolling = Rolling { detour: true, drain_timeout, ..Rolling::default() };
            let drain_timeout = file.map(Duration::from_secs);
            let wishes = Wishes { drain_timeout, ..Wishes::default() };
            handover(&rolling, &wishes, Order::StartFirst, &old).unwrap().drain_timeout.as_secs()
        };
        assert_eq!([lasts(Some(1), Some(2)), lasts(None, Some(2)), lasts(None, None)], [1, 2, 30]);
    }
}
