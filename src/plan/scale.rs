//! What deserves a word where only the number of replicas changes.

use super::steps::{Finding, Level};
use crate::compose::model::Service;

/// The remarks about a service that gets `wanted` replicas; `is_mixed` if new ones come beside old
/// ones that are not as the file says.
#[must_use]
pub(super) fn findings(service: &Service, wanted: u32, is_mixed: bool) -> Vec<Finding> {
    let mixed = is_mixed.then(|| mixed(service));
    [mixed, undone_by_up(service, wanted)].into_iter().flatten().collect()
}

/// Compose's next `up` goes by the file: to its number, or to one replica.
fn undone_by_up(service: &Service, wanted: u32) -> Option<Finding> {
    let name = &service.name;
    let (number, why) = match service.replicas() {
        Some(number) => (number, "as the file says"),
        None => (1, "since the file names no number"),
    };
    (number != wanted).then(|| {
        let what = format!("the next `docker compose up` brings `{name}` back to {number}, {why}");
        let hint = format!(
            "write the number into the file: `deploy: {{replicas: {wanted}}}` or `scale: {wanted}`"
        );
        Finding::new(Level::Warning, Some(name), what).with_hint(hint)
    })
}

fn mixed(service: &Service) -> Finding {
    let name = &service.name;
    let what = format!(
        "`{name}` is not as the file says: what is new is, and the others stay as they are"
    );
    let hint = format!("run `composeup upgrade {name}` before or after");
    Finding::new(Level::Warning, Some(name), what).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use crate::engine::api::Inspection;
    use crate::plan::steps::Plan;
    use crate::plan::{PlanError, PlanOptions, plan, sample};

    /// Scales `web` of this file from one replica to `number`.
    fn scaled(
        yaml: &str,
        number: u32,
        change: impl Fn(&mut Inspection),
    ) -> Result<Plan, PlanError> {
        let project = sample::project(yaml);
        let mut container = sample::container(&project, "web");
        change(&mut container);
        let observed = sample::observed(&project, &[container]);
        let situation = sample::situation(&project, &project, &observed);
        let mut options: PlanOptions = sample::options(&["web"]);
        options.rolling.scale.insert("web".into(), number);
        plan(&situation, &options)
    }

    fn said(plan: &Plan) -> Vec<&str> {
        plan.findings.iter().map(|finding| finding.message.as_str()).collect()
    }

    const PLAIN: &str = "
services:
  web: {image: app, healthcheck: {test: [CMD, ok]}}
";

    #[test]
    fn a_number_that_the_file_does_not_name_is_undone_by_the_next_up() {
        let plan = scaled(PLAIN, 3, |_| {}).unwrap();
        assert_eq!(
            said(&plan),
            ["the next `docker compose up` brings `web` back to 1, since the file names no number"]
        );
        let numbers: Vec<u32> =
            plan.services[0].replacements.iter().map(|pair| pair.replica).collect();
        assert_eq!(numbers, [2, 3]);
    }

    #[test]
    fn the_number_of_the_file_needs_no_word() {
        let yaml = PLAIN.replace("image: app", "image: app, scale: 3");
        assert_eq!(said(&scaled(&yaml, 3, |_| {}).unwrap()), [""; 0]);
        assert_eq!(
            said(&scaled(&yaml, 2, |_| {}).unwrap()),
            ["the next `docker compose up` brings `web` back to 3, as the file says"]
        );
    }

    #[test]
    fn what_is_not_as_the_file_says_is_not_replaced_and_said() {
        let labels = |one: &mut Inspection| {
            one.0["Config"]["Labels"][crate::labels::CONFIG_HASH] = "of another file".into();
        };
        let plan = scaled(PLAIN, 2, labels).unwrap();
        assert!(plan.services[0].replacements.iter().all(|pair| pair.old.is_none()));
        assert!(said(&plan).iter().any(|said| said.starts_with("`web` is not as the file says")));
    }

    #[test]
    fn nothing_new_needs_no_image_and_no_healthcheck() {
        let yaml = "services: {web: {image: gone, scale: 1}}";
        let plan = scaled(yaml, 0, |_| {}).unwrap();
        assert_eq!((plan.pulls.len(), plan.services[0].replacements.len()), (0, 1));
        assert_eq!(
            said(&plan),
            ["the next `docker compose up` brings `web` back to 1, as the file says"]
        );
    }

    #[test]
    fn what_cannot_run_twice_is_not_scaled() {
        let yaml = PLAIN.replace("image: app", "image: app, container_name: the-web");
        let Err(PlanError::Refused { findings }) = scaled(&yaml, 2, |_| {}) else {
            panic!("it is refused")
        };
        assert!(findings[0].message.contains("container_name"), "{findings:?}");
    }

    #[test]
    fn the_number_that_is_there_is_nothing_to_do() {
        assert!(scaled(PLAIN, 1, |_| {}).unwrap().is_empty());
    }
}
