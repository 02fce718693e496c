//! The body of `POST /containers/create`, and what follows it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::host::host;
use super::network::{Networking, networking};
use super::object::Object;
use super::{SpecError, SpecInput, file_refs, health, keys, labels, ports, proxies, v1};
use crate::engine::api::ContainerSpec;

/// Maps a service to everything that is needed to make one container of it, equal to what Compose
/// would send.
///
/// # Errors
///
/// [`SpecError`] where composeup does not map a key, where this engine cannot do what it says, or
/// where the service shares something with a container that is not there.
pub fn container_spec(input: &SpecInput) -> Result<ContainerSpec, SpecError> {
    if let Some(service) = input.v1 {
        return v1::container_spec(input, service);
    }
    keys::check(input)?;
    let networking = networking(input)?;
    let body = body(input, &networking)?;
    Ok(ContainerSpec {
        name: input.create_as.to_owned(),
        platform: platform(input),
        body,
        connect: networking.connect,
        files: file_refs::files(input)?,
    })
}

fn body(input: &SpecInput, networking: &Networking) -> Result<Value, SpecError> {
    let service = input.service;
    let mut body = Object::default();
    body.set("Image", image(input));
    body.set("Hostname", service.hostname.clone());
    body.set("Domainname", service.domainname.clone());
    body.set("User", service.user.clone());
    body.set("WorkingDir", service.working_dir.clone());
    // An empty list clears the image's own.
    body.put("Cmd", service.command.clone());
    body.put("Entrypoint", service.entrypoint.clone());
    body.set("Env", environment(input));
    body.set("Labels", json!(labels::labels(input)));
    body.set("ExposedPorts", ports::exposed(input.service));
    body.set("Healthcheck", health::healthcheck(input)?);
    body.set("StopSignal", service.stop_signal.clone());
    body.put("StopTimeout", service.stop_grace_period.map(|grace| grace.as_secs()));
    body.set("Tty", service.tty);
    body.set("OpenStdin", service.stdin_open);
    body.set("AttachStdout", true);
    body.set("AttachStderr", true);
    body.set("NetworkDisabled", networking.mode == "disabled");
    body.set("MacAddress", networking.mac_address.clone());
    body.set("HostConfig", host(input, networking)?);
    if !networking.endpoints.is_empty() {
        body.set("NetworkingConfig", json!({"EndpointsConfig": networking.endpoints}));
    }
    Ok(body.into())
}

/// The image by its name, as the file gives it; a service that is only built has Compose's name.
fn image(input: &SpecInput) -> String {
    let service = input.service;
    let built = || input.style.image_name(&input.project.name, &service.name);
    service.image.clone().unwrap_or_else(built)
}

/// `KEY=value`, or `KEY` alone to take it away from the image.
fn environment(input: &SpecInput) -> Vec<String> {
    let proxies = proxies::variables(input).into_iter().map(|(key, value)| (key, Some(value)));
    let mut all: BTreeMap<String, Option<String>> = proxies.collect();
    all.extend(input.service.environment.0.clone());
    let pairs = all.into_iter().map(|(key, value)| match value {
        Some(value) => format!("{key}={value}"),
        None => key,
    });
    pairs.collect()
}

/// The platform of the image.
fn platform(input: &SpecInput) -> Option<String> {
    let default = || input.project.environment.get("DOCKER_DEFAULT_PLATFORM").cloned();
    input.service.platform.clone().or_else(default)
}
