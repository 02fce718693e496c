//! The helpers' image, made out of the running executable once and kept.

use tokio::task::spawn_blocking;

use crate::engine::Engine;
use crate::labels;
use crate::own_image::RootFileSystem;

/// How much of the digest is in the tag, in hex digits.
const TAG: usize = 16;

/// The image of this executable, put on the engine if it is not there.
///
/// # Errors
///
/// Why it cannot be had, as a lower-case fragment.
pub(super) async fn ensure(engine: &impl Engine) -> Result<String, String> {
    let packed = spawn_blocking(|| {
        let root = RootFileSystem::of_this_process()?;
        let digest = root.digest();
        Ok::<_, std::io::Error>((root, digest))
    });
    let packed = packed.await.map_err(|error| error.to_string())?;
    let (root, digest) = packed.map_err(|error| format!("cannot read this executable: {error}"))?;
    let reference = format!("composeup-helper:{}", &digest[..TAG]);
    let found = engine.image(&reference).await.map_err(|error| error.to_string())?;
    if found.is_none() {
        let label = format!("LABEL {}=image", labels::HELPER);
        let changes = [root.instruction("ENTRYPOINT", &[]), label];
        let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
        let made = engine.import_image(root.tar, &reference, &changes).await;
        made.map_err(|error| error.to_string())?;
    }
    Ok(reference)
}
