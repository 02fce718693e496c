//! Asks a person, where there is one.

use std::io::ErrorKind;
use std::thread;

use dialoguer::Confirm;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use tokio::sync::oneshot;

use super::settings::Settings;
use super::terminal::TerminalGuard;
use crate::error::Error;
use crate::journal::outcome::Signal;
use crate::rollout::Cancel;

/// Somebody who can say yes.
pub trait Prompter: Send {
    /// Asks `question`, which says what will happen. The default is no.
    ///
    /// # Errors
    ///
    /// [`Error::NotConfirmed`] for anything but a yes, [`Error::Cancelled`] for Ctrl-C.
    fn confirm(&mut self, question: &str) -> Result<(), Error>;
}

/// Asks on the terminal; only for those who know that stdin and stderr are terminals.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Whether to use colour.
    pub colour: bool,
}

impl Prompter for Terminal {
    fn confirm(&mut self, question: &str) -> Result<(), Error> {
        let coloured = ColorfulTheme::default();
        let theme: &dyn Theme = if self.colour { &coloured } else { &SimpleTheme };
        let answer = Confirm::with_theme(theme).with_prompt(question).default(false).interact_opt();
        match answer {
            Ok(Some(true)) => Ok(()),
            Ok(_) => Err(not_confirmed("the answer was no", None)),
            Err(dialoguer::Error::IO(error)) if error.kind() == ErrorKind::Interrupted => {
                Err(Error::Cancelled(Signal::Interrupt))
            }
            Err(error) => {
                Err(not_confirmed(&format!("the question could not be asked: {error}"), None))
            }
        }
    }
}

/// Says no, since nobody is there; names the flag that would have said yes.
#[derive(Debug, Clone, Copy)]
pub struct Refuse(pub &'static str);

impl Prompter for Refuse {
    fn confirm(&mut self, _question: &str) -> Result<(), Error> {
        Err(not_confirmed("confirmation is needed and there is no terminal", Some(self.0)))
    }
}

fn not_confirmed(reason: &str, flag: Option<&'static str>) -> Error {
    Error::NotConfirmed { reason: reason.into(), flag }
}

/// Somebody to ask, else nobody, and the flag that answers.
pub(super) fn prompter(settings: &Settings, flag: &'static str) -> Box<dyn Prompter> {
    if settings.is_attended && !settings.is_json() {
        Box::new(Terminal { colour: settings.stderr.is_coloured() })
    } else {
        Box::new(Refuse(flag))
    }
}

/// Asks on a thread of its own, so that a request to stop ends the wait for an answer; the terminal
/// is as before afterwards.
///
/// # Errors
///
/// Those of [`Prompter::confirm`].
pub async fn confirm(
    mut prompter: Box<dyn Prompter>,
    question: String,
    cancel: &Cancel,
) -> Result<(), Error> {
    let terminal = TerminalGuard::new();
    let (sender, answer) = oneshot::channel();
    // Not joined: a thread that reads a key cannot be woken, and ends with the process.
    thread::spawn(move || sender.send(prompter.confirm(&question)));
    let broken = |_| Err(not_confirmed("the question broke off", None));
    let answer = cancel.guard(async { answer.await.unwrap_or_else(broken) }).await;
    if matches!(answer, Err(Error::Cancelled(_))) {
        terminal.end_line();
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps silent for ever.
    struct Silent;

    impl Prompter for Silent {
        fn confirm(&mut self, _question: &str) -> Result<(), Error> {
            loop {
                thread::park();
            }
        }
    }

    #[tokio::test]
    async fn without_a_terminal_the_answer_is_a_typed_refusal() {
        let (_canceller, cancel) = Cancel::manual();
        let error = confirm(Box::new(Refuse("--yes")), "go on?".into(), &cancel).await.unwrap_err();
        assert!(matches!(error, Error::NotConfirmed { .. }));
        assert_eq!(
            error.to_string(),
            "nothing was changed: confirmation is needed and there is no terminal"
        );
    }

    #[tokio::test]
    async fn a_request_to_stop_ends_the_wait_for_an_answer() {
        let (canceller, cancel) = Cancel::manual();
        canceller.request(Signal::Terminate);
        let error = confirm(Box::new(Silent), "go on?".into(), &cancel).await.unwrap_err();
        assert!(matches!(error, Error::Cancelled(Signal::Terminate)));
    }
}
