//! The files of a project, read by the rules of the newest releases that take them.

use crate::compose::hash::{Generation, v1};
use crate::compose::model::Project;
use crate::compose::{ComposeError, LoadOptions, load};

/// A project as the newest releases read it, else as the newest of those do that take it.
pub(super) struct Reading {
    pub(super) project: Project,
    /// With the generation whose rules took them.
    pub(super) options: LoadOptions,
    /// Why the newest do not.
    pub(super) refused: Option<ComposeError>,
}

impl Reading {
    pub(super) fn of(options: LoadOptions) -> Result<Self, ComposeError> {
        let error = match load(&options) {
            Ok(project) => return Ok(Self { project, options, refused: None }),
            Err(error) => error,
        };
        let all = Generation::ALL.into_iter().rev();
        let older = all.filter(|one| *one < options.generation && *one != Generation::V1);
        let mut older = older.map(|generation| LoadOptions { generation, ..options.clone() });
        let taken = older.find_map(|options| Some((load(&options).ok()?, options)));
        match taken {
            Some((project, options)) => Ok(Self { project, options, refused: Some(error) }),
            None => Err(refusal(error, &options)),
        }
    }
}

/// Why no release of v2 takes the files; v1 takes some that are not even compose files for v2.
fn refusal(error: ComposeError, options: &LoadOptions) -> ComposeError {
    match v1::load(options) {
        Ok(project) if project.is_without_sections() => error.with_help(
            "Compose 1.29 takes a file without `services:`; put the services under that key for composeup",
        ),
        _ => error,
    }
}
