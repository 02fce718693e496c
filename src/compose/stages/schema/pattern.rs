//! Texts of which Compose wants more than that they are texts.

use super::shape::Pattern;
use crate::compose::hash::Generation;

/// Since 2.36, and loosely: two signs of a name that follow each other are enough.
pub(super) const CONTAINER_NAME: Pattern = Pattern {
    fits: |text, generation| generation < Generation::V2_36 || has_name(text),
    wanted: "a name of a container: letters, digits, `_`, `.` and `-`, at least two",
};

fn has_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let follows = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    bytes.windows(2).any(|pair| pair[0].is_ascii_alphanumeric() && follows(pair[1]))
}

/// Since 2.34 loosely: a text that has a policy in it is one.
pub(super) const PULL_POLICY: Pattern = Pattern {
    fits: |text, generation| {
        if generation < Generation::V2_34 {
            return POLICIES.contains(&text);
        }
        let newer = ["refresh", "daily", "weekly"];
        POLICIES.iter().chain(&newer).any(|policy| text.contains(policy)) || has_period(text)
    },
    wanted: "`always`, `never`, `missing`, `build`, `daily`, `weekly` or such as `every_12h`",
};

const POLICIES: [&str; 5] = ["always", "never", "build", "if_not_present", "missing"];

/// `every_12h`, `every_1w2d`.
fn has_period(text: &str) -> bool {
    text.match_indices("every_").any(|(at, start)| {
        let period = &text[at + start.len()..];
        let unit = period.trim_start_matches(|c: char| c.is_ascii_digit());
        unit.len() < period.len() && unit.starts_with(['w', 'd', 'h', 'm', 's'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Generation::{Debian226, V2_36};

    #[test]
    fn a_container_name_is_looked_at_since_2_36_and_not_closely() {
        let fits = CONTAINER_NAME.fits;
        assert!(fits("app_1", V2_36) && fits("an app", V2_36) && fits("-ab", V2_36));
        assert!(!fits("", V2_36) && !fits("a", V2_36) && !fits("a=b", V2_36));
        assert!(fits("", Debian226));
    }

    #[test]
    fn a_pull_policy_is_read_loosely_since_2_34() {
        let fits = PULL_POLICY.fits;
        for text in ["always", "if_not_present", "every_1w2d", "xdaily", "every_3hx"] {
            assert!(fits(text, V2_36), "{text}");
        }
        for text in ["", "sometimes", "every_", "every_h", "every_3x"] {
            assert!(!fits(text, V2_36), "{text}");
        }
        assert!(fits("missing", Debian226) && !fits("daily", Debian226));
    }
}
