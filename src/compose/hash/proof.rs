//! Which Compose made a container: decided by its config hash, not by guessing.

use super::generation::Generation;
use super::service::{Shared, label_hash};
use crate::compose::model::{Project, Service};

/// What a running container says about its making.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// Its config-hash label.
    pub hash: &'a str,
    /// Its version label.
    pub version: Option<&'a str>,
    /// The image name it was created with.
    pub image: Option<&'a str>,
    /// Containers of services whose namespaces or volumes it shares.
    pub shared: &'a Shared,
    /// The hash of Compose v1 for the service, with another image name where one is given;
    /// nothing if v1 cannot read the files.
    pub v1: &'a dyn Fn(Option<&str>) -> Option<String>,
}

/// How the generation of a container is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The files as they are give its hash.
    Files(Generation),
    /// The files give its hash once the image is the one it was created with.
    FilesWithItsImage(Generation),
    /// Nothing reproduces its hash; the version label alone says so.
    VersionLabel(Generation),
    /// Nothing reproduces its hash, and its version label is missing or unknown.
    Nothing,
}

impl Proof {
    /// The generation to follow; the newest if nothing is known.
    #[must_use]
    pub fn generation(self) -> Generation {
        match self {
            Self::Files(generation)
            | Self::FilesWithItsImage(generation)
            | Self::VersionLabel(generation) => generation,
            Self::Nothing => Generation::NEWEST,
        }
    }

    /// Whether the container's hash was reproduced.
    #[must_use]
    pub fn is_proven(self) -> bool {
        matches!(self, Self::Files(_) | Self::FilesWithItsImage(_))
    }
}

/// Finds the generation whose hash of `service` is the one the container carries. Where several
/// give it, the one its version label names comes first, then the newest.
#[must_use]
pub fn prove(project: &Project, service: &Service, evidence: &Evidence<'_>) -> Proof {
    let named = evidence.version.and_then(Generation::of_release);
    let others = Generation::ALL.into_iter().rev().filter(|one| Some(*one) != named);
    let order: Vec<Generation> = named.into_iter().chain(others).collect();
    let matching = |image: Option<&str>| {
        let mut service = service.clone();
        if let Some(image) = image {
            service.image = Some(image.to_owned());
        }
        order.iter().copied().find(|generation| {
            let hash = match generation {
                Generation::V1 => (evidence.v1)(image),
                _ => Some(label_hash(project, &service, *generation, evidence.shared)),
            };
            hash.as_deref() == Some(evidence.hash)
        })
    };
    if let Some(generation) = matching(None) {
        return Proof::Files(generation);
    }
    if let Some(generation) = evidence.image.and_then(|image| matching(Some(image))) {
        return Proof::FilesWithItsImage(generation);
    }
    named.map_or(Proof::Nothing, Proof::VersionLabel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::model::{BindOptions, Mount};

    /// A service whose hash differs between 2.40 and 5.
    fn service(image: &str) -> Service {
        let bind = BindOptions { create_host_path: Some(true), ..BindOptions::default() };
        let mount = Mount { kind: "bind".into(), bind: Some(bind), ..Mount::default() };
        Service { image: Some(image.into()), volumes: vec![mount], ..Service::default() }
    }

    fn proof(hash: &str, version: Option<&str>, image: &str) -> Proof {
        let shared = Shared::new();
        let v1 = |image: Option<&str>| Some(format!("v1 {}", image.unwrap_or("app:2")));
        let evidence = Evidence { hash, version, image: Some(image), shared: &shared, v1: &v1 };
        prove(&Project::default(), &service("app:2"), &evidence)
    }

    fn hash(image: &str, generation: Generation) -> String {
        label_hash(&Project::default(), &service(image), generation, &Shared::new())
    }

    #[test]
    fn the_files_as_they_are_are_tried_first() {
        let of_2_40 = hash("app:2", Generation::V2_36);
        assert_eq!(proof(&of_2_40, Some("2.40.3"), "app:1"), Proof::Files(Generation::V2_36));
        let of_5 = hash("app:2", Generation::V5_0_2);
        assert_eq!(proof(&of_5, Some("2.40.3"), "app:1"), Proof::Files(Generation::V5_0_2));
        assert_eq!(proof("v1 app:2", None, "app:1"), Proof::Files(Generation::V1));
    }

    #[test]
    fn an_edited_image_is_put_back() {
        let before = hash("app:1", Generation::V2_36);
        let expected = Proof::FilesWithItsImage(Generation::V2_36);
        assert_eq!(proof(&before, Some("2.36.0"), "app:1"), expected);
        assert_eq!(proof("v1 app:1", None, "app:1"), Proof::FilesWithItsImage(Generation::V1));
    }

    #[test]
    fn without_a_match_the_version_label_decides_and_proves_nothing() {
        let by_label = proof("0", Some("2.34.0"), "app:1");
        assert_eq!(
            (by_label, by_label.is_proven()),
            (Proof::VersionLabel(Generation::V2_34), false)
        );
        let unknown = proof("0", None, "app:1");
        assert_eq!((unknown, unknown.generation()), (Proof::Nothing, Generation::NEWEST));
    }
}
