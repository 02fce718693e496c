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
        let older = all.filter(|one| *one < options.generation);
        let mut older = older.map(|generation| LoadOptions { generation, ..options.clone() });
        let taken = older.find_map(|options| Some((taken(&options)?, options)));
        match taken {
            Some((project, options)) => Ok(Self { project, options, refused: Some(error) }),
            None => Err(error),
        }
    }
}

/// The project as releases of one generation read it, if they take it.
fn taken(options: &LoadOptions) -> Option<Project> {
    if options.generation == Generation::V1 {
        v1::load(options).ok()?;
    }
    load(options).ok()
}
