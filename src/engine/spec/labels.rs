//! Labels of a container.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::SpecInput;
use super::release::Change;
use crate::compose::hash::depends_on_label;
use crate::labels;

/// The labels: the user's, and over them Compose's own.
pub(super) fn labels(input: &SpecInput) -> BTreeMap<String, String> {
    let mut all = input.service.labels.clone();
    let mut set = |key: &str, value: String| all.insert(key.to_owned(), value);
    for (key, value) in common(input) {
        set(key, value);
    }
    set(labels::DEPENDS_ON, depends_on_label(input.project, input.service));
    if let Some(image) = input.image {
        set(labels::IMAGE, image.id());
    }
    if let Some(value) = replace(input) {
        set(labels::REPLACE, value);
    }
    all
}

/// What every Compose writes.
pub(super) fn common(input: &SpecInput) -> Vec<(&'static str, String)> {
    let mut common = places(input);
    common.extend([
        (labels::PROJECT, input.project.name.clone()),
        (labels::SERVICE, input.service.name.clone()),
        (labels::ONEOFF, "False".to_owned()),
        (labels::CONTAINER_NUMBER, input.number.to_string()),
        (labels::CONFIG_HASH, input.config_hash.to_owned()),
        (labels::VERSION, input.style.version.clone()),
    ]);
    common
}

/// Where the project lies. The replaced container tells it as Compose was told it (v1 writes paths
/// as they were given); without one, the project's own absolute paths.
fn places(input: &SpecInput) -> Vec<(&'static str, String)> {
    let keys = [labels::WORKING_DIR, labels::CONFIG_FILES, labels::ENVIRONMENT_FILE];
    if let Some(old) = input.old.filter(|old| old.label(labels::WORKING_DIR).is_some()) {
        let kept = keys.into_iter().filter_map(|key| Some((key, old.label(key)?.to_owned())));
        return kept.collect();
    }
    let project = input.project;
    let mut places = vec![(labels::WORKING_DIR, project.working_dir.display().to_string())];
    places.push((labels::CONFIG_FILES, joined(&project.config_files)));
    if !project.env_files.is_empty() {
        places.push((labels::ENVIRONMENT_FILE, joined(&project.env_files)));
    }
    places
}

fn joined(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(",")
}

/// What the container replaces.
fn replace(input: &SpecInput) -> Option<String> {
    let old = input.old?;
    if !input.release().has(Change::ReplaceByName) {
        return Some(old.id().to_string());
    }
    let service = &input.service.name;
    let given = input.service.container_name.clone();
    Some(given.unwrap_or_else(|| format!("{service}-{}", input.number)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::fixture::Given;
    use super::*;
    use crate::compose::model::Service;
    use crate::engine::api::Inspection;

    fn sent(given: &Given, label: &str) -> Value {
        given.sends("/Labels").get(label).cloned().unwrap_or_default()
    }

    #[test]
    fn compose_s_own_labels_win_over_the_user_s() {
        let own = [(labels::SERVICE, "mine"), ("a", "b")];
        let own = own.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let given = Given::new(Service { labels: own.into(), ..Service::default() });
        assert_eq!(sent(&given, labels::SERVICE), "web");
        assert_eq!(sent(&given, "a"), "b");
    }

    #[test]
    fn places_are_written_as_the_replaced_container_has_them() {
        let mut given = Given::new(Service::default());
        given.project.config_files = vec!["/srv/shop/compose.yaml".into()];
        assert_eq!(sent(&given, labels::CONFIG_FILES), "/srv/shop/compose.yaml");
        let kept = json!({labels::WORKING_DIR: "/srv/shop", labels::CONFIG_FILES: "compose.yaml"});
        given.old = Some(Inspection(json!({"Id": "0", "Config": {"Labels": kept}})));
        assert_eq!(sent(&given, labels::CONFIG_FILES), "compose.yaml");
    }

    #[test]
    fn the_replaced_container_is_told_by_id_and_later_by_name() {
        let mut given = Given::new(Service::default()).replaces(&json!([]));
        let told = [("2.38.0", json!("0123456789abcdef")), ("2.40.3", json!("web-2"))];
        for (version, expected) in told {
            given.version = version;
            assert_eq!(sent(&given, labels::REPLACE), expected);
        }
    }
}
