//! The order of a mapping's keys: as people sort, `a2` before `a10` and signs before letters.

use std::cmp::Ordering;

/// Compares two keys as the library that Compose uses.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b) else {
        return a.len().cmp(&b.len());
    };
    let after_digit = at > 0 && a[at - 1].is_numeric();
    match (a[at].is_alphabetic(), b[at].is_alphabetic()) {
        (true, true) => a[at].cmp(&b[at]),
        // Between digits and signs, and at the beginning, letters come last.
        (true, false) if after_digit => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if after_digit => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => numbers(&a, &b, at).then_with(|| a[at].cmp(&b[at])),
    }
}

/// The numbers that begin at `at`, where the keys begin to differ; nothing counts as 0.
fn numbers(a: &[char], b: &[char], at: usize) -> Ordering {
    let before = a[..at].iter().rev().take_while(|c| c.is_ascii_digit());
    // A zero inside a number is none that leads it.
    let inside = (a[at] == '0' || b[at] == '0') && before.clone().any(|c| *c != '0');
    let start = u64::from(inside);
    let ((a, a_length), (b, b_length)) = (number(&a[at..], start), number(&b[at..], start));
    a.cmp(&b).then(a_length.cmp(&b_length))
}

fn number(text: &[char], start: u64) -> (u64, usize) {
    let digits = || text.iter().map_while(|c| c.to_digit(10));
    let add = |sum: u64, digit| sum.wrapping_mul(10).wrapping_add(u64::from(digit));
    (digits().fold(start, add), digits().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_compose() {
        let sorted = [
            "",
            "_JAVA",
            "A",
            "A_B",
            "A1",
            "A2",
            "A10",
            "A10a",
            "AB",
            "HTTP_PORT",
            "HTTPS_PORT",
            "LOG_X",
            "LOG1_X",
            "LOGA",
            "a",
            "a-b",
            "a.b",
            "a_b",
            "a1",
            "a01",
            "ab",
            "é",
        ];
        for (at, key) in sorted.iter().enumerate() {
            for later in &sorted[at + 1..] {
                assert_eq!(compare(key, later), Ordering::Less, "{key} {later}");
                assert_eq!(compare(later, key), Ordering::Greater, "{later} {key}");
            }
        }
    }
}
