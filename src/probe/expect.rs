//! Which answers are good.

use std::str::FromStr;

use http::StatusCode;

/// What an answer must be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Expect {
    /// Any success or redirection.
    #[default]
    Good,
    /// This status.
    Status(u16),
    /// A status that begins with this digit.
    Class(u16),
    /// Any success or redirection with this text in its body.
    Body(String),
}

impl FromStr for Expect {
    type Err = &'static str;

    /// Reads `200`, `2xx` or `body:TEXT`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORMS: &str = "is none of a status (`200`), a class (`2xx`) and `body:TEXT`";
        if let Some(body) = text.strip_prefix("body:") {
            return if body.is_empty() { Err(FORMS) } else { Ok(Self::Body(body.to_owned())) };
        }
        let (digits, is_class) = match text.strip_suffix("xx") {
            Some(digit) => (digit, true),
            None => (text, false),
        };
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        match digits.parse() {
            Ok(class @ 1..=5) if is_class && is_number => Ok(Self::Class(class)),
            Ok(status @ 100..=599) if !is_class && is_number => Ok(Self::Status(status)),
            _ => Err(FORMS),
        }
    }
}

impl Expect {
    /// Whether the body of an answer matters.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        matches!(self, Self::Body(_))
    }

    /// Judges an answer.
    ///
    /// # Errors
    ///
    /// What is wrong with it: a lower-case fragment.
    pub fn judge(&self, status: StatusCode, body: &[u8]) -> Result<(), String> {
        let is_as_expected = match self {
            Self::Good | Self::Body(_) => status.is_success() || status.is_redirection(),
            Self::Status(expected) => status.as_u16() == *expected,
            Self::Class(expected) => status.as_u16() / 100 == *expected,
        };
        match self {
            _ if !is_as_expected => Err(format!("status {}", status.as_u16())),
            Self::Body(text) if !contains(body, text.as_bytes()) => {
                Err("the body lacks the expected text".to_owned())
            }
            _ => Ok(()),
        }
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    body.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether an answer is good by what a user wrote.
    fn is_good(expected: &str, status: u16, body: &str) -> bool {
        let status = StatusCode::from_u16(status).unwrap();
        expected.parse::<Expect>().unwrap().judge(status, body.as_bytes()).is_ok()
    }

    #[test]
    fn a_status_a_class_or_a_text_is_expected() {
        for (expected, status, body, good) in [
            ("200", 200, "", true),
            ("200", 204, "", false),
            ("404", 404, "", true),
            ("2xx", 204, "", true),
            ("2xx", 301, "", false),
            ("5xx", 503, "", true),
            ("body:version 2", 200, "this is version 2.", true),
            ("body:version 2", 200, "this is version 1.", false),
            ("body:version 2", 500, "this is version 2.", false),
        ] {
            assert_eq!(is_good(expected, status, body), good, "{expected} {status} {body}");
        }
    }

    #[test]
    fn without_a_word_every_success_and_redirection_is_good() {
        let judged = |status| Expect::Good.judge(StatusCode::from_u16(status).unwrap(), b"");
        for status in [200, 204, 301, 304] {
            assert_eq!(judged(status), Ok(()));
        }
        for status in [400, 404, 500, 503] {
            assert_eq!(judged(status), Err(format!("status {status}")));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "0xx", "6xx", "xx", "99", "600", "+20", "2XX", "ok", "body:", "+2xx"] {
            assert!(text.parse::<Expect>().is_err(), "{text}");
        }
    }
}
