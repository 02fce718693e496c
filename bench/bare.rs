//! The floor under an upgrade: the calls that no upgrade can do without, and nothing else. Replaces
//! containers `bare-1` to `bare-N` at the engine, so many at a time:
//!
//! ```text
//! bare COUNT PARALLELISM IMAGE NETWORK
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use composeup::engine::api::{ContainerId, ContainerSpec};
use composeup::engine::docker::{Address, Deadlines, Docker};
use composeup::engine::{Engine as _, EngineError};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

/// Long enough for every container to end by itself.
const GRACE: Duration = Duration::from_secs(10);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, parallelism, image, network] = arguments.as_slice() else {
        return Err("usage: bare COUNT PARALLELISM IMAGE NETWORK".into());
    };
    let (count, parallelism): (usize, usize) = (count.parse()?, parallelism.parse()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let env: BTreeMap<String, String> = std::env::vars().collect();
        let docker = Docker::connect(Address::resolve(None, &env)?, Deadlines::default()).await?;
        let replaced = (1..=count).map(|n| replace(&docker, n, image, network));
        stream::iter(replaced).buffer_unordered(parallelism).try_collect::<Vec<()>>().await?;
        Ok(())
    })
}

/// Create, start, stop, remove, rename; nothing is stopped the first time.
async fn replace(docker: &Docker, n: usize, image: &str, network: &str) -> Result<(), EngineError> {
    let name = format!("bare-{n}");
    let spec = ContainerSpec {
        name: format!("new-{name}"),
        platform: None,
        body: json!({
            "Image": image,
            "Labels": { "composeup.bench": "bare" },
            "HostConfig": { "NetworkMode": network, "Init": true },
            "NetworkingConfig": { "EndpointsConfig": { network: {} } },
        }),
        connect: Vec::new(),
        files: Vec::new(),
    };
    let new = docker.create(&spec).await?;
    docker.start(&new).await?;
    let old = ContainerId(name.clone());
    docker.stop(&old, Some(GRACE)).await?;
    docker.remove(&old).await?;
    docker.rename(&new, &name).await
}
