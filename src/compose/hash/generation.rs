//! Releases of Compose that hash alike.

use std::fmt;

use crate::compose::Dialect;
use crate::compose::model::encode::{CreateHostPath, Style};

/// Releases of Compose whose config hashes are equal for every file, named after the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Generation {
    /// 1.29, in Python.
    V1,
    /// Debian's 2.26.1-4: the hash of 2.26 over the model of 2.33.
    Debian226,
    /// 2.29.3 to 2.29.7.
    V2_29_3,
    /// 2.30 and 2.31.
    V2_30,
    /// 2.32 and 2.33.
    V2_32,
    /// 2.34.
    V2_34,
    /// 2.35.
    V2_35,
    /// 2.36 to 2.40; what may stand in a file is what 2.40 lets stand.
    #[default]
    V2_36,
    /// 5.0.0 and 5.0.1.
    V5_0_0,
    /// 5.0.2 and later.
    V5_0_2,
}

/// What makes a generation of v2 differ from the others.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each flag is one change of Compose")]
pub(super) struct Rules {
    /// How values are written.
    pub(super) style: Style,
    /// `depends_on` is hashed.
    pub(super) depends_on: bool,
    /// `profiles` are hashed.
    pub(super) profiles: bool,
    /// The files of `label_file` are hashed beside the labels.
    pub(super) label_file: bool,
    /// `gw_priority` is known and hashed.
    pub(super) gw_priority: bool,
    /// In values of an `env_file`, variables from outside win over those of files before.
    pub(super) outside_first: bool,
    /// What 2.30.0 brought: options of device requests, `count` of those that say none.
    pub(super) device_options: bool,
}

const NEWEST: Rules = Rules {
    style: Style::V2_40,
    depends_on: false,
    profiles: false,
    label_file: true,
    gw_priority: true,
    outside_first: true,
    device_options: true,
};
const V2_35: Rules = Rules { style: Style { sorted_endpoints: false, ..NEWEST.style }, ..NEWEST };
const V2_34: Rules = Rules { outside_first: false, ..V2_35 };
const V2_32: Rules = Rules {
    style: Style { modes_as_text: false, ..V2_34.style },
    label_file: false,
    gw_priority: false,
    ..V2_34
};
const V2_30: Rules = Rules { style: Style { always_exec: false, ..V2_32.style }, ..V2_32 };

impl Generation {
    /// Every generation, the oldest first.
    pub const ALL: [Self; 10] = [
        Self::V1,
        Self::Debian226,
        Self::V2_29_3,
        Self::V2_30,
        Self::V2_32,
        Self::V2_34,
        Self::V2_35,
        Self::V2_36,
        Self::V5_0_0,
        Self::V5_0_2,
    ];

    /// The newest generation.
    pub const NEWEST: Self = Self::V5_0_2;

    /// The generation of a release as users and labels write it: `1.29.2`, `2.40`, `2.26.1-4`.
    /// A label says `2.26.1` for Debian's release, too; no other one of that number is in wide
    /// use.
    #[must_use]
    pub fn of_release(release: &str) -> Option<Self> {
        let release = release.strip_prefix('v').unwrap_or(release);
        let core = release.split(['-', '+', '~']).next().unwrap_or(release);
        let mut numbers = core.split('.').map(str::parse::<u32>);
        let major = numbers.next()?.ok()?;
        let minor = numbers.next().transpose().ok()?;
        let patch = numbers.next().transpose().ok()?.unwrap_or(0);
        match (major, minor) {
            (1, _) => Some(Self::V1),
            (2, Some(26)) => Some(Self::Debian226),
            (2, Some(29)) if patch >= 3 => Some(Self::V2_29_3),
            (2, Some(30..=31)) => Some(Self::V2_30),
            (2, Some(32..=33)) => Some(Self::V2_32),
            (2, Some(34)) => Some(Self::V2_34),
            (2, Some(35)) => Some(Self::V2_35),
            (2, None | Some(36..)) => Some(Self::V2_36),
            (5, Some(0)) if patch < 2 => Some(Self::V5_0_0),
            (5.., _) => Some(Self::V5_0_2),
            _ => None,
        }
    }

    /// Whether other releases than those of its generation carry this number, too: what Debian
    /// builds as 2.26.1-4 calls itself 2.26.1, as the release it was made from does.
    #[must_use]
    pub fn is_shared(release: &str) -> bool {
        Self::of_release(release) == Some(Self::Debian226)
    }

    /// Its releases, in words.
    #[must_use]
    pub fn releases(self) -> &'static str {
        match self {
            Self::V1 => "1.29",
            Self::Debian226 => "2.26.1-4 (Debian)",
            Self::V2_29_3 => "2.29.3 to 2.29.7",
            Self::V2_30 => "2.30 and 2.31",
            Self::V2_32 => "2.32 and 2.33",
            Self::V2_34 => "2.34",
            Self::V2_35 => "2.35",
            Self::V2_36 => "2.36 to 2.40",
            Self::V5_0_0 => "5.0.0 and 5.0.1",
            Self::V5_0_2 => "5.0.2 and later",
        }
    }

    /// Which Compose reads its files.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        match self {
            Self::V1 => Dialect::V1,
            _ => Dialect::V2,
        }
    }

    /// The rules of a generation of v2.
    pub(super) fn rules(self) -> Rules {
        match self {
            Self::V1 | Self::V2_36 => NEWEST,
            Self::Debian226 => Rules { depends_on: true, profiles: true, ..V2_32 },
            Self::V2_29_3 => Rules { profiles: true, device_options: false, ..V2_30 },
            Self::V2_30 => V2_30,
            Self::V2_32 => V2_32,
            Self::V2_34 => V2_34,
            Self::V2_35 => V2_35,
            Self::V5_0_0 => with_binds(CreateHostPath::UnlessTrue),
            Self::V5_0_2 => with_binds(CreateHostPath::IfFalse),
        }
    }
}

fn with_binds(create_host_path: CreateHostPath) -> Rules {
    Rules { style: Style { create_host_path, ..NEWEST.style }, ..NEWEST }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "1.29",
            Self::Debian226 => "2.26.1-4",
            Self::V2_29_3 => "2.29.3",
            Self::V2_30 => "2.30",
            Self::V2_32 => "2.32",
            Self::V2_34 => "2.34",
            Self::V2_35 => "2.35",
            Self::V2_36 => "2.36",
            Self::V5_0_0 => "5.0.0",
            Self::V5_0_2 => "5.0.2",
        })
    }
}
