//! A plan as a person gets to see it before saying yes.

use console::measure_text_width;

use super::layout::{fit, pad, wrap};
use super::style::{Style, Tone};
use super::words::image_change;
use crate::plan::Plan;
use crate::plan::steps::{Finding, Level, Order, Resource, ServicePlan};
use crate::text::{count, duration, list};

/// What is shown of a plan, and how.
#[derive(Debug, Clone, Copy)]
pub struct PlanText {
    /// Colours.
    pub style: Style,
    /// Columns; no line is wider, but for words that cannot be broken.
    pub width: usize,
    /// Whether notes are shown too.
    pub verbose: bool,
}

impl PlanText {
    /// The whole plan: services, lines of files, findings, one line that sums it up.
    #[must_use]
    pub fn render(&self, plan: &Plan) -> String {
        let paragraphs = [
            self.headline(&plan.project, &plan.files, &plan.endpoint),
            self.services(plan),
            self.resources(plan),
            self.edits(plan),
            self.findings(&plan.findings),
            self.total(plan),
        ];
        let shown: Vec<String> = paragraphs.into_iter().filter(|text| !text.is_empty()).collect();
        shown.join("\n")
    }

    /// The remarks, most serious first; notes only when verbose.
    #[must_use]
    pub fn findings(&self, findings: &[Finding]) -> String {
        let mut shown: Vec<&Finding> =
            findings.iter().filter(|finding| self.verbose || finding.level > Level::Note).collect();
        shown.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        shown.into_iter().map(|finding| self.finding(finding)).collect()
    }

    /// Which project of which files on which engine.
    pub(super) fn headline(&self, project: &str, files: &[String], endpoint: &str) -> String {
        let project = self.style.paint(Tone::Strong, project);
        let from = format!("{project} from {} on {endpoint}", files.join(", "));
        wrap("Project", &from, 2, self.width) + "\n"
    }

    fn services(&self, plan: &Plan) -> String {
        let names = plan.services.iter().map(|service| measure_text_width(&service.service));
        let changes = plan.services.iter().map(|service| measure_text_width(&change(service)));
        let columns = (names.max().unwrap_or(0).min(24), changes.max().unwrap_or(0));
        let mut text: String =
            plan.services.iter().map(|service| self.service(service, columns)).collect();
        if !plan.up_to_date.is_empty() {
            let names = plan.up_to_date.join(", ");
            let mark = self.style.paint(Tone::Faint, "=");
            text += &wrap(&format!("  {mark}"), &format!("{names}  up to date"), 4, self.width);
            text += "\n";
        }
        text
    }

    fn service(&self, service: &ServicePlan, (name, change_width): (usize, usize)) -> String {
        let mark = match service.order {
            Order::StartFirst => self.style.paint(Tone::Warning, "~"),
            Order::StopFirst => self.style.paint(Tone::Bad, "!"),
        };
        let replicas = format!("{:<10}", count(service.replacements.len(), "replica"));
        let start = format!("  {mark} {}  {}", pad(&service.service, name), change(service));
        let padded = format!(
            "  {mark} {}  {}",
            pad(&service.service, name),
            pad(&change(service), change_width)
        );
        let forms = [
            format!("{padded}  {replicas}  {:<11}  {}", service.order.word(), pace(service)),
            format!("{padded}  {replicas}  {}", service.order.word()),
            format!("{start}  {}", replicas.trim_end()),
        ];
        let mut forms = forms.into_iter().map(|row| row.trim_end().to_owned());
        let row = forms.find(|row| measure_text_width(row) <= self.width);
        let mut text = row.unwrap_or_else(|| fit(&start, self.width)) + "\n";
        let indent = " ".repeat(name + 5);
        let causes = service.causes.iter().map(|cause| &cause.0);
        let switch = service.switch.as_ref().map(|switch| switch.command.join(" "));
        let switch = switch.map(|words| format!("runs `{words}` here to switch the proxy"));
        for cause in causes.chain(&service.order_cause).chain(&switch) {
            let line = wrap(&indent, cause, name + 8, self.width);
            text += &self.style.paint(Tone::Faint, line);
            text += "\n";
        }
        text
    }

    fn resources(&self, plan: &Plan) -> String {
        let mark = self.style.paint(Tone::Good, "+");
        let line = |one: &Resource| {
            wrap(&format!("  {mark} {}", one.kind.word()), &one.name, 6, self.width) + "\n"
        };
        plan.resources.iter().map(line).collect()
    }

    fn edits(&self, plan: &Plan) -> String {
        let mut text = String::new();
        for edit in &plan.edits {
            for change in &edit.changes {
                let place =
                    self.style.paint(Tone::Strong, format!("{}:{}", edit.shown, change.line));
                let words = format!("{} → {}", change.from, change.to);
                text += &wrap(&format!("  {place} "), &words, 6, self.width);
                text += "\n";
            }
        }
        text
    }

    fn finding(&self, finding: &Finding) -> String {
        let label = match finding.level {
            Level::Note => self.style.label(Tone::Faint, "note"),
            Level::Warning => self.style.label(Tone::Warning, "warning"),
            Level::Error => self.style.label(Tone::Bad, "error"),
        };
        let mut text = wrap(&label, &finding.message, 2, self.width) + "\n";
        if let Some(place) = &finding.place {
            text += &fit(&format!("  at {place}"), self.width);
            text += "\n";
        }
        if let Some(hint) = &finding.hint {
            text += &wrap(&self.style.label(Tone::Busy, "hint"), hint, 2, self.width);
            text += "\n";
        }
        text
    }

    fn total(&self, plan: &Plan) -> String {
        let label = self.style.label(Tone::Strong, "Plan");
        if plan.is_empty() {
            return format!("{label} nothing to do\n");
        }
        let mut parts = vec![
            count(plan.services.len(), "service"),
            count(plan.replicas(), "replica"),
            count(plan.steps.len(), "step"),
        ];
        let down = plan.services.iter().filter(|service| service.downtime.is_some()).count();
        if down > 0 {
            parts.push(format!("{} with downtime", count(down, "service")));
        }
        if !plan.pulls.is_empty() {
            parts.push(format!("{} to pull", count(plan.pulls.len(), "image")));
        }
        if !plan.edits.is_empty() {
            let files: Vec<&str> = plan.edits.iter().map(|edit| edit.shown.as_str()).collect();
            parts.push(format!("writes {}", list(&files)));
        }
        wrap(&label, &parts.join(", "), 2, self.width) + "\n"
    }
}

fn change(service: &ServicePlan) -> String {
    image_change(&service.from_image, &service.to_image)
}

/// How many at a time, or how long it is down.
fn pace(service: &ServicePlan) -> String {
    match service.downtime {
        Some(downtime) => format!("up to {} down", duration(downtime)),
        None if service.replacements.len() > 1 => {
            format!("{} at a time", service.policy.parallelism.min(service.replacements.len()))
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn shown(width: usize) -> String {
        let text = PlanText { style: Style::PLAIN, width, verbose: false }.render(&sample::plan());
        for line in text.lines() {
            assert!(measure_text_width(line) <= width, "too wide: {line}");
        }
        text
    }

    #[test]
    fn a_plan_says_what_changes_and_why_in_any_width() {
        insta::assert_snapshot!("plan_60", shown(60));
        insta::assert_snapshot!("plan_80", shown(80));
        insta::assert_snapshot!("plan_120", shown(120));
    }

    #[test]
    fn notes_are_shown_when_asked_for() {
        let text =
            |verbose| PlanText { style: Style::PLAIN, width: 100, verbose }.render(&sample::plan());
        assert!(text(true).contains("note: ") && !text(false).contains("note: "));
    }

    #[test]
    fn a_plan_without_steps_says_so() {
        let plan = Plan { services: Vec::new(), steps: Vec::new(), ..sample::plan() };
        let text = PlanText { style: Style::PLAIN, width: 80, verbose: false }.render(&plan);
        assert!(text.ends_with("Plan: nothing to do\n"), "{text}");
    }

    #[test]
    fn no_environment_value_is_shown() {
        let text =
            PlanText { style: Style::PLAIN, width: 80, verbose: true }.render(&sample::plan());
        assert!(!text.contains(sample::SECRET));
    }
}
