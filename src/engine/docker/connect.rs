//! Which engine: the address by flag, environment and docker's own configuration file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use http::uri::Authority;
use serde_json::Value;

use crate::engine::EngineError;

/// Where the docker command line connects when nobody says otherwise.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
/// The port of an engine without TLS.
const DEFAULT_PORT: u16 = 2375;

/// Where an engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A socket on this machine.
    Unix(PathBuf),
    /// A port, without TLS.
    Tcp {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
    },
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

impl Address {
    /// The engine that docker's own command line would talk to, given the value of `--host` and the
    /// environment: the flag, else `DOCKER_HOST`, else `DOCKER_CONTEXT`, else `currentContext` of
    /// docker's configuration file, else the default socket.
    ///
    /// # Errors
    ///
    /// [`EngineError::BadEndpoint`] for what is no address, and [`EngineError::Unsupported`] where
    /// something asks for a context, TLS or ssh: another engine is never taken in its place.
    pub fn resolve(
        flag: Option<&str>,
        env: &BTreeMap<String, String>,
    ) -> Result<Self, EngineError> {
        let set = |key: &str| env.get(key).map(String::as_str).filter(|value| !value.is_empty());
        let address = if let Some(endpoint) = flag.or_else(|| set("DOCKER_HOST")) {
            Self::parse(endpoint)?
        } else {
            refuse_context(set("DOCKER_CONTEXT"), configuration_file(env))?;
            Self::Unix(DEFAULT_SOCKET.into())
        };
        match (&address, set("DOCKER_TLS_VERIFY")) {
            (Self::Tcp { .. }, Some(value)) => {
                Err(EngineError::Unsupported { setting: format!("`DOCKER_TLS_VERIFY={value}`") })
            }
            _ => Ok(address),
        }
    }

    /// Reads `unix:///path` or `tcp://host[:port]`.
    ///
    /// # Errors
    ///
    /// [`EngineError::BadEndpoint`], and [`EngineError::Unsupported`] for ssh.
    pub fn parse(endpoint: &str) -> Result<Self, EngineError> {
        let bad = || EngineError::BadEndpoint { endpoint: endpoint.to_owned() };
        match endpoint.split_once("://").ok_or_else(bad)? {
            ("unix", "") => Ok(Self::Unix(DEFAULT_SOCKET.into())),
            ("unix", path) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            ("tcp", place) => tcp(place).ok_or_else(bad),
            ("ssh", _) => Err(EngineError::Unsupported { setting: format!("`{endpoint}`") }),
            _ => Err(bad()),
        }
    }
}

fn tcp(place: &str) -> Option<Address> {
    let authority: Authority = place.strip_suffix('/').unwrap_or(place).parse().ok()?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let without_port = authority.as_str().len() == authority.host().len();
    let port = if without_port { Some(DEFAULT_PORT) } else { authority.port_u16() };
    let named = !host.is_empty() && !authority.as_str().contains('@');
    Some(Address::Tcp { host: host.to_owned(), port: port? }).filter(|_| named)
}

fn configuration_file(env: &BTreeMap<String, String>) -> Option<PathBuf> {
    let folder = match env.get("DOCKER_CONFIG").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env.get("HOME")?).join(".docker"),
    };
    Some(folder.join("config.json"))
}

/// `default` is the reserved name of "no context".
fn refuse_context(context: Option<&str>, file: Option<PathBuf>) -> Result<(), EngineError> {
    if let Some(context) = context {
        return refuse(context, || format!("`DOCKER_CONTEXT={context}`"));
    }
    let Some(file) = file else { return Ok(()) };
    match current_context(&file)? {
        Some(context) => {
            refuse(&context, || format!("`currentContext` `{context}` in `{}`", file.display()))
        }
        None => Ok(()),
    }
}

fn refuse(context: &str, setting: impl FnOnce() -> String) -> Result<(), EngineError> {
    if context == "default" {
        return Ok(());
    }
    Err(EngineError::Unsupported { setting: setting() })
}

fn current_context(file: &Path) -> Result<Option<String>, EngineError> {
    let unreadable =
        |reason: String| EngineError::BadSettings { path: file.display().to_string(), reason };
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
    };
    let settings: Value =
        serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
    let context = settings.get("currentContext").and_then(Value::as_str);
    Ok(context.filter(|context| !context.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn resolved(flag: Option<&str>, pairs: &[(&str, &str)]) -> String {
        match Address::resolve(flag, &env(pairs)) {
            Ok(address) => address.to_string(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn the_flag_wins_over_docker_host_and_docker_host_over_the_default() {
        let host = [("DOCKER_HOST", "tcp://10.0.0.5")];
        assert_eq!(resolved(Some("unix:///run/other.sock"), &host), "unix:///run/other.sock");
        assert_eq!(resolved(None, &host), "tcp://10.0.0.5:2375");
        assert_eq!(resolved(None, &[("DOCKER_HOST", "")]), "unix:///var/run/docker.sock");
        assert_eq!(resolved(None, &[]), "unix:///var/run/docker.sock");
    }

    #[test]
    fn a_host_may_be_a_name_or_an_address_with_or_without_port() {
        assert_eq!(resolved(Some("tcp://[::1]:99"), &[]), "tcp://[::1]:99");
        assert_eq!(resolved(Some("tcp://docker.example:2375/"), &[]), "tcp://docker.example:2375");
    }

    #[test]
    fn what_is_no_address_is_refused_by_name() {
        let wrong = [
            "http://10.0.0.5:2375",
            "/var/run/docker.sock",
            "10.0.0.5:2375",
            "unix://var/run/docker.sock",
            "tcp://",
            "tcp://host:port",
            "tcp://me@host",
            "tcp://host/path",
        ];
        for endpoint in wrong {
            let text = format!("error: `{endpoint}` is not an engine address");
            assert_eq!(resolved(Some(endpoint), &[]), text);
        }
    }

    #[test]
    fn a_context_tls_or_ssh_is_refused_and_no_other_engine_taken() {
        let refused = |flag, pairs: &[(&str, &str)], what: &str| {
            let text = resolved(flag, pairs);
            assert!(text.starts_with("error: ") && text.contains(what), "{text}");
        };
        refused(None, &[("DOCKER_CONTEXT", "lab")], "DOCKER_CONTEXT=lab");
        refused(Some("ssh://me@host"), &[], "ssh://me@host");
        refused(Some("tcp://host"), &[("DOCKER_TLS_VERIFY", "1")], "DOCKER_TLS_VERIFY=1");
        assert_eq!(
            resolved(None, &[("DOCKER_CONTEXT", "default"), ("DOCKER_TLS_VERIFY", "1")]),
            "unix:///var/run/docker.sock"
        );
        let ignored = [("DOCKER_CONTEXT", "lab")];
        assert_eq!(resolved(Some("unix:///run/a.sock"), &ignored), "unix:///run/a.sock");
    }

    #[test]
    fn the_current_context_of_dockers_configuration_is_refused_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let with = |text: &str| {
            std::fs::write(folder.path().join("config.json"), text).unwrap();
            resolved(None, &[("DOCKER_CONFIG", path)])
        };
        assert_eq!(with(r#"{"auths":{}}"#), "unix:///var/run/docker.sock");
        assert_eq!(with(r#"{"currentContext":"default"}"#), "unix:///var/run/docker.sock");
        assert!(with(r#"{"currentContext":"lab"}"#).contains("`currentContext` `lab`"));
        assert!(with("{").starts_with("error: cannot read"));
    }
}
