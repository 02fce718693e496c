//! Where requests go, and what is sent with them.

use std::fmt;
use std::str::FromStr;

use http::uri::{PathAndQuery, Uri};
use http::{HeaderName, HeaderValue};

/// A URL that requests are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whether it is `https`.
    pub(super) is_secure: bool,
    /// Name or address, without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// The `Host` header.
    pub(super) authority: String,
    pub(super) path: PathAndQuery,
    shown: String,
}

impl FromStr for Target {
    type Err = &'static str;

    /// Reads an `http://` or `https://` URL.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_secure = match text.split_once("://") {
            Some(("http", _)) => false,
            Some(("https", _)) => true,
            _ => return Err("begins with neither `http://` nor `https://`"),
        };
        let uri: Uri = text.parse().map_err(|_| "is no URL")?;
        let authority = uri.authority().ok_or("names no host")?;
        if authority.as_str().contains('@') {
            return Err("holds credentials; pass them by `--probe-header 'Authorization: …'`");
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err("names no host");
        }
        // What is left of a number that is no port is not taken for none.
        let port = match authority.port() {
            None if authority.as_str().ends_with(authority.host()) => None,
            None => return Err("has a port that is none"),
            Some(port) => Some(port.as_u16()),
        };
        let path = uri.path_and_query().cloned();
        Ok(Self {
            is_secure,
            host: host.to_owned(),
            port: port.unwrap_or(if is_secure { 443 } else { 80 }),
            authority: authority.to_string(),
            path: path.unwrap_or_else(|| PathAndQuery::from_static("/")),
            shown: without_secrets(text),
        })
    }
}

/// As messages show it: see [`without_secrets`].
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// A text that was meant as a URL, without what may be secret in it: credentials and the query.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let (text, query) = match text.split_once(['?', '#']) {
        Some((text, _)) => (text, "?…"),
        None => (text, ""),
    };
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let separator = if scheme.is_empty() { "" } else { "://" };
    let rest = match rest.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => rest.to_owned(),
    };
    format!("{scheme}{separator}{rest}{query}")
}

/// A header of every request. Its value is never shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
}

impl FromStr for Header {
    type Err = &'static str;

    /// Reads `Name: value`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once(':').ok_or("does not look like `Name: value`")?;
        let name = name.trim().parse().map_err(|_| "has a name that no header can have")?;
        let value: HeaderValue =
            value.trim().parse().map_err(|_| "has a value that no header can have")?;
        let mut header = Self { name, value };
        header.value.set_sensitive(true);
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, u16, String), &'static str> {
        let target: Target = text.parse()?;
        Ok((target.host, target.port, target.path.to_string()))
    }

    #[test]
    fn a_url_names_host_port_and_path() {
        for (text, host, port, path) in [
            ("http://shop.example", "shop.example", 80, "/"),
            ("https://shop.example/a/b?c=d", "shop.example", 443, "/a/b?c=d"),
            ("http://[::1]:8080/", "::1", 8080, "/"),
            ("http://localhost:8080", "localhost", 8080, "/"),
        ] {
            assert_eq!(read(text), Ok((host.into(), port, path.into())), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "begins with neither"),
            ("shop.example", "begins with neither"),
            ("/health", "begins with neither"),
            ("ftp://shop.example/", "begins with neither"),
            ("http://", "is no URL"),
            ("http://a b/", "is no URL"),
            ("http://shop:99999/", "port"),
            ("http://shop:/", "port"),
            ("http://ann:s3cret@shop/", "credentials"),
        ] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn neither_credentials_nor_a_query_are_shown() {
        for (text, shown) in [
            ("https://shop.example/a?token=s3cret", "https://shop.example/a?…"),
            ("https://shop.example/a#s3cret", "https://shop.example/a?…"),
            ("https://ann:s3cret@shop.example/a", "https://…@shop.example/a"),
            ("ann:s3cret@shop.example", "…@shop.example"),
            ("http://shop.example:8080/", "http://shop.example:8080/"),
        ] {
            assert_eq!(without_secrets(text), shown);
        }
        let target: Target = "http://shop/?token=s3cret".parse().unwrap();
        assert_eq!(target.to_string(), "http://shop/?…");
    }

    #[test]
    fn a_header_is_a_name_and_a_value_that_is_never_shown() {
        let header: Header = "Authorization:  Bearer s3cret".parse().unwrap();
        assert_eq!(header.name, "authorization");
        assert_eq!(header.value, "Bearer s3cret");
        assert!(!format!("{header:?}").contains("s3cret"));
        for text in ["Authorization", ": x", "a b: c", "A: b\nC: d"] {
            assert!(text.parse::<Header>().is_err(), "{text}");
        }
    }
}
