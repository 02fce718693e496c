//! An error as a person, or a program, gets to see it.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_json::{Value, json};

use crate::compose::ComposeError;
use crate::compose::source::Location;
use crate::error::Error;
use crate::plan::PlanError;
use crate::plan::steps::Finding;
use crate::report::event::EVENT_VERSION;
use crate::report::layout::wrap;
use crate::report::style::{Style, Tone};

/// The error block: what, where, why and what to do; ends with a line break.
#[must_use]
pub fn render(error: &Error, style: Style, width: usize) -> String {
    let mut text = match place(error) {
        Some(location) => render_place(&error.to_string(), location, style, width),
        None => wrap(&style.label(Tone::Bad, "error"), &error.to_string(), 2, width),
    };
    for cause in causes(error) {
        text += "\n";
        text += &wrap("  Caused by:", &cause, 4, width);
    }
    for hint in error.hints() {
        text += "\n";
        text += &wrap(&style.label(Tone::Busy, "hint"), &hint, 2, width);
    }
    text + "\n"
}

/// The same as one JSON object.
#[must_use]
pub fn to_json(error: &Error) -> Value {
    json!({
        "v": EVENT_VERSION,
        "kind": "error",
        "exit_code": error.exit_status().code(),
        "message": error.to_string(),
        "place": place(error).map(ToString::to_string),
        "causes": causes(error),
        "hints": error.hints(),
    })
}

fn place(error: &Error) -> Option<&Location> {
    match error {
        Error::Compose(ComposeError { location, .. }) => location.as_ref(),
        _ => None,
    }
}

/// What lies behind the error: the findings that refuse a plan, or the chain of sources.
fn causes(error: &Error) -> Vec<String> {
    match error {
        Error::Plan(PlanError::Refused { findings }) => {
            findings.iter().filter(|finding| finding.is_error()).map(located).collect()
        }
        _ => anyhow::Chain::new(error).skip(1).map(ToString::to_string).collect(),
    }
}

fn located(finding: &Finding) -> String {
    match &finding.place {
        Some(place) => format!("{} ({place})", finding.message),
        None => finding.message.clone(),
    }
}

/// The message over the one line it is about; no other line of the file is ever shown.
fn render_place(message: &str, location: &Location, style: Style, width: usize) -> String {
    let (line, span) = line_around(location);
    let snippet = Snippet::source(line)
        .line_start(location.line())
        .path(&location.file.shown)
        .annotation(AnnotationKind::Primary.span(span));
    let report = [Level::ERROR.primary_title(message).element(snippet)];
    let renderer = if style.is_coloured() { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(width).render(&report)
}

/// The first line of the place without its line break, and the place within it.
fn line_around(location: &Location) -> (&str, std::ops::Range<usize>) {
    let text = location.file.text.as_str();
    let start = location.start.min(text.len());
    let head = text.get(..start).unwrap_or(text);
    let line_start = head.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(line_start..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let shown = line.trim_start_matches('\u{feff}');
    let mark = line.len() - shown.len();
    let from = (head.len() - line_start).saturating_sub(mark).min(shown.len());
    let to = location.end.saturating_sub(line_start + mark).clamp(from, shown.len());
    (shown, from..to)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::compose::source::SourceFile;
    use crate::plan::steps::Level as Weight;

    fn at(text: &str, what: &str) -> Location {
        let start = text.find(what).unwrap();
        let file = SourceFile {
            path: "/srv/shop/docker-compose.yml".into(),
            shown: "docker-compose.yml".into(),
            text: text.into(),
        };
        Location { file: Arc::new(file), start, end: start + what.len() }
    }

    fn compose(location: Location) -> Error {
        let error = ComposeError::at(location, "`imgae` is not a key of a service");
        error.with_help("did you mean `image`?").into()
    }

    #[test]
    fn a_problem_in_a_file_shows_its_line_and_a_caret() {
        let error = compose(at("services:\n  web:\n    imgae: a\n    secret: x\n", "imgae"));
        insta::assert_snapshot!(render(&error, Style::PLAIN, 80));
    }

    #[test]
    fn a_byte_order_mark_tabs_and_windows_line_ends_do_not_move_the_caret() {
        let error = compose(at("\u{feff}imgae: a\r\nb: c\r\n", "imgae"));
        insta::assert_snapshot!(render(&error, Style::PLAIN, 80));
    }

    #[test]
    fn a_place_over_several_lines_shows_only_the_first() {
        let text = "environment:\n  - A=1\n  - PASSWORD=hunter2\n";
        let shown = render(&compose(at(text, "- A=1\n  - PASSWORD")), Style::PLAIN, 80);
        assert!(shown.contains("2 |   - A=1") && !shown.contains("PASSWORD"), "{shown}");
    }

    #[test]
    fn a_place_at_the_end_of_the_file_is_no_panic() {
        let mut location = at("a: b\n", "b");
        (location.start, location.end) = (5, 5);
        assert!(
            render(&compose(location.clone()), Style::PLAIN, 80).contains("docker-compose.yml:2")
        );
        (location.start, location.end) = (99, 120);
        assert!(render(&compose(location), Style::PLAIN, 80).ends_with("did you mean `image`?\n"));
    }

    #[test]
    fn an_unknown_service_is_answered_with_the_nearest_name() {
        let error = Error::Plan(PlanError::UnknownService {
            project: "ghost".into(),
            service: "gost-blog".into(),
            known: vec!["ghost-blog".into(), "db".into()],
        });
        insta::assert_snapshot!(render(&error, Style::PLAIN, 80));
    }

    #[test]
    fn a_refused_plan_names_everything_in_the_way_and_every_way_out() {
        let find = |level, message: &str| Finding::new(level, Some("web"), message);
        let error = Error::Plan(PlanError::Refused {
            findings: vec![
                find(
                    Weight::Error,
                    "`web` has a `container_name`, and two containers cannot share it",
                )
                .with_place(Some("docker-compose.yml:4:5"))
                .with_hint("remove `container_name` from `web`"),
                find(Weight::Warning, "`web` has no healthcheck"),
                find(Weight::Error, "`web` publishes port 80 of the host")
                    .with_hint("put a reverse proxy before `web`"),
            ],
        });
        insta::assert_snapshot!(render(&error, Style::PLAIN, 80));
    }

    #[test]
    fn an_unforeseen_failure_says_how_to_report_it() {
        let error = Error::Internal { message: "the sky fell".into() };
        insta::assert_snapshot!(render(&error, Style::PLAIN, 80));
    }

    #[test]
    fn every_error_has_a_json_form_with_its_exit_code() {
        let error = compose(at("services:\n  imgae: a\n", "imgae"));
        insta::assert_json_snapshot!(to_json(&error));
    }
}
