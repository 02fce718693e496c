//! Durations as v1 reads them: floating point seconds, cut to nanoseconds.

/// Units in the order in which they must stand, in seconds.
const UNITS: [(&str, f64); 6] = [
    ("h", 3600.0),
    ("m", 60.0),
    ("s", 1.0),
    ("ms", 1.0 / 1000.0),
    ("us", 1.0 / 1000.0 / 1000.0),
    ("ns", 1.0 / 1000.0 / 1000.0 / 1000.0),
];

/// The nanoseconds of `1m30s`.
#[expect(clippy::cast_possible_truncation, reason = "Python cuts here, too")]
#[must_use]
pub fn nanoseconds(text: &str) -> Option<i128> {
    let lower = text.trim().to_lowercase().replace('µ', "u");
    let mut rest = lower.as_str();
    let mut units = UNITS.iter();
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let scale = units.find(|(name, _)| *name == &rest[..end])?.1;
        seconds += scale * number;
        rest = &rest[end..];
    }
    (!lower.is_empty()).then(|| (seconds / (1.0 / 1000.0 / 1000.0 / 1000.0)) as i128)
}
