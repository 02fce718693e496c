//! What a new container is asked to find out whether it is ready: a URL or a port of its own.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What it is asked, and the answer that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// An HTTP request.
    Http(HttpQuestion),
    /// A connection to a TCP port, which counts once it is open.
    Tcp(u16),
}

/// A `GET` request and what must be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpQuestion {
    /// The container's port.
    pub port: u16,
    /// Path and query.
    pub path: String,
    /// The `Host` header; the address that is asked if not given.
    pub host: Option<String>,
    /// The status that counts: one of these.
    pub status: Vec<Statuses>,
    /// What the body must contain.
    pub body: Option<String>,
}

/// HTTP status codes from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statuses(pub u16, pub u16);

/// What counts if nobody says otherwise: success and redirection.
pub const SUCCESS: Statuses = Statuses(200, 399);

impl HttpQuestion {
    /// Whether an answer counts.
    ///
    /// # Errors
    ///
    /// Why it does not, as a lower-case fragment.
    pub fn judge(&self, status: u16, body: &str) -> Result<(), String> {
        if !self.status.iter().any(|range| (range.0..=range.1).contains(&status)) {
            return Err(format!("answers with {status}"));
        }
        match &self.body {
            Some(wanted) if !body.contains(wanted) => {
                Err("answers without the text that is waited for".into())
            }
            _ => Ok(()),
        }
    }
}

impl Question {
    /// What is asked, as the user writes it.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Http(question) => format!("http://:{}{}", question.port, question.path),
            Self::Tcp(port) => format!("tcp://:{port}"),
        }
    }
}

impl FromStr for Question {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(format!("it is no URL; {LOOKS}"));
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (place, path) = rest.split_at(end);
        let Some((host, port)) = place.rsplit_once(':') else {
            return Err(format!("it names no port; {LOOKS}"));
        };
        if !host.is_empty() {
            return Err(format!("it is the new container itself that is asked; {LOOKS}"));
        }
        let port = port.parse().ok().filter(|port| *port != 0);
        let port = port.ok_or_else(|| format!("its port is no number from 1 to 65535; {LOOKS}"))?;
        match scheme {
            "http" => Ok(Self::Http(HttpQuestion {
                port,
                path: path_and_query(path)?,
                host: None,
                status: vec![SUCCESS],
                body: None,
            })),
            "tcp" if path.is_empty() => Ok(Self::Tcp(port)),
            "tcp" => Err("a TCP port has no path; it looks like `tcp://:8080`".into()),
            "https" => Err("HTTPS is not spoken; ask an `http://` port, or `tcp://:443`".into()),
            _ => Err(format!("only `http://` and `tcp://` are known; {LOOKS}")),
        }
    }
}

/// What a URL looks like here.
const LOOKS: &str = "it looks like `http://:8080/healthz` or `tcp://:8080`";

fn path_and_query(text: &str) -> Result<String, String> {
    let path = text.split('#').next().unwrap_or_default();
    if path.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Err(
            "its path has a space or a sign that is not ASCII; write it as `%20` and so on".into(),
        );
    }
    Ok(if path.starts_with('/') { path.to_owned() } else { format!("/{path}") })
}

impl FromStr for Statuses {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a status looks like `200`, `2xx` or `200-299`".to_owned();
        let code = |text: &str| text.parse().ok().filter(|code| (100..=599).contains(code));
        if let Some(class) = text.strip_suffix("xx") {
            let class: u16 = class.parse().map_err(|_| wrong())?;
            return (1..=5)
                .contains(&class)
                .then(|| Self(class * 100, class * 100 + 99))
                .ok_or_else(wrong);
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = code(first).zip(code(last)).ok_or_else(wrong)?;
        if first <= last { Ok(Self(first, last)) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Question {
        text.parse().unwrap()
    }

    #[test]
    fn a_url_names_a_port_and_perhaps_a_path() {
        let Question::Http(http) = parsed("http://:8080/healthz?full=1#top") else { panic!() };
        assert_eq!((http.port, http.path.as_str()), (8080, "/healthz?full=1"));
        assert_eq!(http.status, [SUCCESS]);
        assert_eq!(parsed("http://:80").url(), "http://:80/");
        assert_eq!(parsed("http://:80?a").url(), "http://:80/?a");
        assert_eq!(parsed("tcp://:5432"), Question::Tcp(5432));
    }

    #[test]
    fn whatever_else_it_is_is_said() {
        let said: Vec<String> = [
            "8080",
            "http://8080",
            "http:///healthz",
            "http://localhost:8080/",
            "http://:0/",
            "http://:99999/",
            "http://:80/a b",
            "https://:443/",
            "tcp://:80/healthz",
            "ftp://:21",
        ]
        .iter()
        .map(|text| format!("{text}  {}", text.parse::<Question>().unwrap_err()))
        .collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn statuses_are_one_or_many() {
        let parsed = |text: &str| text.parse::<Statuses>();
        assert_eq!(parsed("204"), Ok(Statuses(204, 204)));
        assert_eq!(parsed("4xx"), Ok(Statuses(400, 499)));
        assert_eq!(parsed("200-399"), Ok(SUCCESS));
        for wrong in ["", "ok", "99", "600", "299-200", "0xx", "xx", "200-"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_answer_counts_by_its_status_and_its_body() {
        let http = HttpQuestion {
            port: 80,
            path: "/".into(),
            host: None,
            status: vec![Statuses(204, 204), Statuses(300, 399)],
            body: Some("ready".into()),
        };
        assert_eq!(http.judge(204, "it is ready"), Ok(()));
        assert_eq!(http.judge(301, "ready"), Ok(()));
        assert_eq!(http.judge(200, "ready"), Err("answers with 200".into()));
        assert!(http.judge(204, "booting").unwrap_err().contains("without the text"));
    }
}
