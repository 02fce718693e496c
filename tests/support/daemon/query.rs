//! What a request asks for: its path and its query, decoded.

use std::collections::HashMap;

use http::Uri;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Path and query of a request.
pub(in crate::support) struct Query {
    path: String,
    values: HashMap<String, String>,
}

impl Query {
    pub(in crate::support) fn of(uri: &Uri) -> Self {
        let pairs = uri.query().unwrap_or_default().split('&');
        let pairs = pairs.filter_map(|pair| pair.split_once('='));
        let values = pairs.map(|(key, value)| (decoded(key), decoded(&value.replace('+', " "))));
        Self { path: decoded(uri.path()), values: values.collect() }
    }

    /// The path without its API version, and whether it had one.
    pub(in crate::support) fn segments(&self) -> (bool, Vec<&str>) {
        let all: Vec<&str> = self.path.split('/').skip(1).collect();
        let versioned = all[0].starts_with("v1.");
        (versioned, all[usize::from(versioned)..].to_vec())
    }

    /// One value; empty where there is none.
    pub(in crate::support) fn value(&self, key: &str) -> String {
        self.values.get(key).cloned().unwrap_or_default()
    }

    /// The values of one key of `filters`.
    pub(in crate::support) fn filter(&self, key: &str) -> Vec<String> {
        let filters: Value = serde_json::from_str(&self.value("filters")).unwrap_or_default();
        let values = filters[key].as_array().into_iter().flatten();
        values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
