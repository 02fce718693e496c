//! Faults: which call fails, how, and whether its effect happens all the same.

use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use crate::engine::EngineError;

/// The verbs of [`crate::engine::Engine`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the verb of the same name")]
pub enum Verb {
    Info,
    Containers,
    Container,
    Image,
    Network,
    Volume,
    Pull,
    Create,
    Connect,
    WriteFiles,
    Start,
    Stop,
    SetRestartPolicy,
    Remove,
    Rename,
    Exec,
    Attach,
    Logs,
    Events,
    Joins,
    ImportImage,
    Tag,
    CreateNetwork,
    CreateVolume,
    Locks,
    RemoveLock,
    Removals,
}

impl Verb {
    /// Whether it changes the engine.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(
            self,
            Self::Pull
                | Self::ImportImage
                | Self::Tag
                | Self::Create
                | Self::Connect
                | Self::WriteFiles
                | Self::Start
                | Self::Stop
                | Self::SetRestartPolicy
                | Self::Remove
                | Self::Rename
                | Self::CreateNetwork
                | Self::CreateVolume
                | Self::RemoveLock
        )
    }
}

// `CreateNetwork` is "create network".
impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in format!("{self:?}").char_indices() {
            if at > 0 && letter.is_ascii_uppercase() {
                f.write_str(" ")?;
            }
            write!(f, "{}", letter.to_ascii_lowercase())?;
        }
        Ok(())
    }
}

/// One call that was made, with the name or reference it was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What was called.
    pub verb: Verb,
    /// Name of the container, network or volume, or reference of the image.
    pub subject: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.verb, self.subject)
    }
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// [`EngineError::Dropped`].
    Dropped,
    /// [`EngineError::Timeout`].
    Timeout,
    /// [`EngineError::Refused`] with status 500.
    Refused,
    /// [`EngineError::Dropped`], and every later call is [`EngineError::Unreachable`].
    Crash,
    /// The caller is killed: the call never returns, and [`super::Fake::killed`] does.
    Killed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Call,
    Write,
    Verb(Verb),
}

/// A fault that waits for its call.
#[derive(Debug, Clone)]
pub struct Fault {
    which: Which,
    how: How,
    skip: usize,
    times: usize,
    after: bool,
}

impl Fault {
    /// The next call of any verb fails.
    #[must_use]
    pub fn any(how: How) -> Self {
        Self::new(Which::Call, how)
    }

    /// The next call that changes the engine fails.
    #[must_use]
    pub fn write(how: How) -> Self {
        Self::new(Which::Write, how)
    }

    /// The next call of this verb fails.
    #[must_use]
    pub fn on(verb: Verb, how: How) -> Self {
        Self::new(Which::Verb(verb), how)
    }

    fn new(which: Which, how: How) -> Self {
        Self { which, how, skip: 0, times: 1, after: false }
    }

    /// Not the next one but the `n`-th (from 1) fails.
    #[must_use]
    pub fn nth(self, n: usize) -> Self {
        Self { skip: n.saturating_sub(1), ..self }
    }

    /// So many in a row fail.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// The call fails after its effect, not before it.
    #[must_use]
    pub fn after_effect(self) -> Self {
        Self { after: true, ..self }
    }

    fn concerns(&self, verb: Verb) -> bool {
        match self.which {
            Which::Call => true,
            Which::Write => verb.writes(),
            Which::Verb(one) => one == verb,
        }
    }
}

/// What a fault does to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) how: How,
    pub(super) after: bool,
}

/// Every fault that still waits.
#[derive(Debug, Default)]
pub(super) struct Faults {
    waiting: Vec<Fault>,
    crashed: bool,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.waiting.push(fault);
    }

    pub(super) fn revive(&mut self) {
        self.crashed = false;
    }

    /// Counts the call, and says whether a fault hits it.
    pub(super) fn meet(&mut self, call: &Call) -> Result<Option<Hit>, EngineError> {
        if self.crashed {
            let endpoint = super::handle::ENDPOINT.to_owned();
            let (kind, reason) = (ErrorKind::ConnectionRefused, "connection refused".to_owned());
            return Err(EngineError::Unreachable { endpoint, kind, reason });
        }
        let mut hit = None;
        for fault in self.waiting.iter_mut().filter(|fault| fault.concerns(call.verb)) {
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if hit.is_none() && fault.times > 0 {
                fault.times -= 1;
                hit = Some(Hit { how: fault.how, after: fault.after });
            }
        }
        self.waiting.retain(|fault| fault.times > 0);
        self.crashed |= hit.is_some_and(|hit| hit.how == How::Crash);
        Ok(hit)
    }
}

impl Hit {
    pub(super) fn error(self, call: &Call) -> EngineError {
        let call = call.to_string();
        match self.how {
            How::Dropped | How::Crash | How::Killed => EngineError::Dropped { call },
            How::Timeout => EngineError::Timeout { call, after: Duration::from_mins(1) },
            How::Refused => {
                EngineError::Refused { call, status: 500, message: "scripted refusal".into() }
            }
        }
    }
}
