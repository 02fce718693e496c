//! What the user has to point a proxy at a new container, and where it cannot work.

use std::path::Path;

use super::steps::{Finding, Level, Order, Switch};
use super::wishes::Wishes;

/// The command, in the folder of the project.
pub(super) fn switch(wishes: &Wishes, dir: &Path) -> Option<Switch> {
    let command = wishes.switch.clone();
    (!command.is_empty()).then(|| Switch { command, dir: dir.to_owned() })
}

/// Where the two never run at once there is nothing to switch from and back to.
pub(super) fn findings(service: &str, wishes: &Wishes, order: Order) -> Option<Finding> {
    let what = format!(
        "`{service}` is replaced stop-first, and its `switch` needs the old and the new container at \
         once"
    );
    let is_impossible = !wishes.switch.is_empty() && order == Order::StopFirst;
    is_impossible.then(|| {
        Finding::new(Level::Error, Some(service), what)
            .with_hint("let two containers run at once, or take `switch` out of `x-composeup`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_needs_both_containers_at_once() {
        let wishes = Wishes { switch: vec!["./switch".into()], ..Wishes::default() };
        assert!(findings("web", &wishes, Order::StopFirst).unwrap().is_error());
        assert_eq!(findings("web", &wishes, Order::StartFirst), None);
        assert_eq!(findings("web", &Wishes::default(), Order::StopFirst), None);
    }

    #[test]
    fn the_command_runs_in_the_folder_of_the_project() {
        let wishes = Wishes { switch: vec!["./switch".into()], ..Wishes::default() };
        let dir = Path::new("/srv/shop");
        assert_eq!(switch(&wishes, dir).unwrap().dir, dir);
        assert_eq!(switch(&Wishes::default(), dir), None);
    }
}
