//! What a plain scalar means to YAML 1.1 as Compose v1's parser (`PyYAML`) reads it.

use super::node::Value;

/// The value of a plain scalar; `dates` says whether a date may be one.
pub(super) fn resolve(text: &str, dates: bool) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    integer(text)
        .map(Value::Int)
        .or_else(|| float(text).map(Value::Float))
        .or_else(|| (dates && is_date(text)).then(|| Value::Time(text.to_owned())))
        .unwrap_or_else(|| Value::Str(text.to_owned()))
}

fn signed(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// Binary `0b`, octal by a leading `0`, hexadecimal `0x`, decimal, and base 60 (`22:30`).
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = signed(text);
    let magnitude = if let Some(binary) = digits.strip_prefix("0b") {
        radix(binary, 2)?
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        radix(hexadecimal, 16)?
    } else if digits.len() > 1 && digits.starts_with('0') {
        radix(&digits[1..], 8)?
    } else {
        let (first, rest) = digits.split_once(':').unwrap_or((digits, ""));
        let starts = first.starts_with(|c: char| c.is_ascii_digit());
        let head = radix(first, 10).filter(|_| starts)?;
        if digits.contains(':') { sexagesimal(head, rest)? } else { head }
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn radix(digits: &str, base: u32) -> Option<i128> {
    let fits = |c: char| c == '_' || c.is_digit(base);
    let plain = digits.replace('_', "");
    let value = if plain.is_empty() { Some(0) } else { i128::from_str_radix(&plain, base).ok() };
    value.filter(|_| !digits.is_empty() && digits.chars().all(fits))
}

fn sexagesimal(head: i128, rest: &str) -> Option<i128> {
    rest.split(':').try_fold(head, |sum, part| sum.checked_mul(60)?.checked_add(below_60(part)?))
}

fn below_60(part: &str) -> Option<i128> {
    let digits = matches!(part.len(), 1 | 2) && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| part.parse().ok()).flatten().filter(|number| *number < 60)
}

/// A number with a point, an exponent only with its sign, base 60, `.inf` and `.nan`.
#[expect(clippy::cast_precision_loss, reason = "base 60 before the point of a float")]
fn float(text: &str) -> Option<f64> {
    let (negative, digits) = signed(text);
    let magnitude = match digits {
        ".inf" | ".Inf" | ".INF" => f64::INFINITY,
        ".nan" | ".NaN" | ".NAN" if digits == text => f64::NAN,
        _ => {
            let (head, tail) = digits.rsplit_once(':').unwrap_or(("", digits));
            let last = decimal(tail, !head.is_empty())?;
            if head.is_empty() {
                // A sign needs a digit before the point.
                Some(last).filter(|_| digits == text || !digits.starts_with('.'))?
            } else {
                integer(head).filter(|_| !head.starts_with(['-', '+']))? as f64 * 60.0 + last
            }
        }
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// `12.5e+3`; inside base 60 without an exponent and below 60.
fn decimal(text: &str, in_base_60: bool) -> Option<f64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let fits = |part: &str| part.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit());
    let starts = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|part| {
        part.strip_prefix(['-', '+'])
            .is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let mantissa_fits = fits(whole)
        && fits(fraction)
        && if whole.is_empty() { starts(fraction) } else { starts(whole) };
    if !mantissa_fits || !exponent_fits {
        return None;
    }
    if in_base_60 && (exponent.is_some() || below_60(whole).is_none()) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

/// A day, or a day with a time and perhaps a zone.
fn is_date(text: &str) -> bool {
    let (day, time) = match text.find(['T', 't', ' ', '\t']) {
        Some(at) => (&text[..at], Some(text[at + 1..].trim_start_matches([' ', '\t']))),
        None => (text, None),
    };
    let widths: Vec<usize> = day.split('-').map(str::len).collect();
    let digits = day.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    match (widths.as_slice(), time) {
        ([4, 2, 2], None) => digits,
        ([4, 1 | 2, 1 | 2], Some(time)) => digits && is_time(time),
        _ => false,
    }
}

fn is_time(text: &str) -> bool {
    let clock_end = text.find(|c: char| !matches!(c, '0'..='9' | ':' | '.')).unwrap_or(text.len());
    let (clock, zone) = text.split_at(clock_end);
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let widths: Vec<usize> = whole.split(':').map(str::len).collect();
    let zone = zone.trim_start_matches([' ', '\t']);
    let zone_fits = matches!(zone, "" | "Z")
        || zone.strip_prefix(['-', '+']).is_some_and(|zone| {
            let widths: Vec<usize> = zone.split(':').map(str::len).collect();
            matches!(widths[..], [1 | 2] | [1 | 2, 2])
                && zone.bytes().all(|byte| byte == b':' || byte.is_ascii_digit())
        });
    matches!(widths[..], [1 | 2, 2, 2])
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && zone_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `PyYAML` 6.0.3 answers.
    const CASES: &str = "
yes => bool true
Yes => bool true
YES => bool true
yEs => str
y => str
n => str
on => bool true
Off => bool false
OFF => bool false
oFF => str
true => bool true
TRUE => bool true
tRUE => str
no => bool false
null => null
Null => null
~ => null
nULL => str
12 => int 12
+12 => int 12
-12 => int -12
--1 => str
0 => int 0
00 => int 0
0o17 => str
0440 => int 288
-0440 => int -288
08 => str
09.5 => float 9.5
0b11 => int 3
0B11 => str
0b => str
0x1F => int 31
0X1F => str
0x => str
1_000 => int 1000
_1 => str
1_ => int 1
1__0 => int 10
22:22 => int 1342
190:20:30 => int 685230
1:60 => str
01:30 => str
-1:30 => int -90
1:30:5.5 => float 5405.5
1:30.5 => float 90.5
1:30. => float 90.0
1:75.5 => str
22:22:22 => int 80542
80:80/tcp => str
1e3 => str
1e+3 => str
1.0e3 => str
1.0e+3 => float 1000.0
1.e+3 => float 1000.0
1.0E-3 => float 0.001
.5 => float 0.5
.5e+3 => float 500.0
+.5 => str
-.5 => str
._5 => str
.e+3 => str
1. => float 1.0
1.10 => float 1.1
1.2.3 => str
-1.5 => float -1.5
+1.5 => float 1.5
.inf => float inf
-.inf => float -inf
+.INF => float inf
.nan => float NaN
-.nan => str
.NaN => float NaN
inf => str
1_0.5_0 => float 10.5
2001-01-01 => time
2001-1-1 => str
2001-1-1T1:02:03 => time
2001-01-01T01:02:03Z => time
2001-01-01T01:02:03.5+02:00 => time
2001-01-01t01:02:03.-5 => time
2001-01-01T1:2:3 => str
20010-01-01 => str
2001-01-01T01:02:03.Z => time
12345678901234567890 => int 12345678901234567890
= => str
0: => str
0:5 => str
1: => str
:1 => str
1:2: => str
+1:30 => int 90
-1:30.5 => float -90.5
1_0:30 => int 630
0_7 => int 7
0_ => int 0
0x_f => int 15
1.5:30 => str
1.0e+ => str
3.36 => float 3.36
3.37.1 => str
0.5 => float 0.5
00.5 => float 0.5
5.e-1 => float 0.5
e5 => str
2001-01-01 01:02:03 => time
2001-01-01   01:02:03 +2 => time
2001-01-01 01:02:03 Z => time
";

    #[test]
    fn plain_scalars_mean_what_they_mean_to_compose_v1() {
        for case in CASES.trim().lines() {
            let (source, expected) = case.split_once(" => ").unwrap();
            let actual = match resolve(source, true) {
                Value::Str(_) => "str".to_owned(),
                Value::Time(_) => "time".to_owned(),
                Value::Null => "null".to_owned(),
                Value::Bool(value) => format!("bool {value}"),
                Value::Int(value) => format!("int {value}"),
                Value::Float(value) => format!("float {value:?}"),
                Value::Seq(_) | Value::Map(_) => unreachable!(),
            };
            assert_eq!(actual, expected, "{source}");
        }
    }
}
