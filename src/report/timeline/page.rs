//! The picture with the summary, as a page.

use super::super::event::{Event, EventKind};
use super::super::style::Style;
use super::super::summary::Summary;
use super::draw::{escaped, svg, title};

/// Columns of the summary.
const WIDTH: usize = 100;

/// The rollout that these events tell, as a page of its own.
#[must_use]
pub fn html(events: &[Event]) -> String {
    let title = escaped(&title(events));
    let picture = svg(events);
    let summary = match events.last().map(|event| &event.kind) {
        Some(EventKind::RolloutFinished { report }) => {
            escaped(&Summary { style: Style::PLAIN, width: WIDTH }.render(report))
        }
        _ => String::new(),
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>body{{max-width:1100px;margin:1rem auto;padding:0 1rem}}svg{{width:100%}}\
         pre{{overflow:auto}}</style>\n</head>\n<body>\n{picture}<pre>{summary}</pre>\n</body>\n</html>\n"
    )
}
