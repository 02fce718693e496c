//! A small project whose tag can be changed, for the tests of this folder.

use std::sync::Arc;

use super::{Known, Origin, TagEdit, apply, edit_image};
use crate::compose::document::{self, Node};
use crate::compose::dotenv::{self, Format};
use crate::compose::source::{Location, SourceFile};
use crate::compose::{ComposeError, Dialect};

/// A project of one compose file, one `.env` file and the variable `SHELL_TAG` of the process.
pub(super) struct Files {
    compose: Arc<SourceFile>,
    env: Arc<SourceFile>,
}

impl Files {
    pub(super) fn new(compose: &str, env: &str) -> Self {
        let (path, shown) = ("/project/.env".into(), ".env".into());
        let env = Arc::new(SourceFile { path, shown, text: env.into() });
        Self { compose: document::fixture::file(compose), env }
    }

    fn image(&self) -> Location {
        let documents = document::parse(&self.compose, Dialect::V2).unwrap();
        let image =
            |one: &Node| Some(one.get("services")?.get("a")?.get("image")?.location.clone());
        documents.iter().rev().find_map(image).unwrap()
    }

    pub(super) fn edit(&self, tag: &str) -> Result<TagEdit, ComposeError> {
        let env = dotenv::parse(&self.env, Format::Compose, &|_| None).unwrap();
        edit_image(&self.image(), Dialect::V2, tag, &|name| {
            if name == "SHELL_TAG" {
                return Some(Known { value: "3.36".into(), origin: Origin::Process });
            }
            let one = env.get(name)?;
            let origin = Origin::File(one.location.clone());
            Some(Known { value: one.value.clone()?, origin })
        })
    }

    /// Both texts after the tag became `tag`, and the image.
    pub(super) fn after(&self, tag: &str) -> (String, String, String) {
        let edit = self.edit(tag).unwrap();
        let files = apply(edit.replacement.as_slice()).unwrap();
        let text = |file: &Arc<SourceFile>| {
            let edited = files.iter().find(|one| one.path == file.path);
            edited.map_or_else(|| file.text.clone(), |one| one.after.clone())
        };
        (text(&self.compose), text(&self.env), edit.image)
    }
}
