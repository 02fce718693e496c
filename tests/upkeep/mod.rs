//! The project about itself: documents that are made from the code, and the shape of the code.

mod architecture;
mod man;
mod readme;
