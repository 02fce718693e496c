//! What a plain scalar means, by the rules of the parser Compose uses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use granit_parser::Tag;

use super::node::Value;
use super::yaml11;
use crate::compose::Dialect;

const CORE: &str = "tag:yaml.org,2002:";

/// The value of a scalar: `text` after unescaping, with its explicit tag if it has one.
///
/// # Errors
/// A message when an explicit tag such as `!!int` does not fit the text.
pub(super) fn resolve(
    dialect: Dialect,
    text: &str,
    quoted: bool,
    tag: Option<&Tag>,
) -> Result<Value, String> {
    // A lone `!` says nothing.
    let tag = tag.filter(|tag| tag.original() != "!");
    let name = tag.and_then(|tag| tag.suffix_in_namespace(CORE));
    match name.as_deref() {
        Some("binary") => binary(text),
        Some(name @ ("null" | "bool" | "int" | "float" | "timestamp")) => {
            convert(name, plain(dialect, text, name == "timestamp"))
        }
        None if tag.is_none() && !quoted => Ok(plain(dialect, text, true)),
        _ => Ok(Value::Str(text.to_owned())),
    }
}

fn binary(text: &str) -> Result<Value, String> {
    let compact: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(compact).map_err(|_| "`!!binary` needs base64 data".to_owned())?;
    let text = String::from_utf8(bytes)
        .map_err(|_| "`!!binary` data that is not text cannot be used here".to_owned())?;
    Ok(Value::Str(text))
}

fn convert(tag: &str, value: Value) -> Result<Value, String> {
    match (tag, value) {
        ("null", value @ Value::Null)
        | ("bool", value @ Value::Bool(_))
        | ("int", value @ Value::Int(_))
        | ("float", value @ Value::Float(_))
        | ("timestamp", value @ Value::Time(_)) => Ok(value),
        #[expect(clippy::cast_precision_loss, reason = "`!!float` asks for exactly that")]
        ("float", Value::Int(n)) => Ok(Value::Float(n as f64)),
        _ => Err(format!("the value does not fit its tag `!!{tag}`")),
    }
}

fn plain(dialect: Dialect, text: &str, dates: bool) -> Value {
    match dialect {
        Dialect::V2 => go_yaml(text, dates),
        Dialect::V1 => yaml11::resolve(text, dates),
    }
}

/// Whether Compose v2 reads a plain scalar as text.
pub(crate) fn is_text(text: &str) -> bool {
    matches!(go_yaml(text, true), Value::Str(_))
}

fn go_yaml(text: &str, dates: bool) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    if let Some(number) = named_float(text) {
        return Value::Float(number);
    }
    match text.as_bytes().first() {
        Some(b'.') => fraction(text).map(Value::Float),
        Some(b'0'..=b'9' | b'+' | b'-') => number_or_date(text, dates),
        _ => None,
    }
    .unwrap_or_else(|| Value::Str(text.to_owned()))
}

/// `.inf` and `.nan` in their three spellings.
fn named_float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

fn number_or_date(text: &str, dates: bool) -> Option<Value> {
    if dates && is_date(text) {
        return Some(Value::Time(text.to_owned()));
    }
    let digits = text.replace('_', "");
    if let Some(number) = integer(&digits) {
        return Some(Value::Int(number));
    }
    is_float(&digits).then(|| finite(&digits)).flatten().map(Value::Float)
}

/// An integer that fits 64 bits, signed or unsigned; the prefix decides the base: `0x`, `0o` or
/// `0`, `0b`.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let prefix = digits.get(..2).unwrap_or_default().to_ascii_lowercase();
    let (base, digits) = match prefix.as_str() {
        "0x" => (16, &digits[2..]),
        "0o" => (8, &digits[2..]),
        "0b" => (2, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    // A second sign would be taken by the standard parser.
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(digits, base).ok()?);
    let number = if negative { -magnitude } else { magnitude };
    // Only signed 64 bits take a sign.
    let signed = text.starts_with(['-', '+']);
    (!signed || i64::try_from(number).is_ok()).then_some(number)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let some_digits = |text: &str| !text.is_empty() && digits(text);
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => some_digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => some_digits(mantissa),
    };
    mantissa_fits
        && exponent.is_none_or(|text| some_digits(text.strip_prefix(['-', '+']).unwrap_or(text)))
}

/// The number, unless it is beyond what 64 bits hold: then Go keeps the text.
fn finite(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// A number that begins with its point; unlike elsewhere `_` only stands between digits.
fn fraction(text: &str) -> Option<f64> {
    let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let separates = |at: usize| at > 0 && digit(bytes.get(at - 1)) && digit(bytes.get(at + 1));
    let fits = text.match_indices('_').all(|(at, _)| separates(at));
    if fits { finite(&text.replace('_', "")) } else { None }
}

/// The four forms Go accepts: a day, and a day with a time after `T`, `t` or a space.
fn is_date(text: &str) -> bool {
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    if year != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    let Some((day, time)) = text.split_once(['T', 't', ' ']) else {
        return is_day(text);
    };
    let zoned = text.as_bytes().get(day.len()) != Some(&b' ');
    let clock = if zoned { strip_zone(time) } else { Some(time.trim_start_matches(' ')) };
    is_day(day) && clock.is_some_and(is_clock)
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let (Ok(year), Some(month), Some(day)) = (year.parse(), short(month), short(day)) else {
        return false;
    };
    jiff::civil::Date::new(year, month, day).is_ok()
}

fn is_clock(text: &str) -> bool {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let parts: Vec<&str> = whole.split(':').collect();
    let [hour, minute, second] = parts[..] else { return false };
    let below = |text: &str, limit: i8| short(text).is_some_and(|number| number < limit);
    let digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    below(hour, 24) && below(minute, 60) && below(second, 60) && digits
}

/// A number of one or two digits.
fn short(text: &str) -> Option<i8> {
    let fits = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// A time without its `Z` or `+hh:mm`.
fn strip_zone(time: &str) -> Option<&str> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some(clock);
    }
    let (clock, zone) = time.split_at_checked(time.len().checked_sub(6)?)?;
    let zone = zone.strip_prefix(['+', '-'])?;
    let (hours, minutes) = zone.split_once(':')?;
    (hours.len() == 2 && short(hours)? <= 24 && short(minutes)? <= 60).then_some(clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(number: i128) -> Value {
        Value::Int(number)
    }

    fn text(text: &str) -> Value {
        Value::Str(text.to_owned())
    }

    #[test]
    fn plain_scalars_mean_what_they_mean_to_compose() {
        let cases = [
            ("", Value::Null),
            ("~", Value::Null),
            ("NULL", Value::Null),
            ("nULL", text("nULL")),
            ("True", Value::Bool(true)),
            ("tRUE", text("tRUE")),
            ("yes", text("yes")),
            ("on", text("on")),
            ("12", int(12)),
            ("+12", int(12)),
            ("-12", int(-12)),
            ("--12", text("--12")),
            ("0755", int(493)),
            ("-0755", int(-493)),
            ("0o755", int(493)),
            ("0O17", int(15)),
            ("0x1F", int(31)),
            ("0b101", int(5)),
            ("0x", text("0x")),
            ("0x+1", text("0x+1")),
            ("1_000", int(1000)),
            ("08", Value::Float(8.0)),
            ("18446744073709551615", int(18_446_744_073_709_551_615)),
            ("+18446744073709551615", Value::Float(18_446_744_073_709_551_615.0)),
            ("12345678901234567890123", Value::Float(12_345_678_901_234_567_890_123.0)),
            ("1.10", Value::Float(1.1)),
            ("1.", Value::Float(1.0)),
            (".5", Value::Float(0.5)),
            (".5_0", Value::Float(0.5)),
            (".5_", text(".5_")),
            ("1e3", Value::Float(1000.0)),
            ("1e+3", Value::Float(1000.0)),
            ("1e999", text("1e999")),
            ("1.2.3", text("1.2.3")),
            (".inf", Value::Float(f64::INFINITY)),
            ("-.Inf", Value::Float(f64::NEG_INFINITY)),
            ("inf", text("inf")),
            ("22:22", text("22:22")),
            ("80:80/tcp", text("80:80/tcp")),
            ("2001-01-01", Value::Time("2001-01-01".into())),
            ("2001-1-1 3:04:05", Value::Time("2001-1-1 3:04:05".into())),
            ("2001-01-01T03:04:05.5Z", Value::Time("2001-01-01T03:04:05.5Z".into())),
            ("2001-01-01t03:04:05+02:00", Value::Time("2001-01-01t03:04:05+02:00".into())),
            ("2001-02-30", text("2001-02-30")),
            ("2001-01-01T03:04:05", text("2001-01-01T03:04:05")),
            ("20010-01-01", text("20010-01-01")),
        ];
        for (source, value) in cases {
            assert_eq!(resolve(Dialect::V2, source, false, None), Ok(value), "{source}");
        }
    }

    #[test]
    fn not_a_number_is_a_number() {
        let value = resolve(Dialect::V2, ".nan", false, None);
        assert!(matches!(value, Ok(Value::Float(number)) if number.is_nan()));
    }

    #[test]
    fn quoted_scalars_are_text() {
        for source in ["12", "true", "", "2001-01-01"] {
            assert_eq!(resolve(Dialect::V2, source, true, None), Ok(text(source)));
        }
    }

    #[test]
    fn explicit_tags_decide_and_must_fit() {
        let tagged = |name: &str, source: &str, quoted| {
            resolve(Dialect::V2, source, quoted, Some(&Tag::new(CORE, name)))
        };
        assert_eq!(tagged("str", "12", false), Ok(text("12")));
        assert_eq!(tagged("int", "12", true), Ok(int(12)));
        assert_eq!(tagged("float", "12", false), Ok(Value::Float(12.0)));
        assert_eq!(tagged("binary", "aGVs bG8=", false), Ok(text("hello")));
        assert_eq!(tagged("null", "", true), Ok(Value::Null));
        assert!(tagged("int", "ab", false).is_err());
        assert!(tagged("bool", "yes", false).is_err());
        let lone = Tag::new("!", "");
        assert_eq!(resolve(Dialect::V2, "12", false, Some(&lone)), Ok(int(12)));
        let foreign = Tag::new("!", "mine");
        assert_eq!(resolve(Dialect::V2, "12", false, Some(&foreign)), Ok(text("12")));
    }
}
