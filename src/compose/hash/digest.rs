//! SHA-256 as hexadecimal text.

use sha2::{Digest as _, Sha256};

use crate::text::hex;

/// The digest of `text`.
pub(crate) fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}
