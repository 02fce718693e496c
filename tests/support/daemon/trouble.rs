//! Faults on the wire.

use std::time::Duration;

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    /// The connection is cut before the effect.
    DropBefore,
    /// The connection is cut after the effect, before any answer.
    DropAfter,
    /// The connection is cut after the effect, in the middle of the answer.
    HalfBody,
    /// Nothing is done and nothing answered, for ever.
    StallBefore,
    /// The answer stops in its middle, for ever.
    StallInBody,
    /// Nothing is done; this is the answer.
    Answer(u16, &'static str),
    /// The effect and the answer come late.
    Delay(Duration),
    /// The effect happens; the answer is not JSON.
    Nonsense,
}

/// Trouble that waits for its request.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    method: &'static str,
    path: &'static str,
    trouble: Trouble,
    skip: usize,
    times: usize,
}

impl Fault {
    /// The next request of this method whose path contains `path`.
    pub(crate) fn on(method: &'static str, path: &'static str, trouble: Trouble) -> Self {
        Self { method, path, trouble, skip: 0, times: 1 }
    }

    /// The next request, whatever it is.
    pub(crate) fn any(trouble: Trouble) -> Self {
        Self::on("", "", trouble)
    }

    /// Not the next one but the `n`-th (from 1).
    pub(crate) fn nth(self, n: usize) -> Self {
        Self { skip: n - 1, ..self }
    }

    /// So many in a row.
    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }
}

/// What the tests script and see of the wire.
#[derive(Debug, Default)]
pub(super) struct Wire {
    pub(super) faults: Vec<Fault>,
    pub(super) requests: Vec<String>,
}

impl Wire {
    /// Notes a request and says whether it meets trouble.
    pub(super) fn meet(&mut self, method: &str, path: &str) -> Option<Trouble> {
        self.requests.push(format!("{method} {path}"));
        let concerned =
            |fault: &&mut Fault| ["", method].contains(&fault.method) && path.contains(fault.path);
        let fault = self.faults.iter_mut().filter(|fault| fault.times > 0).find(concerned)?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        Some(fault.trouble)
    }
}
