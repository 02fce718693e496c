//! Changes the one scalar that holds an image tag and keeps every other byte.

mod file_edit;
#[cfg(test)]
mod fixture;
mod guard;
mod image;
mod pieces;
#[cfg(test)]
mod property;
mod recipe;
mod tags;

pub use file_edit::{FileEdit, LineChange, Replacement, Syntax, apply};
pub use image::{TagEdit, edit_image};
pub use pieces::{Known, Origin};
pub use recipe::EditRecipe;
pub use tags::{Retagged, set_tags};
