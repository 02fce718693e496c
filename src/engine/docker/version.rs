//! The API version that both sides speak.

use std::fmt;
use std::str::FromStr;

use crate::engine::EngineError;

/// A version of the Docker Engine API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ApiVersion(u32, u32);

impl ApiVersion {
    /// Docker Engine 20.10.
    pub(super) const OLDEST: Self = Self(1, 41);
    /// The newest version composeup was tried with: Docker Engine 28.5.
    pub(super) const NEWEST: Self = Self(1, 51);

    /// The newest version that the engine on `endpoint` and composeup both speak.
    pub(super) fn negotiate(
        endpoint: &str,
        engine_oldest: Self,
        engine_newest: Self,
    ) -> Result<Self, EngineError> {
        if engine_newest < Self::OLDEST {
            return Err(EngineError::TooOld {
                endpoint: endpoint.to_owned(),
                found: engine_newest.to_string(),
                needed: Self::OLDEST.to_string(),
            });
        }
        if engine_oldest > Self::NEWEST {
            return Err(EngineError::TooNew {
                endpoint: endpoint.to_owned(),
                found: engine_oldest.to_string(),
                known: Self::NEWEST.to_string(),
            });
        }
        Ok(engine_newest.min(Self::NEWEST))
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The text is not `major.minor`.
#[derive(Debug)]
pub(super) struct NoVersion;

impl FromStr for ApiVersion {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let (major, minor) = text.split_once('.').ok_or(NoVersion)?;
        let number = |text: &str| text.parse().map_err(|_| NoVersion);
        Ok(Self(number(major)?, number(minor)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(oldest: &str, newest: &str) -> String {
        let parse = |text: &str| text.parse::<ApiVersion>().unwrap();
        match ApiVersion::negotiate("unix:///e.sock", parse(oldest), parse(newest)) {
            Ok(version) => version.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_older_of_both_newest_versions_is_spoken() {
        assert_eq!(negotiated("1.12", "1.41"), "1.41");
        assert_eq!(negotiated("1.24", "1.51"), "1.51");
        assert_eq!(negotiated("1.44", "1.60"), "1.51");
    }

    #[test]
    fn engines_without_a_common_version_are_refused() {
        assert_eq!(
            negotiated("1.12", "1.40"),
            "the engine on unix:///e.sock speaks API 1.40; composeup needs 1.41 or later"
        );
        assert_eq!(
            negotiated("1.52", "1.60"),
            "the engine on unix:///e.sock speaks API 1.52 or later; composeup knows 1.51 at most"
        );
    }

    #[test]
    fn what_is_no_version_is_no_version() {
        for text in ["", "1", "1.x", "1.41.2"] {
            assert!(text.parse::<ApiVersion>().is_err(), "{text}");
        }
    }
}
