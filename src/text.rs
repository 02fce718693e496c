//! Small pieces of text: plurals, lists, durations, sizes, ids, "did you mean".

use std::fmt::Write as _;
use std::time::Duration;

/// `1 service`, `2 services`: the count with the right form of the noun (plural by `s`).
#[must_use]
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// A duration for people: `0.4s`, `6.1s`, `1m 12s`, `2h 03m`.
#[must_use]
pub fn duration(d: Duration) -> String {
    let tenths = (d.as_millis() + 50) / 100;
    let seconds = d.as_secs();
    if tenths < 600 {
        let (whole, tenth) = (tenths / 10, tenths % 10);
        if tenth == 0 { format!("{whole}s") } else { format!("{whole}.{tenth}s") }
    } else if seconds < 3600 {
        format!("{}m {:02}s", seconds / 60, seconds % 60)
    } else {
        format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60)
    }
}

/// How long an answer took, in milliseconds, for people: `12ms`, `1.4s`.
#[must_use]
pub fn latency(ms: u64) -> String {
    if ms < 1_000 { format!("{ms}ms") } else { duration(Duration::from_millis(ms)) }
}

/// Whole milliseconds.
#[must_use]
pub fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

/// A size for people in decimal units, as Docker prints them: `148 MB`, `1.2 GB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    for (unit, scale) in UNITS {
        if bytes >= scale {
            let tenths = bytes.saturating_mul(10) / scale;
            return if tenths < 100 && !tenths.is_multiple_of(10) {
                format!("{}.{} {unit}", tenths / 10, tenths % 10)
            } else {
                format!("{} {unit}", tenths / 10)
            };
        }
    }
    format!("{bytes} B")
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The first twelve hex digits of an engine id, without an algorithm prefix.
#[must_use]
pub fn short_id(id: &str) -> &str {
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    hex.get(..12).unwrap_or(hex)
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [init @ .., last] => {
            let head: Vec<&str> = init.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", head.join(", "), last.as_ref())
        }
    }
}

/// The known name nearest to `wrong`, if one is near enough to be what was meant.
pub fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| {
            (
                strsim::normalized_damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase()),
                name,
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let cases = [
            (0, "0s"),
            (400, "0.4s"),
            (6_100, "6.1s"),
            (59_900, "59.9s"),
            (72_000, "1m 12s"),
            (7_380_000, "2h 03m"),
        ];
        for (ms, text) in cases {
            assert_eq!(duration(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn sizes_read_well() {
        let cases =
            [(12, "12 B"), (1_500, "1.5 kB"), (148_000_000, "148 MB"), (1_200_000_000, "1.2 GB")];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn a_near_name_is_offered_and_a_far_one_is_not() {
        assert_eq!(did_you_mean("gost-blog", ["ghost-blog", "proxy"]), Some("ghost-blog"));
        assert_eq!(did_you_mean("wbe", ["db", "web"]), Some("web"));
        assert_eq!(did_you_mean("database", ["ghost-blog", "proxy"]), None);
    }
}
