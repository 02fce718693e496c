//! A rollout as one picture: its steps as bars for each replica, and the requests that were sent
//! meanwhile. It needs no file beside it, and is made for light and dark screens.

mod draw;
mod page;
mod rows;

pub use draw::svg;
pub use page::html;
