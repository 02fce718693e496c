//! Everything the fake holds, and what each verb does to it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::behaviour::Behaviour;
use super::container::Container;
use super::fault::Call;
use crate::engine::EngineError;
use crate::engine::api::{
    Attachment, ContainerFile, ContainerId, ContainerSpec, EngineEvent, Exec, RestartPolicy,
    Volume, string_map,
};
use crate::labels;

/// Everything the fake holds.
#[derive(Debug, Default)]
pub struct World {
    pub(super) containers: Vec<Container>,
    pub(super) images: BTreeMap<String, Value>,
    pub(super) registry: BTreeMap<String, Value>,
    pub(super) networks: BTreeMap<String, Value>,
    pub(super) volumes: BTreeMap<String, Value>,
    pub(super) scripts: BTreeMap<String, Behaviour>,
    pub(super) events: Vec<EngineEvent>,
    pub(super) joins: Vec<EngineEvent>,
    /// Names of the volumes that were removed, in order.
    pub(super) removed: Vec<String>,
    pub(super) logs: BTreeMap<String, Vec<String>>,
    pub(super) programs: BTreeMap<String, i64>,
    pub(super) api_version: Option<String>,
    made: u64,
}

impl World {
    /// Every container, oldest first.
    #[must_use]
    pub fn containers(&self) -> &[Container] {
        &self.containers
    }

    /// One container by id or name.
    #[must_use]
    pub fn container(&self, id_or_name: &str) -> Option<&Container> {
        self.containers.iter().find(|one| one.id.0 == id_or_name || one.name == id_or_name)
    }

    /// Names of the volumes, in order.
    #[must_use]
    pub fn volumes(&self) -> Vec<&str> {
        self.volumes.keys().map(String::as_str).collect()
    }

    /// How many containers of a service would answer a request.
    #[must_use]
    pub fn serving(&self, service: &str) -> usize {
        let of_service = |one: &&Container| one.label(labels::SERVICE) == Some(service);
        self.containers.iter().filter(of_service).filter(|one| one.is_serving()).count()
    }

    /// When something will happen by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        self.containers.iter().filter_map(Container::due).min()
    }

    /// Does the first thing that is due by `now`; `false` if there is none.
    pub(super) fn act(&mut self, now: Instant) -> bool {
        let next = self.containers.iter_mut().filter(|one| one.due().is_some_and(|at| at <= now));
        let Some(next) = next.min_by_key(|one| one.due()) else { return false };
        let actions = next.act();
        let id = next.id.clone();
        if actions.iter().any(|action| action == "die") {
            self.cut_off_guests(&id);
        }
        for action in actions {
            self.tell(&id, &action);
        }
        true
    }

    pub(super) fn id(&mut self) -> String {
        self.made += 1;
        format!("{:012x}{:052x}", self.made, 0)
    }

    pub(super) fn create(
        &mut self,
        call: &Call,
        spec: &ContainerSpec,
    ) -> Result<ContainerId, EngineError> {
        if self.container(&spec.name).is_some() {
            let message = format!("the container name \"/{}\" is already in use", spec.name);
            return Err(EngineError::Conflict { call: call.to_string(), message });
        }
        let reference = spec.body.get("Image").and_then(Value::as_str).unwrap_or_default();
        let Some(image) = self.images.get(reference).cloned() else {
            return Err(not_found(call, &format!("No such image: {reference}")));
        };
        let script = self.scripts.get(&spec.name).or_else(|| self.scripts.get(reference));
        let behaviour = script.copied().unwrap_or_default();
        let id = ContainerId(self.id());
        let mounts = self.mounts(&spec.body, &image);
        let config = config(&spec.body, &image);
        let container = Container {
            id: id.clone(),
            name: spec.name.clone(),
            image: image["Id"].as_str().unwrap_or_default().to_owned(),
            labels: string_map(config.get("Labels")),
            config,
            host_config: spec.body.get("HostConfig").cloned().unwrap_or_else(|| json!({})),
            host: host(&spec.body),
            networks: endpoints(&spec.body),
            mounts,
            files: Vec::new(),
            behaviour,
            status: "created",
            health: None,
            serves: false,
            exit_code: 0,
            oom_killed: false,
            restart_count: 0,
            schedule: Vec::new(),
        };
        self.containers.push(container);
        self.tell(&id, "create");
        Ok(id)
    }

    pub(super) fn connect(
        &mut self,
        call: &Call,
        id: &ContainerId,
        to: &Attachment,
    ) -> Result<(), EngineError> {
        if !self.networks.contains_key(&to.network) {
            return Err(not_found(call, &format!("network {} not found", to.network)));
        }
        let container = self.find(call, id)?;
        container.networks.insert(to.network.clone(), to.endpoint_of(id));
        Ok(())
    }

    pub(super) fn write_files(
        &mut self,
        call: &Call,
        id: &ContainerId,
        files: &[ContainerFile],
    ) -> Result<(), EngineError> {
        let container = self.find(call, id)?;
        container.files.extend(files.iter().map(|file| file.path.clone()));
        Ok(())
    }

    pub(super) fn start(&mut self, call: &Call, id: &ContainerId) -> Result<(), EngineError> {
        let container = self.find(call, id)?;
        if container.is_running() {
            return Ok(());
        }
        if container.behaviour == Behaviour::CannotStart {
            let message = "OCI runtime create failed: scripted".to_owned();
            return Err(EngineError::Refused { call: call.to_string(), status: 500, message });
        }
        if let Some(host) = container.host.clone()
            && !self.container(&host.0).is_some_and(Container::is_running)
        {
            let message = format!("cannot join network of a non running container: {host}");
            return Err(EngineError::Conflict { call: call.to_string(), message });
        }
        let container = self.find(call, id)?;
        container.start(Instant::now());
        let networks: Vec<String> = container.networks.keys().cloned().collect();
        for network in networks {
            self.tell_join(id, network);
        }
        self.tell(id, "start");
        Ok(())
    }

    pub(super) fn stop(&mut self, id: &ContainerId) {
        if let Some(container) = self.containers.iter_mut().find(|one| one.id == *id)
            && container.is_running()
        {
            container.end(143);
            self.cut_off_guests(id);
            self.tell(id, "die");
        }
    }

    pub(super) fn set_restart_policy(&mut self, id: &ContainerId, policy: &RestartPolicy) {
        if let Some(container) = self.containers.iter_mut().find(|one| one.id == *id) {
            container.host_config["RestartPolicy"] = policy.body();
        }
    }

    pub(super) fn remove(&mut self, id: &ContainerId) {
        if let Some(index) = self.containers.iter().position(|one| one.id == *id) {
            self.tell(id, "destroy");
            self.containers.remove(index);
            self.cut_off_guests(id);
        }
    }

    pub(super) fn rename(
        &mut self,
        call: &Call,
        id: &ContainerId,
        name: &str,
    ) -> Result<(), EngineError> {
        if self.container(name).is_some_and(|other| other.id != *id) {
            let message = format!("the container name \"/{name}\" is already in use");
            return Err(EngineError::Conflict { call: call.to_string(), message });
        }
        name.clone_into(&mut self.find(call, id)?.name);
        self.tell(id, "rename");
        Ok(())
    }

    /// The exit code: the one scripted for the program, else whether the container serves.
    pub(super) fn exec(
        &mut self,
        call: &Call,
        id: &ContainerId,
        exec: &Exec,
    ) -> Result<i64, EngineError> {
        let program = exec.command.first().map_or("", String::as_str);
        let scripted = self.programs.get(program).copied();
        let container = self.find(call, id)?;
        if container.is_running() {
            return Ok(scripted.unwrap_or_else(|| i64::from(!container.serves)));
        }
        let message = format!("Container {id} is not running");
        Err(EngineError::Conflict { call: call.to_string(), message })
    }

    /// By reference or id; an image that lost its last name is still there.
    pub(super) fn image(&self, reference: &str) -> Option<&Value> {
        let by_id = || self.images.values().find(|image| image["Id"] == reference);
        self.images.get(reference).or_else(by_id)
    }

    pub(super) fn tag(
        &mut self,
        call: &Call,
        image: &str,
        reference: &str,
    ) -> Result<(), EngineError> {
        let found = self.image(image).cloned();
        let found = found.ok_or_else(|| not_found(call, &format!("No such image: {image}")))?;
        self.name_image(reference, found);
        Ok(())
    }

    fn name_image(&mut self, reference: &str, image: Value) {
        if let Some(nameless) = self.images.insert(reference.to_owned(), image) {
            let id = nameless["Id"].as_str().unwrap_or_default().to_owned();
            self.images.entry(id).or_insert(nameless);
        }
    }

    pub(super) fn pull(&mut self, call: &Call, reference: &str) -> Result<(), EngineError> {
        let Some(image) = self.registry.get(reference) else {
            return Err(not_found(call, &format!("manifest for {reference} not found")));
        };
        self.name_image(reference, image.clone());
        Ok(())
    }

    pub(super) fn locks(&self, project: &str) -> Vec<Volume> {
        let all = self.volumes.values().cloned().map(Volume);
        let is_lock = |one: &Volume| one.labels().get(labels::LOCK).is_some_and(|of| of == project);
        all.filter(is_lock).collect()
    }

    /// Whether a volume is the lock with this token; `None` without the volume.
    pub(super) fn is_lock(&self, name: &str, token: &str) -> Option<bool> {
        self.volumes.get(name).map(|volume| Volume(volume.clone()).is_lock(token))
    }

    pub(super) fn remove_volume(&mut self, name: &str) {
        if self.volumes.remove(name).is_some() {
            self.removed.push(name.to_owned());
        }
    }

    fn cut_off_guests(&mut self, host: &ContainerId) {
        let guests = self.containers.iter_mut().filter(|one| one.host.as_ref() == Some(host));
        guests.for_each(Container::lose_host);
    }

    /// `Mounts` of an inspection: what the body names, and an anonymous volume for every other path
    /// that the image declares.
    fn mounts(&mut self, body: &Value, image: &Value) -> Vec<Value> {
        let mut mounts = named_mounts(body);
        let declared = image.pointer("/Config/Volumes").and_then(Value::as_object);
        for path in declared.into_iter().flatten().map(|(path, _)| path) {
            if !mounts.iter().any(|mount| mount["Destination"] == path.as_str()) {
                let name = self.id();
                mounts.push(json!({
                    "Type": "volume", "Name": name, "Source": name, "Destination": path, "RW": true,
                }));
            }
        }
        mounts
    }

    fn find(&mut self, call: &Call, id: &ContainerId) -> Result<&mut Container, EngineError> {
        let found = self.containers.iter_mut().find(|one| one.id == *id);
        found.ok_or_else(|| not_found(call, &format!("No such container: {id}")))
    }

    fn tell_join(&mut self, id: &ContainerId, network: String) {
        self.joins.push(EngineEvent {
            container: id.clone(),
            action: "connect".into(),
            attributes: BTreeMap::from([("name".to_owned(), network)]),
        });
    }

    fn tell(&mut self, id: &ContainerId, action: &str) {
        let labels = self.container(&id.0).map(|one| one.labels.clone()).unwrap_or_default();
        self.events.push(EngineEvent {
            container: id.clone(),
            action: action.to_owned(),
            attributes: labels,
        });
    }
}

fn not_found(call: &Call, message: &str) -> EngineError {
    EngineError::NotFound { call: call.to_string(), message: message.to_owned() }
}

/// `Config` of an inspection: the body without what belongs elsewhere, over the image's own.
fn config(body: &Value, image: &Value) -> Value {
    let mut config = image.get("Config").and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, value) in body.as_object().into_iter().flatten() {
        if key != "HostConfig" && key != "NetworkingConfig" && !value.is_null() {
            config.insert(key.clone(), value.clone());
        }
    }
    Value::Object(config)
}

fn host(body: &Value) -> Option<ContainerId> {
    let mode = body.pointer("/HostConfig/NetworkMode")?.as_str()?;
    mode.strip_prefix("container:").map(|id| ContainerId(id.to_owned()))
}

fn endpoints(body: &Value) -> Map<String, Value> {
    let endpoints = body.pointer("/NetworkingConfig/EndpointsConfig").and_then(Value::as_object);
    endpoints.cloned().unwrap_or_default()
}

/// Mounts in both forms in which a body names them.
fn named_mounts(body: &Value) -> Vec<Value> {
    let list = |pointer| body.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    let binds = list("/HostConfig/Binds").filter_map(Value::as_str).filter_map(bind);
    let mounts = list("/HostConfig/Mounts").map(|mount| {
        json!({
            "Type": mount["Type"], "Name": mount["Source"], "Source": mount["Source"],
            "Destination": mount["Target"], "RW": mount["ReadOnly"] != json!(true),
        })
    });
    binds.chain(mounts).collect()
}

fn bind(text: &str) -> Option<Value> {
    let mut parts = text.split(':');
    let (source, target) = (parts.next()?, parts.next()?);
    let kind = if source.starts_with('/') { "bind" } else { "volume" };
    let writable = parts.next().is_none_or(|options| !options.split(',').any(|one| one == "ro"));
    Some(json!({
        "Type": kind, "Name": source, "Source": source, "Destination": target, "RW": writable,
    }))
}
