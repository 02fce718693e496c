//! What a plan says of the Compose whose hash it writes: nothing where the files prove it, and
//! otherwise what is assumed and what that means for the next `compose up`.

use std::collections::BTreeMap;

use super::steps::{Finding, Level};
use crate::compose::hash::{Generation, Proof};
use crate::text::list;

/// What is known of the containers that are replaced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Provenance<'a> {
    /// Name of its service.
    pub(super) service: &'a str,
    /// How the generation of its Compose is known.
    pub(super) proof: Proof,
    /// Numbers of the containers that releases of other generations made.
    pub(super) others: &'a BTreeMap<Generation, Vec<u32>>,
    /// The version label of the container that tells it.
    pub(super) version: Option<&'a str>,
    /// Whether the files ask for something else than its image that it is not.
    pub(super) is_edited: bool,
}

impl Provenance<'_> {
    /// The remarks that are due.
    pub(super) fn findings(self) -> Vec<Finding> {
        [self.mixture(), self.finding()].into_iter().flatten().collect()
    }

    /// Containers of one service that different releases made.
    fn mixture(self) -> Option<Finding> {
        if self.others.is_empty() {
            return None;
        }
        let by = |(generation, numbers): (&Generation, &Vec<u32>)| {
            let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
            format!("{} by Compose {}", list(&numbers), generation.releases())
        };
        let others: Vec<String> = self.others.iter().map(by).collect();
        let what = format!(
            "different releases of Compose made the containers of `{}`, number {}; Compose {} is followed",
            self.service,
            others.join(", number "),
            self.proof.generation().releases()
        );
        Some(Finding::new(Level::Warning, Some(self.service), what).with_hint(self.hint()))
    }

    /// The remark on the release that is followed, if one is due. An edit is why most hashes differ from that of the files, and it
    /// is no reason to worry where one release alone has the version of the label.
    fn finding(self) -> Option<Finding> {
        let name = self.service;
        let (level, what) = match self.proof {
            Proof::Files(_) => return None,
            Proof::FilesWithItsImage(generation) => {
                let releases = generation.releases();
                (
                    Level::Note,
                    format!(
                        "only the image of `{name}` was edited since its container was made, by Compose {releases}"
                    ),
                )
            }
            Proof::VersionLabel(generation) => self.by_label(generation),
            Proof::Nothing => (Level::Warning, self.unknown()),
        };
        let finding = Finding::new(level, Some(name), what);
        let is_assumed = level == Level::Warning;
        Some(if is_assumed { finding.with_hint(self.hint()) } else { finding })
    }

    fn by_label(self, generation: Generation) -> (Level, String) {
        let (name, label) = (self.service, self.version.unwrap_or_default());
        let assumed = generation.releases();
        if Generation::is_shared(label) {
            let what = format!(
                "{}, and its version label `{label}` fits two releases of Compose; {assumed} is assumed",
                self.mismatch()
            );
            return (Level::Warning, what);
        }
        if self.is_edited {
            let what = format!(
                "`{name}` was edited since its container was made, by Compose {label} as its label says"
            );
            return (Level::Note, what);
        }
        let what = format!("{}; Compose {label} is assumed, as its label says", self.mismatch());
        (Level::Warning, what)
    }

    fn unknown(self) -> String {
        let assumed = self.proof.generation().releases();
        match self.version {
            Some(label) => format!(
                "the container of `{name}` was made by Compose {label}, whose config hashes composeup does not know; {assumed} is assumed",
                name = self.service
            ),
            None => format!(
                "{}, and no label tells who made it; Compose {assumed} is assumed",
                self.mismatch()
            ),
        }
    }

    fn mismatch(self) -> String {
        let name = self.service;
        if self.is_edited {
            format!("`{name}` was edited since its container was made")
        } else {
            format!("the config hash of the container of `{name}` is not that of these files")
        }
    }

    fn hint(self) -> String {
        let risk = "the next `up` by another release may recreate the container";
        match self.proof.generation() {
            Generation::V1 => risk.to_owned(),
            _ => format!("{risk}; afterwards `docker compose up -d --dry-run` shows it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(proof: Proof, version: Option<&str>, is_edited: bool) -> Option<(Level, String)> {
        let others = &BTreeMap::new();
        let finding = Provenance { service: "web", proof, others, version, is_edited }.finding()?;
        Some((finding.level, finding.message))
    }

    #[test]
    fn a_hash_that_the_files_give_is_not_worth_a_word() {
        assert_eq!(found(Proof::Files(Generation::V2_36), Some("2.40.3"), false), None);
    }

    #[test]
    fn containers_of_several_releases_are_a_warning_that_names_them() {
        let others =
            BTreeMap::from([(Generation::V1, vec![4]), (Generation::Debian226, vec![1, 2])]);
        let provenance = Provenance {
            service: "web",
            proof: Proof::Files(Generation::V2_36),
            others: &others,
            version: Some("2.40.3"),
            is_edited: false,
        };
        let [finding] = &provenance.findings()[..] else { panic!("one is due") };
        assert_eq!(finding.level, Level::Warning);
        let expected = "different releases of Compose made the containers of `web`, number 4 by \
            Compose 1.29, number 1 and 2 by Compose 2.26.1-4 (Debian); Compose 2.36 to 2.40 is followed";
        assert_eq!(finding.message, expected);
    }

    #[test]
    fn an_edit_is_normal_and_a_note() {
        let image = found(Proof::FilesWithItsImage(Generation::V2_36), Some("2.40.3"), false);
        let expected = "only the image of `web` was edited since its container was made, by Compose 2.36 to 2.40";
        assert_eq!(image, Some((Level::Note, expected.to_owned())));
        let keys = found(Proof::VersionLabel(Generation::V2_36), Some("2.40.3"), true);
        let expected =
            "`web` was edited since its container was made, by Compose 2.40.3 as its label says";
        assert_eq!(keys, Some((Level::Note, expected.to_owned())));
    }

    #[test]
    fn a_label_that_fits_two_releases_is_a_warning_also_after_an_edit() {
        let (level, what) =
            found(Proof::VersionLabel(Generation::Debian226), Some("2.26.1"), true).unwrap();
        assert_eq!(level, Level::Warning);
        assert!(
            what.ends_with("fits two releases of Compose; 2.26.1-4 (Debian) is assumed"),
            "{what}"
        );
    }

    #[test]
    fn a_hash_that_nothing_explains_is_a_warning() {
        let proof = Proof::VersionLabel(Generation::V2_36);
        let (level, what) = found(proof, Some("2.40.3"), false).unwrap();
        assert_eq!(level, Level::Warning);
        assert!(what.contains("is not that of these files; Compose 2.40.3 is assumed"), "{what}");
    }

    #[test]
    fn a_release_that_is_not_known_or_not_named_is_a_warning() {
        for (version, said) in [(Some("2.20.0"), "by Compose 2.20.0"), (None, "no label tells")] {
            let (level, what) = found(Proof::Nothing, version, true).unwrap();
            assert!(level == Level::Warning && what.contains(said), "{what}");
            assert!(what.ends_with("5.0.2 and later is assumed"), "{what}");
        }
    }
}
