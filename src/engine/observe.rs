//! One look at everything the engine has of a project.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use super::api::{EngineInfo, Image, Inspection, Network, Volume};
use super::{Engine, EngineError};
use crate::labels;

/// What to look at, by the engine's names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Name of the project.
    pub project: String,
    /// References of images.
    pub images: BTreeSet<String>,
    /// Names of networks.
    pub networks: BTreeSet<String>,
    /// Names of volumes.
    pub volumes: BTreeSet<String>,
    /// Names of containers that need not be of the project.
    pub containers: BTreeSet<String>,
}

/// What the engine has of it. What is not there is not in the maps.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Who the engine is.
    pub engine: EngineInfo,
    /// The project's containers by service, in the order of their numbers; one-off containers of
    /// `compose run` are left out, stopped containers are not.
    pub containers: BTreeMap<String, Vec<Inspection>>,
    /// Images by the reference asked for, and by the id containers were created from.
    pub images: BTreeMap<String, Image>,
    /// Networks by name.
    pub networks: BTreeMap<String, Network>,
    /// Volumes by name.
    pub volumes: BTreeMap<String, Volume>,
    /// Containers that were asked for, by name.
    pub named: BTreeMap<String, Inspection>,
}

impl Observed {
    /// The containers of a service, in the order of their numbers.
    #[must_use]
    pub fn of(&self, service: &str) -> &[Inspection] {
        self.containers.get(service).map_or(&[], Vec::as_slice)
    }
}

/// Looks at the engine once.
///
/// # Errors
///
/// The first call that fails.
pub async fn observe(engine: &impl Engine, wanted: &Wanted) -> Result<Observed, EngineError> {
    let info = engine.info().await?;
    let all = engine.containers(&[labels::in_project(&wanted.project)]).await?;
    let used = all.iter().map(Inspection::image_id);
    let images: BTreeSet<String> = wanted.images.iter().cloned().chain(used).collect();
    Ok(Observed {
        engine: info,
        images: present(&images, async |name| engine.image(name).await).await?,
        networks: present(&wanted.networks, async |name| engine.network(name).await).await?,
        volumes: present(&wanted.volumes, async |name| engine.volume(name).await).await?,
        named: present(&wanted.containers, async |name| engine.container(name).await).await?,
        containers: by_service(all),
    })
}

/// Asks for every name at once and keeps what is there.
async fn present<T>(
    names: &BTreeSet<String>,
    ask: impl AsyncFn(&str) -> Result<Option<T>, EngineError>,
) -> Result<BTreeMap<String, T>, EngineError> {
    let answers = try_join_all(names.iter().map(|name| ask(name))).await?;
    let pairs = names.iter().cloned().zip(answers);
    Ok(pairs.filter_map(|(name, answer)| Some((name, answer?))).collect())
}

fn by_service(all: Vec<Inspection>) -> BTreeMap<String, Vec<Inspection>> {
    let mut services: BTreeMap<String, Vec<Inspection>> = BTreeMap::new();
    for container in all {
        let one_off = container.label(labels::ONEOFF).is_some_and(|value| value == "True");
        if let Some(service) = container.label(labels::SERVICE).filter(|_| !one_off) {
            services.entry(service.to_owned()).or_default().push(container);
        }
    }
    for containers in services.values_mut() {
        containers.sort_by_key(|container| (container.number(), container.name()));
    }
    services
}
