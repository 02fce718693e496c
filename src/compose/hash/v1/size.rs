//! Sizes as docker-py reads them.

/// The bytes of `512m`, `1.5gb` or `1024`.
#[expect(clippy::cast_possible_truncation, reason = "Python cuts here, too")]
#[must_use]
pub fn bytes(text: &str) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    let has_two_letters = text.len() > 1
        && text[..text.len() - 1].ends_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(['b', 'B']);
    let text = if has_two_letters { &text[..text.len() - 1] } else { text };
    let last = text.chars().last()?.to_ascii_lowercase();
    let (digits, factor) = match last {
        '0'..='9' => (text, 1.0),
        'b' => (&text[..text.len() - 1], 1.0),
        'k' => (&text[..text.len() - 1], 1024.0),
        'm' => (&text[..text.len() - 1], 1024.0 * 1024.0),
        'g' => (&text[..text.len() - 1], 1024.0 * 1024.0 * 1024.0),
        _ => return None,
    };
    let number: f64 = digits.trim().parse().ok()?;
    number.is_finite().then_some((number * factor) as i128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_powers_of_1024_and_fractions_are_cut() {
        let cases = [
            ("", Some(0)),
            ("1024", Some(1024)),
            ("512m", Some(512 << 20)),
            ("512MB", Some(512 << 20)),
            ("1.5g", Some(3 << 29)),
            ("10b", Some(10)),
            ("0.3k", Some(307)),
            ("1t", None),
            ("1p", None),
            ("kib", None),
            ("m", None),
        ];
        for (text, expected) in cases {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
