//! The resolved project: what the files say after interpolation, merging and normalisation.

/// A whole Compose project.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// Name of the project.
    pub name: String,
}
