//! Colours, decided once and handed down; no renderer asks the terminal or the environment.

use std::fmt::Display;

/// Writes text with or without colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    colour: bool,
}

/// What a text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// It needs attention.
    Warning,
    /// It went wrong.
    Bad,
    /// It goes on.
    Busy,
    /// Less important.
    Faint,
    /// More important.
    Strong,
}

impl Style {
    /// Text without any colour.
    pub const PLAIN: Self = Self { colour: false };

    /// Coloured, if `colour`.
    #[must_use]
    pub fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// Whether colour is on.
    #[must_use]
    pub fn is_coloured(self) -> bool {
        self.colour
    }

    /// `text` in the colour of `tone`.
    #[must_use]
    pub fn paint(self, tone: Tone, text: impl Display) -> String {
        let style = console::Style::new().force_styling(self.colour);
        let style = match tone {
            Tone::Good => style.green().bold(),
            Tone::Warning => style.yellow().bold(),
            Tone::Bad => style.red().bold(),
            Tone::Busy => style.cyan().bold(),
            Tone::Faint => style.dim(),
            Tone::Strong => style.bold(),
        };
        style.apply_to(text).to_string()
    }

    /// `error:`, `warning:`, `hint:`, `note:` and their like.
    #[must_use]
    pub fn label(self, tone: Tone, word: &str) -> String {
        self.paint(tone, format!("{word}:"))
    }
}
