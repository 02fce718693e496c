//! What a container reads and writes, live.

use std::fmt;
use std::pin::Pin;

use futures_util::Stream;
use tokio::io::AsyncWrite;

use crate::engine::EngineError;

/// Standard input and output of a container. Its input ends for the container when this is dropped,
/// or the connection breaks, if it was created with `StdinOnce`.
pub struct Link {
    /// What the container will read.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
    /// Lines that it writes.
    pub lines: Pin<Box<dyn Stream<Item = Result<String, EngineError>> + Send>>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}
