//! A stack to try composeup on, made without a registry: its image is this very executable with the
//! shared libraries it runs on. A small web app stands behind a small reverse proxy, and requests
//! run against them while the app is upgraded by the same code as any other service.

mod app;
mod fetch;
mod load;
mod proxy;
mod run;
mod serve;
mod stack;

pub use app::{check, serve_app};
pub use proxy::serve_proxy;
pub use run::Demo;
pub use serve::serve;
