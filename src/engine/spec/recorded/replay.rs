//! Plays a recorded case: for each object Compose made, the calls we would make.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::compose::hash::sha256;
use crate::compose::hash::v1;
use crate::compose::model::Project;
use crate::compose::{LoadOptions, load};
use crate::engine::api::{ContainerId, ContainerSpec, EngineInfo, Image, Inspection};
use crate::engine::spec::release::Release;
use crate::engine::spec::{
    Peer, SpecError, SpecInput, Style, container_spec, network_body, volume_body,
};
use crate::labels;

/// The recorded corpus.
pub(super) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hash-corpus")
}

/// Loads a case as it was loaded when it was recorded.
pub(super) fn project(case: &str) -> Result<Project, String> {
    load(&options(case)).map_err(|error| error.to_string())
}

/// The same as v1 reads it.
pub(super) fn v1_project(case: &str) -> Result<v1::Project, String> {
    v1::load(&options(case)).map_err(|error| error.to_string())
}

fn options(case: &str) -> LoadOptions {
    let folder = corpus().join("cases").join(case);
    let lines = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default();
    let mut env: BTreeMap<String, String> = lines("ENV")
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    env.insert("HOME".to_owned(), "/root".to_owned());
    env.insert("PWD".to_owned(), folder.display().to_string());
    let files = lines("ARGS");
    let files = files.split_whitespace().filter(|word| *word != "-f").map(str::to_owned).collect();
    LoadOptions { cwd: folder, env, files, ..LoadOptions::default() }
}

/// From this release on, files are written just before the start, which was not recorded.
const FILES_AT_START: Release = Release(2, 37, 3);

/// What is there while a case is played.
pub(super) struct Replay<'a> {
    project: &'a Project,
    v1: Option<&'a v1::Project>,
    style: Style,
    engine: EngineInfo,
    peers: BTreeMap<String, Vec<Peer>>,
    ids: Ids,
}

/// Where the ids of a recording come from.
enum Ids {
    /// The recording engine derives them from how many it gave away.
    Counted(u32),
    /// They were replaced by ones that the container's name gives.
    Named,
}

impl<'a> Replay<'a> {
    /// Nothing is there yet; `recorded_by` is `VERSION@API`.
    pub(super) fn new(
        project: &'a Project,
        v1: Option<&'a v1::Project>,
        recorded_by: &str,
    ) -> Self {
        let (version, api) = recorded_by.split_once('@').unwrap();
        let engine = EngineInfo {
            endpoint: String::new(),
            version: String::new(),
            api_version: api.to_owned(),
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
        };
        let style = Style::of_version(version);
        Self { project, v1, style, engine, peers: BTreeMap::new(), ids: Ids::Counted(0) }
    }

    /// The same for a recording whose ids are those of names.
    pub(super) fn with_named_ids(mut self) -> Self {
        self.ids = Ids::Named;
        self
    }

    /// The calls we make where Compose made `call`; none for calls that follow from another one.
    pub(super) fn ours(&mut self, call: &Value) -> Result<Vec<Value>, SpecError> {
        let path = call["p"].as_str().unwrap();
        match path {
            "/networks/create" => {
                self.count();
                Ok(vec![json!({"p": path, "body": self.network(&call["body"])})])
            }
            "/volumes/create" => Ok(vec![json!({"p": path, "body": self.volume(&call["body"])})]),
            "/containers/create" => {
                self.count();
                self.container(call)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn network(&self, recorded: &Value) -> Value {
        let mut networks = self.project.networks.iter();
        let (key, network) =
            networks.find(|(_, network)| recorded["Name"] == network.name).unwrap();
        network_body(self.project, key, network, &self.style)
    }

    fn volume(&self, recorded: &Value) -> Value {
        let mut volumes = self.project.volumes.iter();
        let (key, volume) = volumes.find(|(_, volume)| recorded["Name"] == volume.name).unwrap();
        volume_body(self.project, key, volume, &self.style)
    }

    fn container(&mut self, call: &Value) -> Result<Vec<Value>, SpecError> {
        let label = |key: &str| call["body"]["Labels"][key].as_str().unwrap();
        let name = call["q"]["name"].as_str().unwrap();
        let service = &self.project.services[label(labels::SERVICE)];
        let spec = container_spec(&SpecInput {
            project: self.project,
            service,
            number: label(labels::CONTAINER_NUMBER).parse().unwrap(),
            name,
            create_as: name,
            style: &self.style,
            config_hash: label(labels::CONFIG_HASH),
            engine: &self.engine,
            image: Some(&image(call["body"]["Image"].as_str().unwrap())),
            old: self.style.release().is_v1().then(|| place(call)).as_ref(),
            peers: &self.peers,
            network_ids: &BTreeMap::new(),
            v1: self.v1.and_then(|project| project.service(&service.name, None)).as_ref(),
            read_file: &|_| Err(io::ErrorKind::NotFound.into()),
        })?;
        let peer = Peer { id: self.last_id(name), name: name.to_owned() };
        self.peers.entry(service.name.clone()).or_default().push(peer);
        let mut calls = calls_of(&spec, &self.last_id(name));
        if self.style.release() >= FILES_AT_START {
            calls.retain(|call| call.get("tar").is_none());
        }
        Ok(calls)
    }

    fn count(&mut self) {
        if let Ids::Counted(count) = &mut self.ids {
            *count += 1;
        }
    }

    /// The id of the container that was made last.
    fn last_id(&self, name: &str) -> ContainerId {
        ContainerId(match self.ids {
            Ids::Counted(count) => sha256(&format!("c{count}")),
            Ids::Named => sha256(name),
        })
    }
}

/// v1 writes the place of a project as it was told it, which only a container it made can tell.
fn place(call: &Value) -> Inspection {
    let labels = &call["body"]["Labels"];
    let kept = [labels::WORKING_DIR, labels::CONFIG_FILES].map(|key| (key, labels[key].clone()));
    Inspection(json!({"Config": {"Labels": BTreeMap::from(kept)}}))
}

/// A container as the calls that make it.
fn calls_of(spec: &ContainerSpec, id: &ContainerId) -> Vec<Value> {
    let name = &spec.name;
    let mut query = json!({"name": name});
    if let Some(platform) = &spec.platform {
        query["platform"] = json!(platform);
    }
    let create = json!({"p": "/containers/create", "q": query, "body": spec.body});
    let connects = spec.connect.iter().flat_map(|to| {
        let call = |verb: &str, body: Value| json!({"p": format!("/networks/{}/{verb}", to.network), "body": body});
        let endpoint = to.endpoint_of(id);
        let connect = json!({"Container": name, "EndpointConfig": endpoint});
        let first = to.is_again.then(|| call("disconnect", json!({"Container": name})));
        first.into_iter().chain([call("connect", connect)])
    });
    let files = spec.files.iter().map(|file| {
        let written = json!({
            "name": file.path,
            "content": String::from_utf8(file.content.clone()).unwrap(),
            "mode": format!("0o{:o}", file.mode),
            "uid": file.uid,
            "gid": file.gid,
        });
        let query = json!({"noOverwriteDirNonDir": "true", "path": "/"});
        json!({"p": format!("/containers/{name}/archive"), "q": query, "tar": [written]})
    });
    [create].into_iter().chain(connects).chain(files).collect()
}

/// The recording engine has every image; its id is the hash of its name.
fn image(name: &str) -> Image {
    let volumes = if name.contains("anonvol") { json!({"/anon": {}}) } else { json!({}) };
    Image(json!({"Id": format!("sha256:{}", sha256(name)), "Config": {"Volumes": volumes}}))
}
