//! Proxy variables every container gets: the `proxies` of the command line's configuration file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::SpecInput;

/// Keys of the configuration file and the variables they become, in both cases.
const VARIABLES: [(&str, &str); 5] = [
    ("httpProxy", "HTTP_PROXY"),
    ("httpsProxy", "HTTPS_PROXY"),
    ("ftpProxy", "FTP_PROXY"),
    ("noProxy", "NO_PROXY"),
    ("allProxy", "ALL_PROXY"),
];

/// The variables for this engine: those the file gives for its address, else the default ones.
/// Compose goes on without a file it cannot read, and so do we.
pub(super) fn variables(input: &SpecInput) -> BTreeMap<String, String> {
    let config = config_file(input).and_then(|path| (input.read_file)(&path).ok());
    let config: Value =
        config.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let proxies = &config["proxies"];
    let chosen = proxies.get(&input.engine.endpoint).unwrap_or(&proxies["default"]);
    let given = VARIABLES.iter().filter_map(|(key, name)| {
        let value = chosen[*key].as_str().filter(|value| !value.is_empty())?;
        Some([*name, &name.to_lowercase()].map(|name| (name.to_owned(), value.to_owned())))
    });
    given.flatten().collect()
}

/// `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
fn config_file(input: &SpecInput) -> Option<PathBuf> {
    let environment = &input.project.environment;
    let own = environment.get("DOCKER_CONFIG").filter(|folder| !folder.is_empty());
    let folder = match own {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(environment.get("HOME")?).join(".docker"),
    };
    Some(folder.join("config.json"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::Given;
    use crate::compose::model::Service;

    fn given(folder: &str) -> Given {
        let mut given = Given::new(Service::default());
        given.project.environment.insert("DOCKER_CONFIG".to_owned(), folder.to_owned());
        given
    }

    #[test]
    fn proxies_are_variables_in_both_cases() {
        let sent = given("/srv/shop/docker").sends("/Env");
        assert_eq!(sent, json!(["HTTP_PROXY=http://p:1", "http_proxy=http://p:1"]));
    }

    #[test]
    fn the_service_s_own_variables_win() {
        let mut given = given("/srv/shop/docker");
        given.service.environment.insert("http_proxy".to_owned(), Some("mine".to_owned()));
        assert_eq!(given.sends("/Env"), json!(["HTTP_PROXY=http://p:1", "http_proxy=mine"]));
    }

    #[test]
    fn without_a_file_there_are_none() {
        assert_eq!(given("/srv/shop/nowhere").sends("/Env"), json!(null));
    }
}
