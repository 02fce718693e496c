//! What was found about a project, for programs.

use serde_json::{Value, json};

use super::event::EVENT_VERSION;
use crate::plan::Proof;
use crate::plan::check::{Check, ServiceCheck};

/// The check as one object.
#[must_use]
pub fn check_json(check: &Check) -> Value {
    json!({
        "v": EVENT_VERSION,
        "kind": "check",
        "project": check.project,
        "files": check.files,
        "engine": check.endpoint,
        "services": check.services.iter().map(service).collect::<Value>(),
        "findings": check.findings,
    })
}

fn service(service: &ServiceCheck) -> Value {
    json!({
        "service": service.service,
        "version": service.version,
        "generation": service.proof.generation().to_string(),
        "proof": proof(service.proof),
        "containers": service.containers,
        "equal": service.equal,
        "findings": service.findings,
    })
}

fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Files(_) => "files",
        Proof::FilesWithItsImage(_) => "files_with_its_image",
        Proof::VersionLabel(_) => "version_label",
        Proof::Nothing => "nothing",
    }
}
