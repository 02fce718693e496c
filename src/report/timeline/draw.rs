//! Draws a rollout as SVG.

use std::fmt::Write as _;
use std::time::Duration;

use super::super::event::{Event, EventKind, Slice};
use super::super::summary::sentence;
use super::rows::{Bar, KINDS, Kind, Mark, Row, Timeline};
use crate::text::{duration, latency};

/// Sizes in pixels.
const WIDTH: u64 = 1000;
const LEFT: u64 = 170;
const RIGHT: u64 = 20;
const TOP: u64 = 64;
const LANE: u64 = 22;
const GAP: u64 = 8;
const CHART: u64 = 80;
/// Pixels of a letter, about.
const LETTER: u64 = 7;
/// Milliseconds of a slice.
const SLICE: u64 = 100;

/// Colours by the kind of bar, first on a light screen, then on a dark one.
const STYLE: &str = "
text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-size:16px;font-weight:600}
.faint{fill:#6e7781}.right{text-anchor:end}.bar text{fill:#fff;font-size:11px}
.back{fill:#fff}.line{stroke:#d0d7de}.mark{stroke:#57606a;stroke-dasharray:3 3}.bad{stroke:#cf222e}
.ready{fill:#1a7f37;stroke:#fff}.sent{fill:#54aeff}.failed{fill:#cf222e}.slow{fill:#8c959f}
.prepares{fill:#6e7781}.warms{fill:#9a6700}.turns{fill:#1a7f37}.retires{fill:#0969da}
.watches{fill:#8250df}.undone{fill:#bc4c00}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.faint{fill:#8d96a0}.back{fill:#0d1117}
.line{stroke:#30363d}.mark{stroke:#8d96a0}.bad{stroke:#f85149}.ready{fill:#3fb950;stroke:#0d1117}
.sent{fill:#1f6feb}.failed{fill:#f85149}.slow{fill:#6e7681}}
";

/// The rollout that these events tell, as a picture of its own.
#[must_use]
pub fn svg(events: &[Event]) -> String {
    let timeline = Timeline::of(events);
    let scale = Scale { end_ms: timeline.end_ms.max(1) };
    let title = title(events);
    let (headline, title) = (fitted(&title, (WIDTH - 3 * RIGHT) * 3 / 4), escaped(&title));
    let mut body = String::new();
    let mut y = TOP;
    for row in &timeline.rows {
        body += &draw_row(row, scale, y);
        y += GAP + LANE * u64::try_from(row.lanes.len()).unwrap_or(1);
    }
    if !timeline.slices.is_empty() {
        let columns = columns(&timeline.slices, scale);
        let sent = |slice: &Slice| (slice.sent as u64, slice.failed as u64);
        let slow = |slice: &Slice| (slice.slowest_ms, 0);
        body += &draw_chart("requests", "", &columns, sent, scale, y);
        body += &draw_chart("slowest answer", " ms", &columns, slow, scale, y + CHART + 3 * GAP);
        y += 2 * (CHART + 3 * GAP);
    }
    let axis = draw_axis(scale, y);
    let marks: String = timeline.marks.iter().map(|mark| draw_mark(mark, scale, y)).collect();
    let legend = draw_legend(y + 46);
    let height = y + 60;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"back\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <text class=\"title\" x=\"{RIGHT}\" y=\"28\">{headline}</text>\n{axis}{body}{marks}{legend}</svg>\n"
    )
}

/// What happened, in one sentence.
pub(super) fn title(events: &[Event]) -> String {
    match events.last().map(|event| &event.kind) {
        Some(EventKind::RolloutFinished { report }) => {
            format!("{} after {}", sentence(report), duration(report.took))
        }
        _ => "nothing was changed".into(),
    }
}

/// Text that stands in XML for itself.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            '\n' | '\t' => escaped.push(letter),
            // XML has no way to write them.
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// Time as pixels.
#[derive(Clone, Copy)]
struct Scale {
    end_ms: u64,
}

impl Scale {
    fn x(self, at_ms: u64) -> u64 {
        LEFT + at_ms.min(self.end_ms) * (WIDTH - LEFT - RIGHT) / self.end_ms
    }
}

fn draw_row(row: &Row, scale: Scale, y: u64) -> String {
    let name = fitted(&row.name, LEFT - 2 * GAP);
    let (x, base) = (LEFT - GAP, y + 15);
    let mut text = format!("<text class=\"right\" x=\"{x}\" y=\"{base}\">{name}</text>\n");
    let mut top = y;
    for lane in &row.lanes {
        text.extend(lane.iter().map(|bar| draw_bar(bar, scale, top)));
        top += LANE;
    }
    if let Some(ready) = row.ready_ms {
        let (x, y, name) = (scale.x(ready), y + LANE / 2, escaped(&row.name));
        let at = latency(ready);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "<circle class=\"ready\" cx=\"{x}\" cy=\"{y}\" r=\"5\"><title>{name} ready at {at}</title></circle>"
        );
    }
    text
}

fn draw_bar(bar: &Bar, scale: Scale, y: u64) -> String {
    let x = scale.x(bar.from_ms);
    let width = scale.x(bar.to_ms).saturating_sub(x).max(2);
    let height = LANE - 2;
    let class = class(bar.kind);
    let what = escaped(&bar.what);
    let took = latency(bar.to_ms - bar.from_ms);
    let detail = if bar.detail.is_empty() { String::new() } else { format!(", {}", bar.detail) };
    let title = escaped(&format!("{} at {}, {took}{detail}", bar.what, latency(bar.from_ms)));
    let has_room = u64::try_from(bar.what.len()).unwrap_or(u64::MAX) * LETTER + GAP <= width;
    let name = if has_room {
        format!("<text x=\"{}\" y=\"{}\">{what}</text>", x + 4, y + 14)
    } else {
        String::new()
    };
    format!(
        "<g class=\"bar\"><title>{title}</title><rect class=\"{class}\" x=\"{x}\" y=\"{y}\" \
         width=\"{width}\" height=\"{height}\" rx=\"3\"/>{name}</g>\n"
    )
}

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Prepares => "prepares",
        Kind::Warms => "warms",
        Kind::Turns => "turns",
        Kind::Retires => "retires",
        Kind::Watches => "watches",
        Kind::Failed => "failed",
        Kind::Undone => "undone",
    }
}

fn draw_legend(y: u64) -> String {
    let mut text = String::new();
    let mut x = LEFT;
    for (kind, name) in KINDS {
        let (class, top) = (class(kind), y - 10);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{top}\" width=\"12\" height=\"12\" rx=\"3\"/>\
             <text class=\"faint\" x=\"{}\" y=\"{y}\">{name}</text>",
            x + 16
        );
        x += 118;
    }
    text
}

/// Slices, as many together as it takes for each to be at least a pixel wide; and how long they are.
fn columns(slices: &[Slice], scale: Scale) -> (Vec<Slice>, u64) {
    let together = scale.end_ms.div_ceil((WIDTH - LEFT - RIGHT) * SLICE).max(1);
    let length = together * SLICE;
    let mut columns: Vec<Slice> = Vec::new();
    for slice in slices {
        let at_ms = slice.at_ms / length * length;
        match columns.last_mut().filter(|last| last.at_ms == at_ms) {
            Some(last) => {
                last.sent += slice.sent;
                last.failed += slice.failed;
                last.slowest_ms = last.slowest_ms.max(slice.slowest_ms);
            }
            None => columns.push(Slice { at_ms, ..*slice }),
        }
    }
    (columns, length)
}

/// One column for each of `columns`: `value` says how high it is, and how much of that is bad.
fn draw_chart(
    name: &str,
    unit: &str,
    (columns, length): &(Vec<Slice>, u64),
    value: impl Fn(&Slice) -> (u64, u64),
    scale: Scale,
    y: u64,
) -> String {
    let most = columns.iter().map(|column| value(column).0).max().unwrap_or(0).max(1);
    let (x, bottom, end) = (LEFT - GAP, y + CHART, WIDTH - RIGHT);
    let per = if unit.is_empty() { format!(" per {length} ms") } else { unit.to_owned() };
    let mut text = format!(
        "<text class=\"right\" x=\"{x}\" y=\"{}\">{name}</text>\n\
         <text class=\"right faint\" x=\"{x}\" y=\"{}\">{most}{per} at most</text>\n\
         <line class=\"line\" x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{end}\" y2=\"{bottom}\"/>\n",
        y + 12,
        y + 28,
    );
    for column in columns {
        let (all, bad) = value(column);
        let x = scale.x(column.at_ms);
        let width = (scale.x(column.at_ms + length) - x).max(1);
        let class = if unit.is_empty() { "sent" } else { "slow" };
        let title = format!("{} at {}{unit}", all, latency(column.at_ms));
        for (class, amount) in [(class, all), ("failed", bad)] {
            let height = (amount * CHART).div_ceil(most);
            if height > 0 {
                let title = if class == "failed" { format!("{bad} failed") } else { title.clone() };
                let top = bottom - height;
                // Writing to a String cannot fail.
                let _ = writeln!(
                    text,
                    "<rect class=\"{class}\" x=\"{x}\" y=\"{top}\" width=\"{width}\" \
                     height=\"{height}\"><title>{title}</title></rect>"
                );
            }
        }
    }
    text
}

fn draw_mark(mark: &Mark, scale: Scale, bottom: u64) -> String {
    let x = scale.x(mark.at_ms);
    let bad = if mark.is_bad { " bad" } else { "" };
    let room = WIDTH - RIGHT;
    let width = u64::try_from(mark.what.chars().count()).unwrap_or(u64::MAX).min(90) * LETTER;
    // A long text stands where it still fits, not at its line.
    let start = x.min(room.saturating_sub(width)).max(RIGHT);
    let what = fitted(&mark.what, 90 * LETTER);
    let y = TOP - 10;
    format!(
        "<line class=\"mark{bad}\" x1=\"{x}\" y1=\"{y}\" x2=\"{x}\" y2=\"{bottom}\"/>\n\
         <text x=\"{start}\" y=\"{}\">{what}</text>\n",
        y - 4
    )
}

fn draw_axis(scale: Scale, y: u64) -> String {
    let mut text = String::new();
    for at in (0..=scale.end_ms).step_by(usize::try_from(tick(scale.end_ms)).unwrap_or(1_000)) {
        let (x, base) = (scale.x(at), y + 16);
        let label = duration(Duration::from_millis(at));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "<line class=\"line\" x1=\"{x}\" y1=\"{TOP}\" x2=\"{x}\" y2=\"{y}\"/>\
             <text class=\"faint\" x=\"{x}\" y=\"{base}\">{label}</text>"
        );
    }
    text
}

/// Milliseconds between two ticks: a round number, and no more than twelve of them.
fn tick(end_ms: u64) -> u64 {
    const ROUND: [u64; 12] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400];
    let round = ROUND.iter().map(|seconds| seconds * 1_000);
    round.into_iter().find(|step| end_ms / step <= 12).unwrap_or(end_ms)
}

/// `text`, escaped, cut to about so many pixels.
fn fitted(text: &str, pixels: u64) -> String {
    let room = usize::try_from(pixels / LETTER).unwrap_or(1);
    if text.chars().count() <= room {
        return escaped(text);
    }
    let head: String = text.chars().take(room.saturating_sub(1)).collect();
    escaped(&format!("{head}…"))
}

#[cfg(test)]
mod tests {
    use super::super::super::sample::{self, Story};
    use super::super::html;
    use super::*;
    use crate::journal::outcome::Outcome;

    /// An upgrade that is taken back, with requests that fail.
    fn story() -> Story {
        let mut story = Story::new();
        story.pulling();
        story.pulled();
        (0..3).for_each(|index| story.perform(index, 400));
        story.begin(3);
        let slices = (0..110).map(|n| Slice {
            at_ms: 100 * n,
            sent: 2,
            failed: usize::from(n > 105),
            slowest_ms: 4 + n % 7,
        });
        story.push(300, EventKind::Requests { slices: slices.collect() });
        let reason = "3 of 40 requests to `http://shop/?a&b` failed <during> the rollout".into();
        story.push(0, EventKind::UnwindStarted { reason });
        let step = story.step(1);
        story.push(900, EventKind::StepUndone { step, took_ms: 900 });
        let mut report = sample::failed(Outcome::RolledBack);
        report.requests = vec![sample::requests(3)];
        story.finish(report);
        story
    }

    #[test]
    fn a_rollout_that_is_taken_back_is_one_picture() {
        insta::assert_snapshot!("timeline_svg", svg(&story().events));
    }

    #[test]
    fn without_requests_only_the_steps_are_drawn() {
        let mut story = Story::new();
        (0..story.plan.steps.len()).for_each(|index| story.perform(index, 1_300));
        story.finish(sample::report(Outcome::Completed));
        let picture = svg(&story.events);
        assert!(picture.contains("commit") && !picture.contains("requests"), "{picture}");
    }

    #[test]
    fn a_page_holds_the_picture_and_the_summary_and_needs_nothing_else() {
        let page = html(&story().events);
        assert!(page.contains("<svg ") && page.contains("240 sent, 3 failed"), "{page}");
        let without_name = page.replace("http://www.w3.org/2000/svg", "");
        for loads in ["src=", "href=", "@import", "url(", "<script"] {
            assert!(!without_name.contains(loads), "{loads}");
        }
    }

    #[test]
    fn nothing_that_happened_is_no_reason_to_fail() {
        assert!(svg(&[]).contains("nothing was changed"));
    }

    #[test]
    fn what_means_something_in_xml_is_written_so_that_it_does_not() {
        let written = "&lt;a href=&#39;x&#39;&gt;&quot;&amp;é";
        assert_eq!(escaped("<a href='x'>\"&\u{7}\u{1b}é"), written);
    }

    #[test]
    fn a_long_rollout_has_no_more_columns_than_pixels() {
        let slices: Vec<Slice> =
            (0..36_000).map(|n| Slice { at_ms: 100 * n, sent: 2, ..Slice::default() }).collect();
        let (columns, length) = columns(&slices, Scale { end_ms: 3_600_000 });
        assert!(columns.len() as u64 <= WIDTH, "{}", columns.len());
        assert_eq!(columns.iter().map(|column| column.sent).sum::<usize>(), 72_000);
        assert_eq!(length, 4_500);
    }
}
