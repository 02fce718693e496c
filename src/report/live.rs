//! The moving display: finished facts scroll up as permanent lines, only what runs moves.

use std::fmt;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::board::{Board, Row};
use super::event::{Event, EventKind};
use super::layout::{fit, justify, pad, verb_line};
use super::lines::{Lines, way_verb};
use super::reporter::Reporter;
use super::style::{Style, Tone};
use super::summary::Summary;
use crate::text::duration;

/// Nothing moves before this: what is over at once needs no display.
const PATIENCE: Duration = Duration::from_millis(250);
/// Widest name of a service.
const NAME: usize = 20;

/// What the display looks like.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Colours.
    pub style: Style,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// Tells the time since the display was made.
pub type Clock = Box<dyn Fn() -> Duration>;

/// Draws through indicatif on an explicit target: hidden targets would swallow the permanent lines,
/// so whoever makes one has decided that there is a terminal.
pub struct Live {
    bar: ProgressBar,
    screen: Screen,
    lines: Lines,
    board: Board,
    clock: Clock,
    /// The clock's time at which the rollout began.
    began: Duration,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("board", &self.board).finish_non_exhaustive()
    }
}

impl Live {
    /// Draws on `target`; `clock` moves the timers.
    #[must_use]
    pub fn new(target: ProgressDrawTarget, screen: Screen, clock: Clock) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        let began = clock();
        let (lines, board) = (Lines::default(), Board::default());
        Self { bar, screen, lines, board, clock, began }
    }

    fn draw(&mut self) {
        let elapsed = (self.clock)().saturating_sub(self.began);
        if elapsed >= PATIENCE && !self.bar.is_finished() {
            self.bar.set_message(self.block(elapsed));
            self.bar.tick();
        }
    }

    /// The lines that move, never more than the screen has.
    fn block(&self, now: Duration) -> String {
        let rows = &self.board.services;
        let room = self.screen.height.saturating_sub(2).max(1);
        let shown = if rows.len() > room { room - 1 } else { rows.len() };
        let mut lines = vec![self.headline(now)];
        lines.extend(rows[..shown].iter().map(|row| self.row(row, now)));
        if shown < rows.len() {
            let more = format!("   … and {} more", rows.len() - shown);
            lines.push(fit(&more, self.screen.width));
        }
        lines.join("\n")
    }

    fn headline(&self, now: Duration) -> String {
        let Screen { style, width, .. } = self.screen;
        let left =
            verb_line(style, Tone::Busy, way_verb(self.board.way), &self.board.project, width);
        let total = self.board.services.len();
        let clock = duration(Duration::from_secs(now.as_secs()));
        let right = format!("{} of {total} services  {clock:>7}", self.board.done());
        justify(&left, if total > 1 { &right } else { &clock }, width)
    }

    fn row(&self, row: &Row, now: Duration) -> String {
        let Screen { style, width, .. } = self.screen;
        let names = self.board.services.iter().map(|row| console::measure_text_width(&row.service));
        let name = pad(&row.service, names.max().unwrap_or(0).min(NAME));
        let bar = style.paint(Tone::Busy, bar(row.done(), row.steps, bar_width(width)));
        let count = format!("{}/{}", row.ready(), row.replicas);
        let (phase, clock) = row.phase.describe(now);
        let left = format!("   {name}  {bar}{count:>5}  {phase}");
        justify(&left, &clock, width)
    }
}

impl Reporter for Live {
    fn report(&mut self, event: &Event) {
        // The events' own time and the display's run side by side; the newest event sets the offset.
        self.began = (self.clock)().saturating_sub(Duration::from_millis(event.elapsed_ms));
        self.board.note(event);
        if let Some(line) = self.lines.line(event) {
            self.bar.println(line.render(self.screen.style, self.screen.width));
        }
        if let EventKind::RolloutFinished { report } = &event.kind {
            let Screen { style, width, .. } = self.screen;
            self.bar.println(Summary { style, width }.render(report).trim_end_matches('\n'));
            self.bar.finish_and_clear();
        } else {
            self.draw();
        }
    }

    fn tick(&mut self) {
        self.draw();
    }

    fn tick_every(&self) -> Duration {
        Duration::from_millis(100)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Columns of the bar: narrow terminals have none.
fn bar_width(width: usize) -> usize {
    match width {
        100.. => 18,
        70.. => 12,
        _ => 0,
    }
}

fn bar(done: usize, total: usize, width: usize) -> String {
    let filled = (done * width).checked_div(total).unwrap_or(0).min(width);
    format!("{}{}", "█".repeat(filled), "░".repeat(width - filled))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use indicatif::InMemoryTerm;

    use super::super::sample::{self, Story};
    use super::*;
    use crate::journal::outcome::Outcome;

    /// What the terminal shows after the story, in plain text.
    fn screen(story: &Story, width: u16, height: u16) -> String {
        let terminal = InMemoryTerm::new(height, width);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let now = Rc::new(Cell::new(Duration::ZERO));
        let clock = Rc::clone(&now);
        let look = Screen { style: Style::PLAIN, width: width.into(), height: height.into() };
        let mut live = Live::new(target, look, Box::new(move || clock.get()));
        for event in &story.events {
            now.set(Duration::from_millis(event.elapsed_ms));
            live.report(event);
            // indicatif draws no more than 20 times a second.
            live.bar.force_draw();
        }
        let shown = terminal.contents();
        for line in shown.lines() {
            assert!(console::measure_text_width(line) <= width.into(), "too wide: {line}");
        }
        shown
    }

    fn half_way() -> Story {
        let mut story = Story::new();
        story.pulling();
        story.pulled();
        for index in 0..2 {
            story.perform(index, 400);
        }
        story.begin(2);
        story.wait(2, 8_000, 8_000);
        story
    }

    #[test]
    fn only_what_runs_moves_below_the_finished_facts() {
        insta::assert_snapshot!("live_60", screen(&half_way(), 60, 20));
        insta::assert_snapshot!("live_80", screen(&half_way(), 80, 20));
        insta::assert_snapshot!("live_120", screen(&half_way(), 120, 20));
    }

    #[test]
    fn a_pull_shows_layers_and_bytes() {
        let mut story = Story::new();
        story.pulling();
        insta::assert_snapshot!(screen(&story, 80, 20));
    }

    #[test]
    fn nothing_moves_before_a_quarter_of_a_second() {
        let mut story = Story::new();
        story.begin(0);
        assert_eq!(screen(&story, 80, 20).lines().count(), 1);
    }

    #[test]
    fn no_more_lines_move_than_the_screen_has() {
        let shown = screen(&half_way(), 80, 3);
        assert!(shown.lines().last().unwrap().contains("and 2 more"), "{shown}");
    }

    #[test]
    fn the_summary_is_the_last_thing_on_the_screen_and_nothing_moves_below() {
        let mut story = half_way();
        story.finish(sample::report(Outcome::Completed));
        let shown = screen(&story, 80, 30);
        assert!(shown.lines().last().unwrap().contains("Summary [ 1m 12s]"), "{shown}");
    }
}
