//! The body of `POST /containers/create`, and what follows it.

use serde_json::{Value, json};

use super::value::{json as to_json, option};
use super::{host, mounts, networks, ports, words};
use crate::compose::hash::v1::{Dict, Py, Service};
use crate::engine::api::ContainerSpec;
use crate::engine::spec::object::Object;
use crate::engine::spec::{SpecError, SpecInput, labels, proxies};

/// The variable that names the container whose volumes were taken over, by which a Swarm of old
/// scheduled. Only v1 writes it, and it means nothing to anybody.
pub const AFFINITY: &str = "affinity:container";

/// Maps a service to everything that is needed to make one container of it.
///
/// # Errors
///
/// [`SpecError`] for values docker-py refuses, and where the service shares something with a
/// container that is not there.
pub(in crate::engine::spec) fn container_spec(
    input: &SpecInput,
    service: &Service,
) -> Result<ContainerSpec, SpecError> {
    Ok(ContainerSpec {
        name: input.create_as.to_owned(),
        platform: None,
        body: body(input, service)?,
        connect: networks::attachments(input, service),
        files: Vec::new(),
    })
}

fn body(input: &SpecInput, service: &Service) -> Result<Value, SpecError> {
    let options = &service.options;
    let mounts = mounts::mounts(input, service);
    let mut body = Object::default();
    body.set("Image", image(input, options));
    for (key, field) in [
        ("hostname", "Hostname"),
        ("domainname", "Domainname"),
        ("user", "User"),
        ("working_dir", "WorkingDir"),
        ("tty", "Tty"),
        ("stdin_open", "OpenStdin"),
        ("stop_signal", "StopSignal"),
        ("mac_address", "MacAddress"),
    ] {
        body.set(field, option(options, key));
    }
    // An empty list clears the image's own.
    body.put("Cmd", command(input, options, "command")?);
    body.put("Entrypoint", command(input, options, "entrypoint")?);
    body.set("Env", environment(input, options, mounts.has_old));
    body.set("Labels", own_labels(input, options));
    body.set("ExposedPorts", ports::exposed(options));
    body.set("Volumes", mounts.declared.clone());
    body.put("Healthcheck", options.get("healthcheck").map(healthcheck));
    body.put("StopTimeout", options.get("stop_grace_period").map(stop_timeout));
    body.set("HostConfig", host::host(input, service, mounts)?);
    body.set("NetworkingConfig", networks::in_create(service));
    Ok(body.into())
}

fn image(input: &SpecInput, options: &Dict) -> String {
    let built = || input.style.image_name(&input.project.name, &input.service.name);
    options.get("image").map_or_else(built, Py::text)
}

/// A text is split into words.
fn command(input: &SpecInput, options: &Dict, key: &str) -> Result<Option<Value>, SpecError> {
    match options.get(key) {
        Some(Py::Str(line)) => {
            let words = words::split(line);
            let words = words.ok_or_else(|| input.invalid(key, "a quote is not closed"))?;
            Ok(Some(json!(words)))
        }
        Some(Py::None) | None => Ok(None),
        Some(list) => Ok(Some(to_json(list))),
    }
}

/// `KEY=value`, or `KEY` alone.
fn environment(input: &SpecInput, options: &Dict, has_old: bool) -> Vec<String> {
    let proxies = proxies::variables(input).into_iter();
    let mut all: Dict = proxies.map(|(key, value)| (key, Py::Str(value))).collect();
    if let Some(Py::Dict(own)) = options.get("environment") {
        all.extend(own.clone());
    }
    if let Some(old) = input.old.filter(|_| has_old) {
        all.insert(AFFINITY.to_owned(), Py::Str(format!("={}", old.id())));
    }
    let pairs = all.iter().map(|(key, value)| match value {
        Py::None => key.clone(),
        value => format!("{key}={}", value.text()),
    });
    pairs.collect()
}

fn own_labels(input: &SpecInput, options: &Dict) -> Value {
    let mut all = match options.get("labels").map(to_json) {
        Some(Value::Object(own)) => own,
        _ => serde_json::Map::new(),
    };
    let of_compose = labels::common(input).into_iter();
    all.extend(of_compose.map(|(key, value)| (key.to_owned(), Value::from(value))));
    Value::Object(all)
}

fn healthcheck(check: &Py) -> Value {
    let none = Dict::new();
    let check = check.as_dict().unwrap_or(&none);
    let mut body = Object::default();
    body.set(
        "Test",
        match check.get("test") {
            Some(Py::Str(line)) => json!(["CMD-SHELL", line]),
            _ => option(check, "test"),
        },
    );
    for (key, field) in [
        ("interval", "Interval"),
        ("timeout", "Timeout"),
        ("retries", "Retries"),
        ("start_period", "StartPeriod"),
    ] {
        body.set(field, option(check, key));
    }
    body.into()
}

/// Seconds: ten where the text says none. The engine wants whole ones, which v1 does not see to.
fn stop_timeout(grace: &Py) -> Value {
    const DEFAULT: i128 = 10;
    const NANOS: i128 = 1_000_000_000;
    let nanos = crate::compose::hash::v1::nanoseconds(&grace.text());
    to_json(&Py::Int(nanos.map_or(DEFAULT, |nanos| nanos / NANOS)))
}
