//! The resolved project as `docker compose config` prints it.

use std::collections::BTreeSet;

use super::model::encode::{Encode, Style, Writer};
use super::model::{FileObject, Project, Service};
use super::yaml;

/// The JSON of `docker compose config --format json`, without a line break at its end.
#[must_use]
pub fn resolved_json(project: &Project) -> String {
    text(project, Style::V2_40)
}

/// The YAML of `docker compose config`, sign by sign.
///
/// # Errors
/// A number of an `x-` key that JSON cannot hold.
pub fn resolved_yaml(project: &Project) -> Result<String, serde_json::Error> {
    let json = text(project, Style { as_yaml: true, ..Style::V2_40 });
    Ok(yaml::document(&serde_json::from_str(&json)?))
}

/// The names of all profiles, those of active and of inactive services.
#[must_use]
pub fn profiles(project: &Project) -> BTreeSet<&str> {
    let services = project.services.values().chain(project.disabled_services.values());
    services.flat_map(|service| &service.profiles).map(String::as_str).collect()
}

/// The image of each active service, in the order of their names; one that is built and has no
/// name gets the one Compose v2 gives it.
#[must_use]
pub fn images(project: &Project) -> Vec<String> {
    let image = |service: &Service| {
        service.image.clone().unwrap_or_else(|| format!("{}-{}", project.name, service.name))
    };
    project.services.values().map(image).collect()
}

/// `$` is doubled, so that what is printed can be read as a compose file.
fn text(project: &Project, style: Style) -> String {
    Writer::lines_of(&printed(project), style).replace('$', "$$")
}

/// The project without what was only read to resolve it, and without resources nobody uses.
fn printed(project: &Project) -> Project {
    let mut project = project.clone();
    let mut used = Used::default();
    for service in project.services.values_mut() {
        service.env_file.clear();
        service.label_file.clear();
        if service.location_of("platform").is_none() {
            // `DOCKER_DEFAULT_PLATFORM` is for containers alone.
            service.platform = None;
        }
        used.add(service);
    }
    project.networks.retain(|key, _| used.networks.contains(key));
    project.volumes.retain(|key, _| used.volumes.contains(key));
    project.secrets.retain(|key, _| used.secrets.contains(key));
    project.configs.retain(|key, _| used.configs.contains(key));
    project.models.retain(|key, _| used.models.contains(key));
    project.secrets.values_mut().chain(project.configs.values_mut()).for_each(hide_variable);
    project
}

/// A variable is named, and its value not shown.
fn hide_variable(object: &mut FileObject) {
    if object.environment.is_some() {
        object.content = None;
    }
}

/// Keys of the resources that services use.
#[derive(Default)]
struct Used {
    networks: BTreeSet<String>,
    volumes: BTreeSet<String>,
    secrets: BTreeSet<String>,
    configs: BTreeSet<String>,
    models: BTreeSet<String>,
}

impl Used {
    fn add(&mut self, service: &Service) {
        let volumes = service.volumes.iter().filter(|mount| mount.kind == "volume");
        let built_with = service.build.iter().flat_map(|build| &build.secrets);
        let secrets = service.secrets.iter().chain(built_with);
        self.networks.extend(service.networks.keys().cloned());
        self.volumes.extend(volumes.filter_map(|mount| mount.source.clone()));
        self.secrets.extend(secrets.map(|secret| secret.source.clone()));
        self.configs.extend(service.configs.iter().map(|config| config.source.clone()));
        self.models.extend(service.models.keys().cloned());
    }
}

// As YAML in the order of the specification; as JSON Compose sorts.
impl Encode for Project {
    fn encode(&self, out: &mut Writer) {
        let mut sections: [(&str, &dyn Encode); 7] = [
            ("name", &self.name),
            ("services", &self.services),
            ("networks", &self.networks),
            ("volumes", &self.volumes),
            ("secrets", &self.secrets),
            ("configs", &self.configs),
            ("models", &self.models),
        ];
        if !out.style.as_yaml {
            sections.sort_unstable_by_key(|(key, _)| *key);
        }
        out.open('{');
        for (key, section) in sections {
            // Compose forgets the models in its JSON.
            if key != "models" || out.style.as_yaml {
                out.field(key, section, key == "services");
            }
        }
        out.entries(self.extensions.0.iter().map(|(key, value)| (key.as_str(), value)));
        out.close('}');
    }
}
