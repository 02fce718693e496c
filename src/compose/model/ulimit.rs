//! `ulimits`.

use super::decode::{Decode, Fields, mismatch};
use super::encode::{Encode, Writer};
use crate::compose::ComposeError;
use crate::compose::document::{Node, Value};
use crate::compose::path::Path;

/// A limit of a process; -1 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ulimit {
    /// Both limits at once.
    Single(i64),
    /// The two limits.
    Pair {
        /// What it has.
        soft: i64,
        /// What it may raise it to.
        hard: i64,
    },
}

impl Ulimit {
    /// What it has.
    #[must_use]
    pub fn soft(self) -> i64 {
        match self {
            Self::Single(limit) | Self::Pair { soft: limit, .. } => limit,
        }
    }

    /// What it may raise it to.
    #[must_use]
    pub fn hard(self) -> i64 {
        match self {
            Self::Single(limit) | Self::Pair { hard: limit, .. } => limit,
        }
    }
}

impl Decode for Ulimit {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        if let Value::Map(_) = node.value {
            let fields = Fields::of(node, path)?;
            if node.get("soft").is_none() || node.get("hard").is_none() {
                return Err(mismatch(node, path, "a number, or have both `soft` and `hard`"));
            }
            return Ok(Self::Pair { soft: fields.get("soft")?, hard: fields.get("hard")? });
        }
        i64::decode(node, path).map(Self::Single)
    }
}

// Compose cannot tell a single 0 from two limits of 0.
impl Encode for Ulimit {
    fn encode(&self, out: &mut Writer) {
        match self {
            Self::Single(limit) if *limit != 0 => out.literal(limit),
            _ => {
                out.open('{');
                out.field("soft", &self.soft(), out.style.as_yaml);
                out.field("hard", &self.hard(), out.style.as_yaml);
                out.close('}');
            }
        }
    }
}
