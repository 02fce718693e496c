//! What v1 sends and no engine takes: it refuses the whole call.

use std::time::Duration;

use serde_json::{Value, json};

/// The body with such values in the form we send them.
pub(super) fn respell(body: &mut Value) {
    if body.get("HostConfig").is_none() {
        return;
    }
    // It wants whole seconds.
    if let Some(seconds) = body["StopTimeout"].as_f64() {
        body["StopTimeout"] = json!(Duration::from_secs_f64(seconds).as_secs());
    }
    // It wants texts.
    let options = body["HostConfig"]["LogConfig"]["Config"].as_object_mut().unwrap();
    for value in options.values_mut() {
        if let Value::Number(number) = value {
            *value = json!(number.to_string());
        }
    }
}
