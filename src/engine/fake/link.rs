//! The other end of a container's input and output, scripted.

use futures_util::stream::unfold;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, duplex, split};

use crate::engine::api::Link;

/// A container that answers each line that is not empty with one of its own, until it has none or
/// nobody reads it any more.
pub fn answering(mut answer: impl FnMut(String) -> Option<String> + Send + 'static) -> Link {
    let (near, far) = duplex(4096);
    let (read, write) = split(near);
    tokio::spawn(async move {
        let (read, mut write) = split(far);
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if line.is_empty() {
                continue;
            }
            let Some(said) = answer(line) else { return };
            if write.write_all(format!("{said}\n").as_bytes()).await.is_err() {
                return;
            }
        }
    });
    let lines = unfold(BufReader::new(read).lines(), |mut lines| async move {
        let line = lines.next_line().await.ok().flatten()?;
        Some((Ok(line), lines))
    });
    Link { input: Box::pin(write), lines: Box::pin(lines) }
}
