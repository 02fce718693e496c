//! Trees for the tests of this folder and its neighbours.

use std::sync::Arc;

use super::{Node, parse};
use crate::compose::Dialect;
use crate::compose::source::SourceFile;

/// A file `compose.yaml` that holds `text`.
pub(crate) fn file(text: &str) -> Arc<SourceFile> {
    let path = "/project/compose.yaml".into();
    Arc::new(SourceFile { path, shown: "compose.yaml".into(), text: text.into() })
}

/// The only document of `text`.
pub(crate) fn document(text: &str) -> Node {
    let mut documents = parse(&file(text), Dialect::V2).unwrap();
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}
