//! What was found about a project, as a person gets to see it.

use console::measure_text_width;

use super::layout::{pad, wrap};
use super::plan_text::PlanText;
use super::style::Tone;
use crate::plan::Proof;
use crate::plan::check::{Check, ServiceCheck};
use crate::plan::steps::{Finding, Level};
use crate::text::count;

/// Widest column of names.
const NAME: usize = 24;

/// The whole check in the style of a plan: services, findings, one line that sums it up.
#[must_use]
pub fn check_text(check: &Check, look: PlanText) -> String {
    let findings: Vec<Finding> = check.all_findings().cloned().collect();
    let paragraphs = [
        look.headline(&check.project, &check.files, &check.endpoint),
        services(check, look),
        look.findings(&findings),
        total(check, look),
    ];
    let shown: Vec<String> = paragraphs.into_iter().filter(|text| !text.is_empty()).collect();
    shown.join("\n")
}

fn services(check: &Check, look: PlanText) -> String {
    let names = check.services.iter().map(|service| measure_text_width(&service.service));
    let width = names.max().unwrap_or(0).min(NAME);
    check.services.iter().map(|service| row(service, width, look)).collect()
}

fn row(service: &ServiceCheck, name: usize, look: PlanText) -> String {
    let mark = if service.equal == service.containers {
        look.style.paint(Tone::Faint, "=")
    } else {
        look.style.paint(Tone::Warning, "~")
    };
    let start = format!("  {mark} {} ", pad(&service.service, name));
    wrap(&start, &provenance(service), name + 8, look.width) + "\n"
}

fn provenance(service: &ServiceCheck) -> String {
    let ServiceCheck { version, proof, containers, equal, .. } = service;
    if *containers == 0 {
        return "no container".into();
    }
    let made_by = version.as_ref().map_or("Compose".into(), |label| format!("Compose {label}"));
    let hash = match *equal {
        0 => "config hash differs".into(),
        all if all == *containers => "config hash equal".into(),
        some => format!("config hash equal in {some} of {containers}"),
    };
    format!("{made_by}, {hash}, {} ({})", how(*proof), proof.generation().releases())
}

/// How the generation is known.
fn how(proof: Proof) -> &'static str {
    match proof {
        Proof::Files(_) => "proven by the files",
        Proof::FilesWithItsImage(_) => "proven by the files with its own image",
        Proof::VersionLabel(_) => "assumed by its label",
        Proof::Nothing => "assumed",
    }
}

fn total(check: &Check, look: PlanText) -> String {
    let label = look.style.label(Tone::Strong, "Check");
    let of = |level| check.all_findings().filter(|finding| finding.level == level).count();
    let kinds = [(of(Level::Error), "error"), (of(Level::Warning), "warning")];
    let mut parts = vec![count(check.services.len(), "service")];
    parts.extend(kinds.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| count(*n, noun)));
    if parts.len() == 1 {
        parts.push("nothing in the way".into());
    }
    wrap(&label, &parts.join(", "), 2, look.width) + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::style::Style;
    use super::*;
    use crate::plan::Generation;

    fn service(name: &str, version: Option<&str>, proof: Proof, equal: usize) -> ServiceCheck {
        ServiceCheck {
            service: name.into(),
            version: version.map(str::to_owned),
            proof,
            containers: 2,
            equal,
            findings: Vec::new(),
        }
    }

    #[test]
    fn every_service_shows_its_compose_and_how_that_is_known() {
        let warning = Finding::new(Level::Warning, Some("api"), "`api` has no healthcheck");
        let mut api = service("api", Some("2.26.1"), Proof::VersionLabel(Generation::Debian226), 0);
        api.findings.push(warning.with_hint("add `healthcheck:` to `api`"));
        let check = Check {
            project: "shop".into(),
            files: vec!["compose.yaml".into()],
            endpoint: "unix:///var/run/docker.sock".into(),
            services: vec![
                service("web", Some("2.40.3"), Proof::Files(Generation::V2_36), 2),
                service("worker", Some("5.0.2"), Proof::FilesWithItsImage(Generation::V5_0_2), 1),
                api,
                service("cron", None, Proof::Nothing, 0),
                ServiceCheck { containers: 0, ..service("idle", None, Proof::Nothing, 0) },
            ],
            findings: Vec::new(),
        };
        let look = PlanText { style: Style::PLAIN, width: 100, verbose: false };
        insta::assert_snapshot!("check_100", check_text(&check, look));
        let narrow = check_text(&check, PlanText { width: 60, ..look });
        assert!(narrow.lines().all(|line| measure_text_width(line) <= 60), "{narrow}");
    }

    #[test]
    fn nothing_in_the_way_is_said() {
        let check = Check {
            project: "shop".into(),
            files: vec!["compose.yaml".into()],
            endpoint: "unix:///var/run/docker.sock".into(),
            services: vec![service("web", Some("2.40.3"), Proof::Files(Generation::V2_36), 2)],
            findings: Vec::new(),
        };
        let look = PlanText { style: Style::PLAIN, width: 80, verbose: false };
        assert!(check_text(&check, look).ends_with("Check: 1 service, nothing in the way\n"));
    }
}
