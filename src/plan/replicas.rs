//! Which replicas of a service change: replaced, added or removed.

use crate::engine::api::Inspection;

/// One replica that changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change<'a> {
    /// Its number.
    pub number: u32,
    /// The container it has.
    pub old: Option<&'a Inspection>,
    /// Whether it gets a new one.
    pub is_wanted: bool,
}

/// The changes that bring `containers` (in the order of their numbers) to `wanted` replicas, none
/// of them diverged. As Compose does it, the highest numbers go, and new ones get the numbers after
/// the highest.
#[must_use]
pub fn changes(
    containers: &[Inspection],
    wanted: u32,
    is_diverged: impl Fn(&Inspection) -> bool,
) -> Vec<Change<'_>> {
    let wanted = wanted as usize;
    let kept = containers.iter().take(wanted).filter(|old| is_diverged(old));
    let replaced = kept.map(|old| Change { number: number(old), old: Some(old), is_wanted: true });
    let gone = containers.iter().skip(wanted);
    let removed = gone.map(|old| Change { number: number(old), old: Some(old), is_wanted: false });
    let highest = containers.iter().map(number).max().unwrap_or(0);
    let missing = u32::try_from(wanted.saturating_sub(containers.len())).unwrap_or(0);
    let added =
        (1..=missing).map(|more| Change { number: highest + more, old: None, is_wanted: true });
    replaced.chain(removed).chain(added).collect()
}

fn number(container: &Inspection) -> u32 {
    container.number().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::labels;

    fn container(number: u32) -> Inspection {
        let labels = json!({ labels::CONTAINER_NUMBER: number.to_string() });
        Inspection(json!({ "Config": { "Labels": labels } }))
    }

    /// `~` replaced, `-` removed, `+` added.
    fn shown(found: &[u32], wanted: u32, diverged: &[u32]) -> String {
        let containers: Vec<Inspection> = found.iter().map(|number| container(*number)).collect();
        let is_diverged = |one: &Inspection| diverged.contains(&one.number().unwrap());
        let word = |change: &Change| {
            let mark = match (change.old.is_some(), change.is_wanted) {
                (true, true) => '~',
                (true, false) => '-',
                (false, _) => '+',
            };
            format!("{mark}{}", change.number)
        };
        let changes = changes(&containers, wanted, is_diverged);
        changes.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn only_what_diverged_is_replaced() {
        assert_eq!(shown(&[1, 2, 3], 3, &[1, 3]), "~1 ~3");
        assert_eq!(shown(&[1, 2], 2, &[]), "");
    }

    #[test]
    fn more_replicas_get_the_next_numbers_and_gaps_stay() {
        assert_eq!(shown(&[2, 5], 4, &[2]), "~2 +6 +7");
    }

    #[test]
    fn fewer_replicas_lose_the_highest_numbers() {
        assert_eq!(shown(&[1, 2, 3], 1, &[1, 2, 3]), "~1 -2 -3");
        assert_eq!(shown(&[1, 2], 0, &[]), "-1 -2");
    }
}
